// The checker must be seen failing. Each test puts a good server behind a man in the middle who breaks one
// thing, and expects exactly that kind of finding; beside them stands the same run with nothing broken.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sleep } from '../integration/lib/wait.js';
import { CALM } from './lib/client.js';
import { checkedServer } from './lib/checked_server.js';
import { faults } from './lib/faults.js';
import { Proxy } from './lib/proxy.js';
import { EVERYTHING, PUBLISHING } from './lib/publisher.js';
import { Scenario } from './lib/scenario.js';

const ARRAYS = { array: 1 }; // so that a poll has more than one row to answer with
const METHODS = { sse: { sse: 1 }, poll: { poll: 1 }, websocket: { websocket: 1 } };
const TALKATIVE = { ...CALM, speaks: 1 };
const MARKS = 20; // so many that some go over the socket

async function runThrough(context, fault, method, weights, { habits = CALM, marks = 0 } = {}) {
  const server = await checkedServer(after);
  const proxy = await new Proxy(server.url, fault).listen();
  const scenario = new Scenario({
    server, users: 2, clientsPerUser: 2, methods: METHODS[method], habits, clientsUrl: proxy.url, badgePatience: 300,
    publisher: { weights, operations: 60, workers: 2, pause: 5 },
  });
  await scenario.open();
  scenario.publisher.start();
  await scenario.publisher.running;
  await scenario.until(() => scenario.history.publisher.filter(({ op }) => op === 'mark').length >= marks);
  const { violations, counts } = await scenario.check();
  await proxy.close();
  await server.stop();
  context.diagnostic(`seed ${scenario.seed}: ${JSON.stringify(counts)}`);
  return violations;
}

function expectOnly(violations, kind) {
  assert.deepEqual([...new Set(violations.map((one) => one.kind))], kind ? [kind] : [], JSON.stringify(violations.slice(0, 5), null, 1));
}

for (const [name, method, weights, kind] of [
  ['none', 'sse', EVERYTHING, null],
  ['none', 'poll', EVERYTHING, null],
  ['none', 'websocket', EVERYTHING, null],
  ['drop', 'sse', PUBLISHING, 'lost'],
  ['drop', 'poll', PUBLISHING, 'lost'],
  ['drop', 'websocket', PUBLISHING, 'lost'],
  ['double', 'sse', PUBLISHING, 'doubled'],
  ['double', 'poll', PUBLISHING, 'doubled'],
  ['double', 'websocket', PUBLISHING, 'doubled'],
  ['swap', 'sse', PUBLISHING, 'reordered'],
  ['swap', 'poll', ARRAYS, 'reordered'],
  ['swap', 'websocket', PUBLISHING, 'reordered'],
  ['leak', 'sse', PUBLISHING, 'foreign'],
  ['leak', 'websocket', PUBLISHING, 'foreign'],
  ['skipById', 'sse', EVERYTHING, 'lost'],
  ['skipById', 'poll', EVERYTHING, 'lost'],
  ['skipById', 'websocket', EVERYTHING, 'lost'],
  ['invent', 'sse', PUBLISHING, 'unexpected'],
  ['invent', 'websocket', PUBLISHING, 'unexpected'],
]) {
  test(`${name}, by ${method}: ${kind ?? 'nothing to report'}`, async (context) => {
    expectOnly(await runThrough(context, faults[name](), method, weights), kind);
  });
}

for (const [name, kind] of [['none', null], ['forgetMarks', 'lost'], ['answerTwice', 'unexpected']]) {
  test(`${name}, by a websocket over which is asked: ${kind ?? 'nothing to report'}`, async (context) => {
    expectOnly(await runThrough(context, faults[name](), 'websocket', PUBLISHING, { habits: TALKATIVE, marks: MARKS }), kind);
  });
}

test('acknowledged before it is durable, and killed: lost', async (context) => {
  const server = await checkedServer(after);
  const proxy = await new Proxy(server.url, { acknowledgesEarly: 1000 }).listen();
  const scenario = new Scenario({
    server, users: 2, clientsPerUser: 2, habits: CALM, publisherUrl: proxy.url, badgePatience: 300,
    publisher: { weights: PUBLISHING, operations: 20, workers: 1, pause: 5 },
  });
  await scenario.open();
  scenario.publisher.start();
  await scenario.publisher.running;
  await server.kill();
  await sleep(1500); // by then nothing is on its way any more
  await server.start();
  scenario.publisher.url = server.url;
  const { violations, counts } = await scenario.check();
  await proxy.close();
  await server.stop();
  context.diagnostic(`seed ${scenario.seed}: ${JSON.stringify(counts)}`);
  expectOnly(violations, 'lost');
});
