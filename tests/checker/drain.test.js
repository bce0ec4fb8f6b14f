// SIGTERM while 300 streams are open: they end in time, are told different moments to come back, and miss
// nothing, whether publishing goes on before they are back or after, and whether the next server starts
// when the old one has ended or before.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { start } from '../integration/lib/process.js';
import { eventually, sleep } from '../integration/lib/wait.js';
import { checkedServer } from './lib/checked_server.js';
import { CALM } from './lib/client.js';
import { STREAMS, Scenario } from './lib/scenario.js';

const COUNT = 300;
const DRAIN_MS = 1000;
const RETRY_MS = [200, 1500];

async function openMany(publisher) {
  const server = await checkedServer(after, {
    variables: { ALLIM_DRAIN_DURATION: `${DRAIN_MS}ms`, ALLIM_STREAM_RETRY_MINIMUM: `${RETRY_MS[0]}ms`, ALLIM_STREAM_RETRY_MAXIMUM: `${RETRY_MS[1]}ms` },
  });
  const scenario = new Scenario({
    server, users: 10, clientsPerUser: COUNT / 10, methods: STREAMS, habits: CALM, client: { obeysRetry: true },
    publisher: { pause: 60, workers: 2, ...publisher },
  });
  await scenario.open();
  await eventually('all streams to be open', async () => await server.metric('allim_streams') === COUNT);
  return { server, scenario };
}

// Ends the server and returns how long that took.
async function drain(server) {
  const begin = performance.now();
  await server.stop();
  server.logs += server.log;
  return Math.round(performance.now() - begin);
}

function checkSpread(scenario, context) {
  const retries = scenario.clients.map((client) => client.retries.at(-1));
  const different = new Set(retries).size;
  assert.ok(retries.every((retry) => retry >= RETRY_MS[0] && retry <= RETRY_MS[1]), retries.join(' '));
  assert.ok(different > COUNT / 4, `${different} different moments to come back at`);
  context.diagnostic(`${COUNT} streams were told ${different} different moments, ${Math.min(...retries)} to ${Math.max(...retries)} ms`);
}

for (const [name, backFirst] of [['the clients come back, then publishing goes on', true], ['publishing goes on, then the clients come back', false]]) {
  test(`SIGTERM: ${name}: nothing to report`, async (context) => {
    const { server, scenario } = await openMany({ operations: 40 });
    scenario.publisher.start();
    await scenario.publisher.running;
    const took = await drain(server);
    checkSpread(scenario, context);
    await server.start();
    if (backFirst) await eventually('all streams to be back', async () => await server.metric('allim_streams') === COUNT);
    scenario.publisher.operations = 40;
    scenario.publisher.start();
    await scenario.publisher.running;
    await scenario.verify(context);
    context.diagnostic(`drained in ${took} ms`);
    await server.stop();
  });
}

test('SIGTERM while publishing: nothing to report', async (context) => {
  const { server, scenario } = await openMany({ retries: true });
  scenario.publisher.start();
  for (let round = 0; round < 2; round++) {
    await sleep(500);
    const took = await drain(server);
    context.diagnostic(`drained in ${took} ms`);
    await server.start();
  }
  await sleep(500);
  await scenario.verify(context);
  await server.stop();
});

// A supervisor may start the next one too early. That one must say why it cannot, and leave the folder alone.
test('the next server starts while the old one drains: nothing to report', async (context) => {
  const { server, scenario } = await openMany({ retries: true });
  scenario.publisher.start();
  await sleep(300);
  server.running.child.kill('SIGTERM');
  const early = start(['serve', '--listen', `127.0.0.1:${server.port}`, '--admin-listen', `127.0.0.1:${server.adminPort}`, '--data', server.data],
    { variables: server.variables });
  const end = await Promise.race([early.ended, server.running.ended.then(() => null)]);
  if (end) {
    assert.notEqual(end.code, 0);
    assert.match(early.stderr, /in use|another allim uses/);
    assert.equal(early.stderr.trim().split('\n').length, 1, early.stderr);
  } else {
    early.child.kill('SIGKILL'); // it came too late to be too early
    await early.ended;
  }
  context.diagnostic(`the early one ${end ? `said: ${early.stderr.trim()}` : 'was late'}`);
  await server.running.ended;
  await server.start();
  await sleep(500);
  await scenario.verify(context);
  await server.stop();
});
