// Real payloads: every example of GitHub's webhooks is published as a notification's data and comes back
// equal, by poll and by SSE, before and after a restart.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';

const require = createRequire(import.meta.url);
const packageFolder = dirname(require.resolve('@octokit/webhooks-examples/package.json'));
const hosts = readdirSync(packageFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

const examples = hosts.flatMap((host) => require(join(packageFolder, host, 'index.json'))
  .flatMap(({ name, examples: list }) => list.map((data, index) => ({ host, title: `${host} ${name} ${index}`, type: name, data }))));

const server = await serverFor(after, { variables: { ALLIM_STORE_RETENTION_COUNT: '0' } });
const user = 'octokit';

async function readByPages() {
  const rows = [];
  let more = true;
  while (more) {
    const page = await server.list(user, `?limit=100${rows.length ? `&before=${rows.at(-1).id}` : ''}`);
    rows.push(...page.notifications);
    more = page.more;
  }
  return rows.reverse();
}

async function readByPoll(cursor) {
  const rows = [];
  let answer = { cursor, more: true };
  while (answer.more) {
    answer = await server.list(user, `?after=${answer.cursor}&limit=100`);
    rows.push(...answer.notifications);
  }
  return rows;
}

async function readByStream() {
  const stream = await (await RawStream.open(server, user, { query: '?after=start' })).live();
  await stream.close();
  return stream.named('notification').map(({ data }) => data);
}

function assertEqualToExamples(rows) {
  assert.equal(rows.length, examples.length);
  rows.forEach((row, index) => {
    assert.equal(row.title, examples[index].title);
    assert.equal(row.type, examples[index].type);
    assert.deepEqual(row.data, examples[index].data, row.title);
  });
}

test('every example comes back equal, over a restart too', async (t) => {
  assert.ok(examples.length > 100);
  t.diagnostic(`${examples.length} examples`);
  const live = await (await RawStream.open(server, user)).live();
  const { cursor } = await server.list(user);
  for (let begin = 0; begin < examples.length; begin += 50) {
    const body = examples.slice(begin, begin + 50).map(({ title, type, data }) => ({ to: { user }, type, title, data }));
    const answer = await server.call('POST', '/v1/notifications', { as: 'publisher', body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(answer.body.results.filter(({ status }) => status !== 201), []);
  }
  const last = (await server.list(user, '?limit=1')).notifications[0].id;
  await live.waitNotification(last);
  assertEqualToExamples(live.named('notification').map(({ data }) => data));
  await live.close();
  for (const round of ['before', 'after']) {
    t.diagnostic(`${round} a restart`);
    assertEqualToExamples(await readByPages());
    assertEqualToExamples(await readByPoll(cursor));
    assertEqualToExamples(await readByStream());
    if (round === 'before') await server.restart();
  }
});
