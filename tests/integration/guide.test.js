// The guide's own clients work unchanged: its Locust script (guide/locustfile.py is its text, word for word)
// under Debian's Locust, its routes, and its polling snippet's expectations.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder } from './lib/process.js';
import { assertProblem, serverFor } from './lib/server.js';

const server = await serverFor(after);
const script = fileURLToPath(new URL('guide/locustfile.py', import.meta.url));
const logIn = (username, password) => server.call('POST', '/api/user/login', { body: { username, password } });

test('Locust runs the guide\'s script without a failure', async () => {
  const prefix = join(makeFolder(), 'locust');
  const locust = spawn('locust', ['--headless', '--users', '10', '--spawn-rate', '10', '--run-time', '6s',
    '--host', server.url, '--locustfile', script, '--csv', prefix, '--only-summary'], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  let output = '';
  for (const stream of [locust.stdout, locust.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
  const code = await new Promise((done) => { locust.on('close', done); });
  assert.equal(code, 0, output);
  const rows = readFileSync(`${prefix}_stats.csv`, 'utf8').trim().split('\n').map((line) => line.split(','));
  const [header, ...figures] = rows;
  const column = (row, name) => Number(row[header.indexOf(name)]);
  for (const path of ['/api/user/login', '/api/notification/list', 'Aggregated']) {
    const row = figures.find((cells) => cells[1] === path);
    assert.ok(column(row, 'Request Count') >= 10, `${path}\n${output}`);
    assert.equal(column(row, 'Failure Count'), 0, `${path}\n${output}`);
  }
});

test('log in gives a token and a cookie', async () => {
  const answer = await logIn('test', 'test');
  assert.equal(answer.status, 200);
  assert.equal(answer.body.token_type, 'bearer');
  assert.ok(answer.body.expires_in > 0);
  const cookie = answer.headers.get('set-cookie');
  assert.ok(cookie.startsWith(`allim_token=${answer.body.access_token};`));
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.includes(attribute), cookie);
  for (const headers of [{ authorization: `Bearer ${answer.body.access_token}` }, { cookie: cookie.split(';')[0] }]) {
    const list = await server.call('GET', '/api/notification/list', { headers });
    assert.equal(list.status, 200);
    assert.ok(Array.isArray(list.body.notifications));
  }
});

test('a wrong log in is refused, each kind alike', async () => {
  const wrong = await logIn('test', 'tset');
  assertProblem(wrong, 401);
  assert.equal(wrong.headers.get('set-cookie'), null);
  assert.deepEqual((await logIn('nobody', 'nobody')).body, wrong.body);
  assert.deepEqual((await logIn('', '')).body, wrong.body);
  for (const body of ['{}', '{"username":"test"}', '{"username":1,"password":2}', '[]', '{']) {
    const answer = await server.call('POST', '/api/user/login', { body });
    assert.ok([400, 401, 422].includes(answer.status), `${answer.status} for ${body}`);
    assertProblem(answer, answer.status);
  }
});

test('/api/notification/list is the inbox under its older name', async () => {
  await server.publish('anna', { title: 'Same' });
  const [older, newer] = await Promise.all(['/api/notification/list', '/v1/inbox']
    .map((path) => server.call('GET', path, { as: 'anna' })));
  assert.deepEqual(older.body, newer.body);
  assert.equal(older.headers.get('etag'), newer.headers.get('etag'));
});

test('/stats answers', async () => {
  const answer = await server.call('GET', '/stats');
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.ok(Object.keys(answer.body).length > 0);
});
