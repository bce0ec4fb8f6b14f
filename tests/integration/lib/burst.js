// Very many messages come to a queue while the database behind the worker is away. All of them must be
// published once, those of a user in their order, and what waits in the worker's memory is bounded.
import assert from 'node:assert/strict';
import { SocketStream } from './web_socket.js';
import { PATIENCE_MS, eventually, sleep } from './wait.js';
import { workerFor } from './worker.js';
import { serverFor } from './server.js';

const USERS = 200;
const WATCHED = ['user-1', 'user-77', 'user-200'];
const MOST_BYTES = 200 * 1024 * 1024; // beyond what the worker had when it started
const BODY = 'x'.repeat(1000); // 200,000 of these are more than MOST_BYTES
const STUCK_MS = 5 * PATIENCE_MS; // without any progress

// How many messages, by whom it is measured; fewer where it is only tried.
export const size = (usual) => Number(process.env.ALLIM_BURST ?? usual);

const userOf = (number) => `user-${number % USERS + 1}`;

// A line for each message; with `keys` its user and a tabulator come first.
export function* lines(count, { keys = false } = {}) {
  for (let number = 0; number < count; number += 1) {
    const user = userOf(number);
    const message = { to: { user }, type: 'burst', title: String(number), body: BODY, idempotency_key: `burst-${number}` };
    yield `${keys ? `${user}\t` : ''}${JSON.stringify(message)}\n`;
  }
}

const WRONG = `SELECT count(*) FROM (
  SELECT i.name, count(*) AS rows, count(DISTINCT n.title) AS titles,
    array_agg(n.title::int ORDER BY n.seq) = array_agg(n.title::int ORDER BY n.title::int) AS ordered
  FROM allim.notification n JOIN allim.inbox i ON i.id = n.inbox_id WHERE n.type = 'burst' GROUP BY i.name
) AS inbox WHERE rows <> titles OR NOT ordered`;

// As long as something moves a slow machine may take its time.
async function untilPublished(worker, count) {
  let last = -1;
  let since = Date.now();
  for (;;) {
    const published = await worker.figure('published');
    if (published >= count) return;
    if (published !== last) since = Date.now();
    assert.ok(Date.now() - since < STUCK_MS, `stuck at ${published} of ${count}: ${worker.log.slice(-2000)}`);
    last = published;
    await sleep(100);
  }
}

// The most bytes that reside in the worker's memory while something is done.
async function peakOf(worker, action) {
  let most = 0;
  const timer = setInterval(() => { most = Math.max(most, worker.residentBytes); }, 50);
  await action().finally(() => clearInterval(timer));
  return most;
}

const titlesOf = (stream) => stream.named('notification').map(({ data }) => Number(data.title));

function expectedOf(user, count) {
  return Array.from({ length: count }, (_, number) => number).filter((number) => userOf(number) === user);
}

// `args` are of the node and the worker, `source` of the worker alone; `send` has the queue take all lines.
export async function burst(context, { postgres, count, args, source, send }) {
  const hook = (action) => context.after(action);
  const store = await postgres.createDatabase();
  const kept = [...args, '--store-retention-count', '0'];
  const node = await serverFor(hook, { store, args: kept });
  const worker = await workerFor(hook, { store, args: [...kept, ...source] });
  const streams = await Promise.all(WATCHED.map((user) => new SocketStream(node, user).live()));
  hook(() => streams.forEach((stream) => stream.close()));
  await eventually('the queue to be read', () => worker.figure('connected'));

  const before = worker.residentBytes;
  const most = await peakOf(worker, async () => {
    await postgres.freeze();
    await send();
    await eventually('messages to wait', () => worker.figure('waiting'));
    await postgres.kill();
    await sleep(1000); // the worker notices, and tries again
    await postgres.start();
    const back = Date.now();
    await untilPublished(worker, count);
    context.diagnostic(`published in ${((Date.now() - back) / 1000).toFixed(1)} s`);
  });
  context.diagnostic(`the worker's memory: ${before >> 20} MiB at the start, at most ${most >> 20} MiB${worker.isSanitized ? ', under sanitizers' : ''}`);

  assert.equal(await worker.figure('published'), count);
  assert.equal(await worker.figure('buried'), 0);
  assert.equal(await postgres.query("SELECT count(*) FROM allim.notification WHERE type = 'burst'", { url: store }), String(count));
  assert.equal(await postgres.query(WRONG, { url: store }), '0');
  for (const [index, user] of WATCHED.entries()) {
    const expected = expectedOf(user, count);
    await eventually(`${user} to have all`, () => titlesOf(streams[index]).length >= expected.length, { within: STUCK_MS });
    assert.deepEqual(titlesOf(streams[index]), expected);
  }
  if (!worker.isSanitized) assert.ok(most - before < MOST_BYTES, `${most - before} bytes more than at the start`);
}
