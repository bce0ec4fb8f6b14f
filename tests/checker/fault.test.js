// Faults that need no other machine: a frozen server, a store that forgets, a clock that jumps, no
// descriptors, a full disk, and clients that read nothing.
import assert from 'node:assert/strict';
import http from 'node:http';
import { connect } from 'node:net';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { give, makeFolder } from '../integration/lib/process.js';
import { eventually, sleep } from '../integration/lib/wait.js';
import { checkedServer } from './lib/checked_server.js';
import { CALM } from './lib/client.js';
import { cpuTime, findFaketime, memory, mountSmall, percentile, unmount } from './lib/machine.js';
import { EVERYTHING } from './lib/publisher.js';
import { STREAMS, Scenario } from './lib/scenario.js';

test('frozen for some seconds: nothing to report', async (context) => {
  const server = await checkedServer(after);
  const scenario = new Scenario({ server, publisher: { retries: true } }).start();
  for (const seconds of [1, 2]) {
    await sleep(700);
    process.kill(server.pid, 'SIGSTOP');
    await sleep(seconds * 1000);
    process.kill(server.pid, 'SIGCONT');
  }
  await sleep(700);
  await scenario.verify(context);
  await server.stop();
});

test('a store that forgets: who was away too long hears a reset, and nothing else is wrong', async (context) => {
  const server = await checkedServer(after, { variables: { ALLIM_STORE_RETENTION_COUNT: '30' } });
  const scenario = new Scenario({ server, options: { forgets: 10, statuses: [404] }, badgePatience: 100 }).start();
  const hasForgotten = () => scenario.clients.some(({ log }) => log.records.some(({ reason }) => reason === 'forgotten'));
  await sleep(3000);
  await scenario.until(hasForgotten);
  await scenario.verify(context);
  assert.ok(hasForgotten(), 'nobody was away for long');
  await server.stop();
});

test('few changes are read at once, so that most answers are cut short: nothing to report', async (context) => {
  const server = await checkedServer(after, { variables: { ALLIM_DELIVERY_REPLAY_CHANGES: '2' } });
  const weights = { ...EVERYTHING, everyone: 20, withdraw: 15, markSome: 25 };
  const scenario = new Scenario({ server, publisher: { weights } }).start();
  await sleep(4000);
  await scenario.verify(context);
  await server.stop();
});

const faketime = findFaketime();

test('the clock jumps by an hour, there and back: nothing to report', { skip: !faketime && 'the package faketime is missing' }, async (context) => {
  const folder = makeFolder();
  const file = join(folder, 'offset');
  const jump = (offset) => { writeFileSync(file, offset); give(file, 0o644); };
  jump('+0');
  const server = await checkedServer(after, {
    wrapper: ['env', `LD_PRELOAD=${faketime}`, `FAKETIME_TIMESTAMP_FILE=${file}`, 'FAKETIME_NO_CACHE=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1',
      `ASAN_OPTIONS=${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`],
  });
  const scenario = new Scenario({ server }).start();
  const ahead = async () => Date.parse((await server.call('GET', '/v1/inbox/count', { as: 'clock' })).headers.get('date')) - Date.now();
  for (const offset of ['+1h', '-1h', '+0']) {
    await sleep(1200);
    jump(offset);
  }
  await eventually('the clock to be right', async () => Math.abs(await ahead()) < 60000);
  jump('+30m');
  await eventually('the clock to jump', async () => await ahead() > 1000000);
  await scenario.verify(context);
  await server.stop();
});

test('descriptors run out: it says so, does not spin, keeps what it has, and recovers', async (context) => {
  const server = await checkedServer(after, { wrapper: ['prlimit', '--nofile=64:64'], variables: { ALLIM_HTTP_WORKERS: '2' } });
  const scenario = new Scenario({
    server, users: 2, clientsPerUser: 2, methods: STREAMS, habits: CALM, publisher: { workers: 2, operations: 200 },
  });
  await scenario.open();
  scenario.publisher.start();
  await scenario.until(() => scenario.publisher.known.length >= 10); // by now it has its connections
  const sockets = Array.from({ length: 100 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
  await eventually('a message', () => /accepting stopped/.test(server.log));
  await scenario.publisher.running;

  const [before, length] = [cpuTime(server.pid), server.log.length];
  await sleep(2000);
  const spent = cpuTime(server.pid) - before;
  assert.ok(spent < 1000, `it spent ${spent} ms of CPU in 2 s`);
  assert.ok(server.log.slice(length).split('\n').length < 20, server.log.slice(length));
  const health = await new Promise((settle, fail) => {
    http.get(`${server.adminUrl}/health/ready`, { agent: false }, (answer) => settle(answer.resume().statusCode)).on('error', fail);
  });
  assert.equal(health, 200);

  for (const socket of sockets) socket.destroy();
  await scenario.verify(context);
  context.diagnostic(`${spent} ms of CPU in 2 s without descriptors`);
  await server.stop();
});

async function fill(server, folder) {
  let refused;
  for (let count = 0; !refused; count++) {
    writeFileSync(join(folder, `ballast-${count}`), '');
    try {
      writeFileSync(join(folder, `ballast-${count}`), Buffer.alloc(count < 3 ? 1 << 20 : 1 << 16));
    } catch {
      break; // there is no room left even for this
    }
  }
  await eventually('a publish to be refused', async () => {
    const answer = await server.call('POST', '/v1/notifications', {
      as: 'publisher', body: { to: { user: 'somebody else' }, type: 'fill', title: 'x', body: 'x'.repeat(9000) },
    });
    refused = answer.status >= 500 ? answer : null;
    return refused;
  }, { every: 1 });
  assert.equal(refused.status, 507, JSON.stringify(refused.body));
}

test('the disk is full: 507, nothing acknowledged, reads go on, and it recovers unaided', async (context) => {
  const mount = makeFolder();
  if (!mountSmall(mount, '12m')) {
    context.skip('this user may not mount a file system');
    return;
  }
  context.after(() => unmount(mount));
  const data = join(mount, 'data');
  const ballast = join(mount, 'ballast');
  for (const folder of [data, ballast]) mkdirSync(folder);
  const server = await checkedServer(after, { data });
  const scenario = new Scenario({ server, options: { statuses: [507] } }).start();
  await sleep(1000);
  await fill(server, ballast);
  await sleep(1000);
  const refused = scenario.history.publisher.filter(({ status }) => status === 507).length;
  assert.ok(refused > 0, 'nothing was refused');
  assert.equal((await server.call('GET', '/v1/inbox', { as: 'user-1' })).status, 200);

  rmSync(ballast, { recursive: true });
  const published = scenario.publisher.marks;
  await eventually('publishing to go on', () => scenario.history.publisher.some(({ mark, outcome, op }) => (
    op === 'publish' && Number(mark.slice(1)) > published && outcome === 'acknowledged')));
  await scenario.verify(context);
  context.diagnostic(`${refused} operations were refused with 507`);
  await server.stop();
});

const SILENT = 200;

const SILENT_HEADS = [
  'GET /v1/inbox/stream HTTP/1.1\r\n',
  'GET /v1/inbox/socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
    + 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
];

// A stream whose bytes are never taken out of the socket.
function openSilent(server, user, head) {
  return new Promise((settle, fail) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(`${head}Host: localhost\r\nAuthorization: ${server.authorization(user).authorization}\r\n\r\n`);
      socket.pause();
      settle(socket);
    });
    socket.on('error', fail);
  });
}

async function latencies(server, scenario, rounds) {
  const times = [];
  const [client] = scenario.clients;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const mark = await scenario.publisher.insist([client.user]);
    await scenario.until(() => client.has(mark));
    times.push(performance.now() - begin);
  }
  return percentile(times, 0.99).toFixed(1);
}

test(`${SILENT} clients read nothing: memory stays bounded, and the others are served`, async (context) => {
  const server = await checkedServer(after, {
    // What AddressSanitizer keeps of freed memory is not what the server holds.
    variables: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=4`, ALLIM_NOTIFICATION_BODY_BYTES: '128KiB' },
  });
  const scenario = new Scenario({
    server, users: 2, clientsPerUser: 2, methods: STREAMS, habits: CALM,
    publisher: { weights: { everyone: 1 }, operations: 150, padding: 120000, workers: 1, pause: 5 },
  });
  await scenario.open();
  const undisturbed = await latencies(server, scenario, 50);
  const sockets = await Promise.all(Array.from({ length: SILENT }, (_, index) => (
    openSilent(server, `silent-${index % 20}`, SILENT_HEADS[index % SILENT_HEADS.length]))));
  await eventually('the silent streams to be open', async () => await server.metric('allim_streams') >= SILENT + 4);
  const before = memory(server.pid);
  scenario.publisher.start();
  const disturbed = await latencies(server, scenario, 50);
  await scenario.publisher.running;
  const grown = memory(server.pid) - before;
  const behind = await server.metric('allim_deliveries_behind_total');
  assert.ok(behind > 0, 'no stream fell behind');
  for (const socket of sockets) socket.destroy();
  await scenario.verify(context);
  context.diagnostic(`memory grew by ${grown.toFixed(1)} MiB, ${behind} times a stream fell behind; `
    + `the others' p99 was ${undisturbed} ms before, and ${disturbed} ms meanwhile`);
  assert.ok(grown < 150, `memory grew by ${grown} MiB`);
  await server.stop();
});
