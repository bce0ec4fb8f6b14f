// What a running server does when it is told to end, or to read its settings again.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { give, makeFolder } from './lib/process.js';
import { Server } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { eventually, sleep } from './lib/wait.js';

async function withStreams(server, count) {
  return Promise.all(Array.from({ length: count }, async (_, index) => (await RawStream.open(server, `user-${index}`)).live()));
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} drains: every stream ends in order, with time to come back`, async () => {
    const server = await new Server({ variables: { ALLIM_DRAIN_DURATION: '2s', ALLIM_DRAIN_BATCH: '5' } }).start();
    const streams = await withStreams(server, 20);
    const id = await server.publish({ everyone: true });
    for (const stream of streams) await stream.waitNotification(id);
    await server.stop(signal);
    for (const stream of streams) {
      await stream.ended;
      assert.match(stream.text, /\n\n(?:(?:retry: ?\d+|:.*)\n+)*$/, 'only comments and retry follow the last event');
    }
    await assert.rejects(fetch(server.url));
  });
}

test('a drain ends a long poll and an idle connection, and finishes what is under way', async () => {
  const server = await new Server().start();
  const { cursor } = await server.list('poll');
  const poll = server.call('GET', `/v1/inbox?after=${cursor}&wait=60`, { as: 'poll' });
  const idle = connect(server.port, '127.0.0.1');
  const idleEnded = new Promise((done) => { idle.once('close', done); });
  idle.on('error', () => {});
  await sleep(300);
  await server.stop();
  assert.ok([200, 304, 503].includes((await poll).status));
  await idleEnded;
});

test('readiness goes before the streams do', async () => {
  const server = await new Server({ variables: { ALLIM_DRAIN_DURATION: '5s', ALLIM_DRAIN_BATCH: '1' } }).start();
  const streams = await withStreams(server, 8);
  server.running.child.kill('SIGTERM');
  await eventually('not ready', async () => {
    const answer = await fetch(`${server.adminUrl}/health/ready`).catch(() => null);
    return answer === null || answer.status === 503;
  }, { every: 20 });
  assert.deepEqual(await server.running.ended, { code: 0, signal: null });
  for (const stream of streams) await stream.ended;
});

test('a second signal ends a long drain at once', async () => {
  const server = await new Server({ variables: { ALLIM_DRAIN_DURATION: '10m', ALLIM_DRAIN_BATCH: '1' } }).start();
  const streams = await withStreams(server, 5);
  server.running.child.kill('SIGTERM');
  await sleep(500);
  server.running.child.kill('SIGTERM');
  const end = await Promise.race([server.running.ended, sleep(30000)]);
  assert.ok(end, 'it still runs');
  for (const stream of streams) await stream.ended;
});

test('SIGHUP applies good settings, and keeps the old ones of a bad file', async () => {
  const file = join(makeFolder(), 'allim.yaml');
  const settings = (text) => {
    writeFileSync(file, text);
    give(file, 0o600);
  };
  settings('notification:\n  title_bytes: 100\n');
  const server = await new Server({ args: ['--config', file] }).start();
  const statusOf = async (length) => (await server.call('POST', '/v1/notifications', {
    as: 'publisher', body: { to: { user: 'hup' }, type: 't', title: 'x'.repeat(length) },
  })).status;
  const reload = () => server.running.child.kill('SIGHUP');
  assert.equal(await statusOf(50), 201);
  assert.equal(await statusOf(101), 422);

  const stream = await (await RawStream.open(server, 'hup')).live();
  settings('notification:\n  title_bytes: 10\n');
  reload();
  await eventually('the new limit', async () => (await statusOf(50)) === 422);

  const before = server.log.length;
  settings('notification:\n  title_bytes: 1000\n  titel_bytes: 5\n');
  reload();
  await eventually('the complaint', () => /allim\.yaml:3:3/.test(server.log.slice(before)));
  assert.match(server.log.slice(before), /title_bytes/);
  assert.equal(await statusOf(50), 422);
  assert.equal(await statusOf(10), 201);

  settings('notification:\n  title_bytes: 200\n');
  reload();
  await eventually('the newest limit', async () => (await statusOf(150)) === 201);
  assert.equal(stream.isOpen, true);
  await stream.close();
  await server.stop();
});

test('a setting that only a start can change is named on SIGHUP', async () => {
  const file = join(makeFolder(), 'allim.yaml');
  writeFileSync(file, 'http:\n  workers: 1\n');
  give(file, 0o600);
  const server = await new Server({ args: ['--config', file] }).start();
  const before = server.log.length;
  writeFileSync(file, 'http:\n  workers: 2\n');
  server.running.child.kill('SIGHUP');
  await eventually('the hint', () => server.log.slice(before).includes('http.workers'));
  await server.stop();
});

test('what waits for a restart is named on each SIGHUP, measured by what the node runs with', async () => {
  const file = join(makeFolder(), 'allim.yaml');
  const server = new Server({ args: ['--config', file] });
  const reload = async (workers) => {
    const before = server.log.length;
    writeFileSync(file, `http:\n  workers: ${workers}\n`);
    give(file, 0o600);
    server.running.child.kill('SIGHUP');
    await eventually('the reload', () => server.log.slice(before).includes('settings reloaded'));
    return server.log.slice(before).includes('http.workers');
  };
  writeFileSync(file, 'http:\n  workers: 2\n');
  give(file, 0o600);
  await server.start();
  assert.equal(await reload(3), true);
  assert.equal(await reload(3), true, 'it still waits');
  assert.equal(await reload(2), false, 'nothing waits any more');
  await server.stop();
});

test('a publish that SIGHUP interrupts keeps its publisher', async () => {
  const folder = makeFolder();
  const file = join(folder, 'allim.yaml');
  const settings = (retry) => {
    const sha256 = createHash('sha256').update('the key').digest('hex');
    writeFileSync(file, `stream:\n  heartbeat: ${retry}\nauth:\n  api_keys:\n    - name: the-publisher-of-orders\n      sha256: ${sha256}\n`);
    give(file, 0o600);
  };
  settings('10s');
  const server = await new Server({ args: ['--config', file] }).start();
  const body = JSON.stringify({ to: { user: 'hup' }, type: 't', title: 'once' });
  const publish = async (meanwhile) => {
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => { answer += text; });
    const ended = new Promise((done) => { socket.once('close', done); });
    socket.write(`POST /v1/notifications HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer the key\r\nConnection: close\r\n`
      + `Content-Type: application/json\r\nIdempotency-Key: one\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`);
    await sleep(200);
    await meanwhile();
    socket.write(body.slice(20));
    await ended;
    return answer;
  };
  const first = await publish(async () => {
    for (const retry of ['11s', '12s', '13s']) {
      const before = server.log.length;
      settings(retry);
      server.running.child.kill('SIGHUP');
      await eventually('the reload', () => server.log.slice(before).includes('settings reloaded'));
      await sleep(50);
    }
  });
  assert.match(first, /^HTTP\/1\.1 201 /);
  const second = await publish(async () => {});
  assert.match(second, /^HTTP\/1\.1 201 /);
  assert.match(second, /Idempotency-Replayed: true/);
  assert.equal((await server.list('hup')).notifications.length, 1);
  await server.stop();
});

test('many reloads and restarts leave every notification in place', async () => {
  const server = await new Server().start();
  const published = [];
  for (let round = 0; round < 5; round++) {
    published.push(await server.publish('keeps'));
    server.running.child.kill('SIGHUP');
    published.push(await server.publish('keeps'));
    await server.restart();
  }
  const { notifications } = await server.list('keeps');
  assert.deepEqual(notifications.map(({ id }) => id), published.reverse());
  await server.stop();
});
