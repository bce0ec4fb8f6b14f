// What administrators see: metrics that promtool accepts and that count, health, figures, and that none of
// it is on the public listener.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { Server, assertProblem, serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const server = await serverFor(after);
const admin = (path, method = 'GET') => server.call(method, path, { admin: true });

// The value of one metric, all its label sets added up.
async function metric(name) {
  const { body } = await admin('/metrics');
  const values = body.split('\n').filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
  assert.ok(values.length > 0, `no metric ${name}`);
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('promtool finds nothing to complain about', async () => {
  await server.publish('metrics');
  const answer = await admin('/metrics');
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const result = spawnSync('promtool', ['check', 'metrics'], { input: answer.body, encoding: 'utf8' });
  assert.equal(result.stdout + result.stderr, '');
  assert.equal(result.status, 0);
});

test('what happens is counted', async () => {
  const names = ['allim_notifications_total', 'allim_publishes_total', 'allim_streams_opened_total', 'allim_deliveries_total'];
  const before = await Promise.all(names.map(metric));
  const streamsBefore = await metric('allim_streams');
  const stream = await (await RawStream.open(server, 'counted')).live();
  assert.equal(await metric('allim_streams'), streamsBefore + 1);
  const id = await server.publish({ users: ['counted', 'other'] });
  await stream.waitNotification(id);
  await stream.close();
  await eventually('the stream to be gone', async () => (await metric('allim_streams')) === streamsBefore);
  const now = await Promise.all(names.map(metric));
  assert.deepEqual(now.map((value, index) => value - before[index]), [2, 1, 1, 1]);
});

test('an idle poll is answered without the store', async () => {
  const { cursor } = await server.list('idle');
  const before = await metric('allim_polls_unchanged_total');
  for (let count = 0; count < 10; count++) {
    const answer = await server.call('GET', '/v1/inbox', { as: 'idle', headers: { 'if-none-match': `"${cursor}"` } });
    assert.equal(answer.status, 304);
  }
  assert.ok(await metric('allim_polls_unchanged_total') - before >= 5);
});

test('health', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    assert.equal((await admin(path)).status, 200);
    assert.equal((await admin(path, 'HEAD')).status, 200);
    assertProblem(await admin(path, 'POST'), 405);
  }
  assertProblem(await admin('/nothing'), 404, 'not_found');
});

test('figures, here and on the public listener for who may see them', async () => {
  const answer = await admin('/stats');
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(Object.keys((await server.call('GET', '/stats')).body), Object.keys(answer.body));
  const closed = await new Server({ demo: false }).start();
  try {
    assertProblem(await closed.call('GET', '/stats'), 401);
    assertProblem(await closed.call('GET', '/stats', { as: 'someone' }), 401);
    assert.equal((await closed.call('GET', '/stats', { as: 'publisher' })).status, 200);
  } finally {
    await closed.stop();
  }
});

test('the public listener has no metrics, the admin listener no inbox', async () => {
  assertProblem(await server.call('GET', '/metrics'), 404);
  assertProblem(await server.call('GET', '/health/ready'), 404);
  assertProblem(await server.call('GET', '/v1/inbox', { as: 'someone', admin: true }), 404);
});

test('log lines are JSON and hold no secrets', async () => {
  await server.call('GET', '/v1/inbox/stream?ticket=tell-tale-ticket');
  await server.call('GET', '/v1/inbox', { headers: { authorization: 'Bearer tell-tale-token', cookie: 'allim_token=tell-tale-cookie' } });
  await server.publish('logs', { title: 'tell-tale-title', data: { a: 'tell-tale-data' } });
  const lines = server.log.split('\n').filter(Boolean);
  assert.ok(lines.length > 0);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object', line);
  assert.doesNotMatch(server.log, /tell-tale/);
  for (const secret of [server.apiKey, server.secret]) assert.ok(!server.log.includes(secret));
});
