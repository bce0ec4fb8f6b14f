// Three nodes on one PostgreSQL, and whatever may happen between them: nothing is lost, doubled, reordered
// or somebody else's. CHECKER_RUNS says how often each test runs, with another seed each time; ALLIM_SEED
// repeats the decisions of a run.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { postgresFor } from '../integration/lib/postgres.js';
import { redisFor } from '../integration/lib/redis.js';
import { eventually } from '../integration/lib/wait.js';
import { Caller } from './lib/call.js';
import { CALM } from './lib/client.js';
import { clusterFor } from './lib/cluster.js';
import { freeze, pass } from './lib/fault_proxy.js';
import { redisFaults, storeFaults } from './lib/faults_of_servers.js';
import { namespacesFor, refusal } from './lib/namespaces.js';
import { STREAMS, Scenario } from './lib/scenario.js';
import { INSISTENT, SWEEP_MS, moment, survive, variablesOf } from './lib/survival.js';

const RUNS = Number(process.env.CHECKER_RUNS ?? 1);

const postgres = await postgresFor(after);
const redis = await redisFor(after);

const METHODS = {
  poll: { method: 'poll', postgres },
  'sse-db': { method: 'sse-db', postgres },
  'sse on pgnotify': { method: 'sse', feed: 'pgnotify', postgres },
  'sse-redis': { method: 'sse-redis', postgres, redis },
};
// Every node answers every wire, so the clients of all of these are a mixture; what this method adds is
// tried with some of the faults.
const WEBSOCKET = { method: 'websocket', feed: 'redis', postgres, redis };

const STORE_FAULTS = storeFaults(postgres);
const FAULTS = { ...STORE_FAULTS, ...redisFaults(redis) };

const STREAMING = Object.entries(METHODS).filter(([name]) => name !== 'poll');

// A client adds what is new to its badge by itself, so no count may be told that has it already.
test('sse-db: of what one sweep brings nothing is counted twice', async (context) => {
  const cluster = await clusterFor((hook) => context.after(hook), { ...METHODS['sse-db'], count: 2, variables: variablesOf(1000) });
  const [near, far] = cluster.nodes;
  const scenario = new Scenario({
    server: cluster, users: 1, clientsPerUser: 1, methods: { sse: 1 }, habits: CALM, clientsUrl: far.url, publisherUrl: near.url,
  });
  await scenario.open();
  const [client] = scenario.clients;
  const mark = (number) => ({ data: { mark: `m${number}` } });
  const id = await near.publish('user-1', mark(0));
  for (let round = 1; round <= 3; round++) {
    await scenario.until(() => client.has(`m${round - 1}`)); // just behind a sweep
    await near.call('PATCH', `/v1/notifications/${id}`, { as: 'publisher', body: { title: `Title ${round}` } });
    await near.publish('user-1', mark(round));
  }
  await scenario.until(() => client.has('m3'));
  await scenario.until(() => client.view.badge === 4, 3000);
  assert.equal(client.view.badge, 4);
  await scenario.abandon();
  await cluster.stop();
});

const faultsOf = ({ redis: hasRedis }) => Object.entries(hasRedis ? FAULTS : STORE_FAULTS);

for (let run = 1; run <= RUNS; run++) {
  for (const [name, kind] of Object.entries(METHODS)) {
    for (const [fault, how] of faultsOf(kind)) {
      test(`${name}, ${fault} (${run} of ${RUNS})`, (context) => survive(context, kind, how));
    }
  }
  for (const fault of ['two nodes killed in turn', 'a node frozen', 'Redis killed']) {
    test(`WebSockets alone on redis, ${fault} (${run} of ${RUNS})`, (context) => (
      survive(context, WEBSOCKET, FAULTS[fault], { methods: { websocket: 1 } })));
  }
  test(`sse-db at its own pace, nothing (${run} of ${RUNS})`, (context) => survive(context, METHODS['sse-db'], FAULTS.nothing, { pollInterval: 1500 }));
}

// Streams alone, which nothing but the node itself may end.
async function calmScenario(context, kind, options = {}) {
  const { proxied, clientsNode, publisherNode, ...more } = options;
  const cluster = await clusterFor((hook) => context.after(hook), { ...kind, proxied, variables: variablesOf() });
  const urlOf = (index) => cluster.nodes[index]?.url ?? cluster.url;
  const scenario = new Scenario({
    server: cluster, users: 3, clientsPerUser: 3, methods: STREAMS, habits: CALM,
    clientsUrl: urlOf(clientsNode), publisherUrl: urlOf(publisherNode), options: { statuses: [] }, ...more,
  });
  await scenario.open();
  return { cluster, scenario };
}

async function publishSome({ publisher }, operations) {
  Object.assign(publisher, { operations });
  publisher.start();
  await publisher.running;
}

async function endCalm(context, { cluster, scenario }) {
  const counts = await scenario.verify(context);
  assert.equal(counts.sessions, counts.clients, 'a stream was opened again');
  await cluster.assertAgreement(scenario);
  await cluster.stop();
}

async function assertUnavailable({ nodes }) {
  await Promise.all(nodes.map(async (node) => {
    const caller = new Caller(node.url);
    const { status, headers, body } = await caller.request('POST', '/v1/notifications', {
      headers: node.authorization('publisher'), body: { to: { user: 'nobody' }, type: 'test', title: 'Refused' },
    });
    caller.close();
    assert.equal(status, 503, JSON.stringify(body));
    assert.match(headers['retry-after'], /^[1-9]\d*$/);
  }));
}

for (const [name, kind] of STREAMING) {
  test(`${name}: while PostgreSQL is away publishing is answered 503 and streams stay open`, async (context) => {
    // A slow machine may have something refused just before and after, too.
    const { cluster, scenario } = await calmScenario(context, kind, { publisher: INSISTENT });
    await publishSome(scenario, 20);
    await postgres.freeze();
    await assertUnavailable(cluster);
    postgres.thaw();
    await cluster.ready();
    await publishSome(scenario, 20);
    await postgres.kill();
    await assertUnavailable(cluster);
    await postgres.start();
    await cluster.ready();
    await publishSome(scenario, 20);
    await endCalm(context, { cluster, scenario });
  });
}

// Milliseconds until all clients have a notification that is published now.
async function timeToArrive(scenario) {
  const mark = await scenario.publisher.insist(null);
  const begin = performance.now();
  await scenario.until(() => scenario.clients.every((client) => client.has(mark)));
  return Math.round(performance.now() - begin);
}

const SLACK_MS = 1500; // for a machine that is busy

test('sse-redis: while Redis is away publishing goes on, and all arrives within the interval of sweeps', async (context) => {
  const { cluster, scenario } = await calmScenario(context, METHODS['sse-redis']);
  await publishSome(scenario, 20);
  await redis.kill();
  const time = await timeToArrive(scenario);
  await publishSome(scenario, 40);
  assert.ok(await timeToArrive(scenario) < SWEEP_MS + SLACK_MS);
  await redis.start();
  await publishSome(scenario, 20);
  await endCalm(context, { cluster, scenario });
  context.diagnostic(`arrived after ${time} ms`);
  assert.ok(time < SWEEP_MS + SLACK_MS, `it took ${time} ms`);
});

async function counterOf(node, name) {
  const { body } = await node.call('GET', '/metrics', { admin: true });
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)[1]);
}

test('sse-redis: what another node publishes is delivered without a read of the store', async (context) => {
  const { cluster, scenario } = await calmScenario(context, METHODS['sse-redis'], { clientsNode: 1, publisherNode: 0 });
  const node = cluster.nodes[1];
  await timeToArrive(scenario);
  const replays = await counterOf(node, 'allim_replays_total');
  for (let i = 0; i < 20; i++) await timeToArrive(scenario);
  assert.equal(await counterOf(node, 'allim_replays_total'), replays);
  await endCalm(context, { cluster, scenario });
});

// By the ports that the servers see: which connection of a node hears of the others?
const LISTENERS = {
  'sse-redis': async () => [...(await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')).matchAll(/ addr=[^ ]*:(\d+) /g)].map(([, port]) => Number(port)),
  'sse on pgnotify': async () => (await postgres.query("SELECT client_port FROM pg_stat_activity WHERE query ~ '^(LISTEN|NOTIFY|SELECT pg_notify)'")).split('\n').map(Number),
};

for (const [name, portsOf] of Object.entries(LISTENERS)) {
  test(`${name}: a last hint that is lost is made good by the sweep`, async (context) => {
    const { cluster, scenario } = await calmScenario(context, METHODS[name], { proxied: true, clientsNode: 1, publisherNode: 0 });
    await publishSome(scenario, 10);
    await timeToArrive(scenario);
    const ports = await portsOf();
    const proxy = (name === 'sse-redis' ? cluster.redisProxies : cluster.postgresProxies)[1];
    const links = [...proxy.links].filter(({ server }) => ports.includes(server?.localPort));
    assert.equal(links.length, 1);
    links[0].set(freeze);
    const time = await timeToArrive(scenario);
    links[0].set(pass);
    await endCalm(context, { cluster, scenario });
    context.diagnostic(`arrived after ${time} ms`);
    assert.ok(time < SWEEP_MS + SLACK_MS, `it took ${time} ms`);
  });
}

// One node's way to both servers. Its own clients still reach it.
for (const name of Object.keys(METHODS)) {
  test(`${name}: the cable of one node is taken out, and put in again`, { skip: refusal() ?? false }, async (context) => {
    const hook = (action) => context.after(action);
    const { near, far, cut, mend } = await namespacesFor(hook);
    const servers = {
      postgres: await postgresFor(hook, { namespace: far }),
      ...(METHODS[name].redis ? { redis: await redisFor(hook, { namespace: far }) } : {}),
    };
    const cluster = await clusterFor(hook, { ...METHODS[name], ...servers, remote: { namespace: near, host: far.address }, variables: variablesOf() });
    const scenario = new Scenario({
      server: cluster, clientsUrl: cluster.url, publisherUrl: cluster.url, publisher: INSISTENT, options: { readStatuses: [503] },
    }).start();
    const { random } = scenario;
    await moment(random);
    await cut();
    await moment(random, 2000, 4000);
    await mend();
    await moment(random);
    await cluster.ready();
    await scenario.verify(context);
    await cluster.assertAgreement(scenario);
    await cluster.stop();
  });
}

// What the kernel delivers once the cable is in again has been repeated at another node meanwhile.
test('what a node has given up does not happen later', { skip: refusal() ?? false }, async (context) => {
  const hook = (action) => context.after(action);
  const { near, far, cut, mend } = await namespacesFor(hook);
  const database = await postgresFor(hook, { namespace: far });
  const cluster = await clusterFor(hook, {
    method: 'sse-db', count: 2, postgres: database, remote: { namespace: near, host: far.address }, variables: variablesOf(),
  });
  const [remote, local] = cluster.nodes;
  const id = await local.publish('user-1');
  const correct = async (node, title) => (await node.call('PATCH', `/v1/notifications/${id}`, { as: 'publisher', body: { title } })).status;
  assert.equal(await correct(remote, 'over the cable'), 200);
  const timers = await far.run('ss', '--tcp', '--no-header', '--numeric', '--options', 'state', 'established', 'dst', near.address);
  assert.match(timers, /keepalive,\d+sec/);
  assert.doesNotMatch(timers, /keepalive,\d+min/); // a server asks for its client after two hours by itself
  await cut();
  assert.equal(await correct(remote, 'given up'), 503);
  assert.equal(await correct(local, 'newer'), 200);
  await mend();
  await eventually('what was sent to be refused', () => database.log.includes('it came too late'));
  assert.equal((await local.list('user-1')).notifications[0].title, 'newer');
  await cluster.stop();
});
