// The command line as scripts use it: what it prints, where, and with which exit status.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { give, makeFolder, run, start } from './lib/process.js';
import { Server, serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const DONE = 0, FAILED = 1, MISUSED = 2, REFUSED = 3, UNREACHABLE = 4;
const server = await serverFor(after);
const variables = {
  ALLIM_URL: server.url, ALLIM_ADMIN_URL: server.adminUrl,
  ALLIM_API_KEY: server.apiKey, ALLIM_JWT_SECRET: server.secret,
};
const allim = (args, options = {}) => run(args, { variables, ...options });

// Checks a result: silence on standard error when it is done (`hints` apart), else one line there alone.
function assertEnd(result, code, complaint, hints = /^$/) {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  if (code === DONE) {
    assert.match(result.stderr, hints);
    return;
  }
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^allim[^\n]+\n$/);
  assert.match(result.stderr, complaint);
}

const COMMANDS = ['serve', 'consume', 'publish', 'subscribe', 'topic list', 'topic members', 'topic add', 'topic remove',
  'token make', 'token check', 'config check', 'config default', 'config reference', 'route', 'adopt', 'deadletter list',
  'deadletter show', 'deadletter retry', 'deadletter drop', 'advise', 'cost', 'report', 'stats', 'version', 'help'];

test('--help everywhere, on standard output, without colours', async () => {
  const whole = await allim(['--help']);
  assertEnd(whole, DONE);
  for (const command of COMMANDS) {
    assert.ok(whole.stdout.includes(command.split(' ')[0]), command);
    const result = await allim([...command.split(' '), '--help']);
    assertEnd(result, DONE);
    assert.ok(result.stdout.includes(`allim ${command}`), result.stdout);
    assert.doesNotMatch(result.stdout, /\x1b/);
  }
  assert.equal((await allim(['help'])).stdout, whole.stdout);
  assert.ok((await allim(['help', 'publish'])).stdout.includes('--title'));
});

test('version', async () => {
  const result = await allim(['version']);
  assertEnd(result, DONE);
  assert.match(result.stdout, /^allim \d+\.\d+\.\d+\n$/);
  assert.equal((await allim(['--version'])).stdout, result.stdout);
});

test('a wrong command line is status 2 and names what is near', async () => {
  assertEnd(await allim(['publsh']), MISUSED, /publish/);
  assertEnd(await allim(['publish', '--titel', 'x']), MISUSED, /--title/);
  assertEnd(await allim(['publish', '--title']), MISUSED, /--title/);
  assertEnd(await allim(['version', 'extra']), MISUSED, /extra/);
  assertEnd(await allim(['stats', '--watch', 'soon']), MISUSED, /watch/);
  const nothing = await allim([]);
  assert.equal(nothing.code, MISUSED);
});

test('publish: one, by flags', async () => {
  const result = await allim(['publish', '--to', 'cli', '--type', 'comment', '--title', '제목', '--body', 'A body',
    '--data', '{"a":[1,2]}', '--priority', 'high', '--link', '/x']);
  assertEnd(result, DONE);
  const [row] = (await server.list('cli')).notifications;
  assert.equal(result.stdout.trim(), String(row.id));
  assert.deepEqual([row.title, row.body, row.data, row.priority, row.link], ['제목', 'A body', { a: [1, 2] }, 'high', '/x']);
});

test('publish: to several, to everyone, from standard input', async () => {
  assertEnd(await allim(['publish', '--to', 'cli-1', '--to', 'cli-2', '--type', 't', '--title', 'Two']), DONE);
  for (const user of ['cli-1', 'cli-2']) assert.equal((await server.list(user)).notifications[0].title, 'Two');
  const everyone = await allim(['publish', '--everyone', '--type', 't', '--title', 'All', '--json']);
  assertEnd(everyone, DONE);
  const { notifications: [{ id, everyone: isBroadcast }] } = JSON.parse(everyone.stdout);
  assert.equal(isBroadcast, true);
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  const items = [{ to: { user: 'cli-3' }, type: 't', title: 'First' }, { to: { user: 'cli-3' }, type: 't', title: 'Second' }];
  assertEnd(await allim(['publish', '--file', '-'], { input: JSON.stringify(items) }), DONE);
  assert.equal((await server.list('cli-3')).unread, 2);
});

test('publish: an idempotency key publishes once', async () => {
  const args = ['publish', '--to', 'cli-once', '--type', 't', '--title', 'Once', '--idempotency-key', 'k-1'];
  const [first, second] = [await allim(args), await allim(args)];
  assertEnd(first, DONE);
  assert.equal(second.stdout, first.stdout);
  assert.equal((await server.list('cli-once')).unread, 1);
});

test('publish: what goes wrong has its own status', async () => {
  const args = ['publish', '--to', 'cli', '--type', 't', '--title', 'x'];
  assertEnd(await allim([...args, '--priority', 'shouting']), MISUSED, /priority/);
  assertEnd(await allim([...args, '--expires-at', '2001-01-01T00:00:00Z']), REFUSED, /expires_at/);
  assertEnd(await allim(args, { variables: { ...variables, ALLIM_API_KEY: 'wrong' } }), REFUSED, /key/i);
  assertEnd(await allim(args, { variables: { ...variables, ALLIM_URL: 'http://127.0.0.1:1' } }), UNREACHABLE, /127\.0\.0\.1:1/);
  assertEnd(await allim(args, { variables: { ...variables, ALLIM_URL: 'ftp://x' } }), MISUSED, /ftp/);
  assertEnd(await allim([...args, '--data', '{']), MISUSED, /data/);
  assertEnd(await allim(['publish', '--to', 'cli']), MISUSED, /type|title/);
  assertEnd(await allim(args, { variables: { ALLIM_URL: server.url } }), FAILED, /ALLIM_API_KEY/);
});

test('output that is lost is a failure', async () => {
  const closed = { wrapper: ['sh', '-c', 'exec "$0" "$@" >&-'] };
  for (const args of [['token', 'make', '--user', 'x'], ['version'], ['publish', '--to', 'cli-lost', '--type', 't', '--title', 'x']])
    assertEnd(await allim(args, closed), FAILED, /standard output/);
});

for (const by of ['sse', 'websocket']) {
  const wire = ['--wire', by];

  test(`subscribe ${by} prints what arrives, one JSON line each`, async () => {
    const subscriber = start(['subscribe', ...wire, '--user', `cli-sub-${by}`, '--json', '--count', '2'], { variables });
    await eventually('the stream', () => subscriber.stderr.includes('connected to'));
    const first = await server.publish(`cli-sub-${by}`, { title: 'One' });
    await server.mark(`cli-sub-${by}`, 'read', { ids: [first] });
    assert.deepEqual(await subscriber.ended, { code: DONE, signal: null });
    const events = subscriber.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(events.map(({ event, data }) => [event, data.id]), [['notification', first], ['change', first]]);
    assert.match(events[0].id, /^[0-9a-f]{16}\.\d+\.\d+$/);
  });

  test(`subscribe ${by} from a cursor, readable, with a token`, async () => {
    const { cursor } = await server.list(`cli-read-${by}`);
    await server.publish(`cli-read-${by}`, { title: 'Escape \u001b[31m me', type: 'comment' });
    const result = await allim(['subscribe', ...wire, '--after', cursor, '--count', '1'], {
      variables: { ALLIM_URL: server.url, ALLIM_TOKEN: server.token(`cli-read-${by}`) },
    });
    assertEnd(result, DONE, null, /^allim subscribe: connected to [^\n]+\n$/);
    assert.match(result.stdout, /Escape/);
    assert.doesNotMatch(result.stdout, /\x1b/);
  });

  test(`subscribe ${by} goes on over a restart, nothing lost or repeated`, async () => {
    const published = [await server.publish(`cli-resume-${by}`), await server.publish(`cli-resume-${by}`)];
    const subscriber = start(['subscribe', ...wire, '--user', `cli-resume-${by}`, '--json', '--after', 'start'], { variables });
    const ids = () => subscriber.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line))
      .filter(({ event, data }) => event === 'notification' && !data.withdrawn_at).map(({ data }) => data.id);
    await eventually('two events', () => ids().length === 2);
    await server.restart();
    published.push(await server.publish(`cli-resume-${by}`), await server.publish(`cli-resume-${by}`));
    await eventually('four events', () => ids().length >= 4);
    subscriber.child.kill('SIGINT');
    await subscriber.ended;
    assert.deepEqual(ids(), published);
    assert.match(subscriber.stderr, /connected again/);
  });

  test(`subscribe ${by}: what goes wrong has its own status`, async () => {
    assertEnd(await allim(['subscribe', ...wire], { variables: { ALLIM_URL: server.url } }), FAILED, /--user/);
    assertEnd(await allim(['subscribe', ...wire, '--count', '1'], { variables: { ALLIM_URL: server.url, ALLIM_TOKEN: 'wrong' } }), REFUSED, /token/i);
    assertEnd(await allim(['subscribe', ...wire, '--user', 'x', '--after', 'nonsense', '--count', '1']), REFUSED, /cursor/);
  });
}

test('subscribe knows two wires', async () => {
  assertEnd(await allim(['subscribe', '--user', 'x', '--wire', 'poll']), MISUSED, /--wire is sse or websocket/);
});

test('token make and check', async () => {
  const made = await allim(['token', 'make', '--user', 'anna', '--expires', '10m']);
  assertEnd(made, DONE);
  const token = made.stdout.trim();
  const [header, claims, signature] = token.split('.');
  assert.equal(signature, createHmac('sha256', server.secret).update(`${header}.${claims}`).digest('base64url'));
  const { sub, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url'));
  assert.equal(sub, 'anna');
  assert.ok(Math.abs(exp - Date.now() / 1000 - 600) < 60 && iat <= exp - 600);
  const stream = await (await RawStream.open(server, null, { headers: { authorization: `Bearer ${token}` } })).live();
  await stream.close();
  const checked = await allim(['token', 'check', '-'], { input: `${token}\n` });
  assertEnd(checked, DONE);
  assert.match(checked.stdout, /anna/);
  assertEnd(await allim(['token', 'check', `${token}x`]), FAILED, /token/);
  assertEnd(await allim(['token', 'check', server.token('anna', { lifetime: -60 })]), FAILED, /expired|token/);
  assertEnd(await allim(['token', 'make', '--user', '']), MISUSED, /user|subject/);
});

test('token make --publisher gives a key that a node accepts by its hash', async () => {
  const made = await allim(['token', 'make', '--publisher', 'shop']);
  assert.equal(made.code, DONE);
  const key = made.stdout.trim();
  const settings = made.stderr.slice(made.stderr.indexOf('auth:'));
  assert.ok(!settings.includes(key));
  const file = join(makeFolder(), 'allim.yaml');
  writeFileSync(file, settings);
  give(file, 0o600);
  const node = await new Server({ demo: false, args: ['--config', file] }).start();
  const statusWith = async (token) => (await node.call('POST', '/v1/notifications', {
    headers: { authorization: `Bearer ${token}` }, body: { to: { user: 'x' }, type: 't', title: 'x' },
  })).status;
  assert.deepEqual([await statusWith(key), await statusWith(`${key}x`)], [201, 401]);
  await node.stop();
});

test('token make --secret gives a secret that is long enough', async () => {
  const secret = await allim(['token', 'make', '--secret']);
  assertEnd(secret, DONE);
  assert.ok(Buffer.from(secret.stdout.trim(), 'base64url').length >= 32);
});

test('config: the default passes its own check, the reference names every key', async () => {
  const defaults = await allim(['config', 'default'], { variables: {} });
  assertEnd(defaults, DONE);
  const file = join(makeFolder(), 'allim.yaml');
  writeFileSync(file, defaults.stdout);
  give(file, 0o600);
  assertEnd(await allim(['config', 'check', file], { variables: { ALLIM_JWT_SECRET: 's'.repeat(40) } }), DONE);
  assertEnd(await allim(['config', 'check', file], { variables: {} }), FAILED, /no key for users' tokens/);
  const reference = await allim(['config', 'reference'], { variables: {} });
  assertEnd(reference, DONE);
  for (const key of ['http.listen', 'store.location', 'auth.jwt.secret_file', 'ALLIM_API_KEY']) {
    assert.ok(reference.stdout.includes(key), key);
  }
});

test('stats', async () => {
  const text = await allim(['stats']);
  assertEnd(text, DONE);
  const json = await allim(['stats', '--json']);
  assertEnd(json, DONE);
  assert.equal(typeof JSON.parse(json.stdout), 'object');
  assertEnd(await allim(['stats', '--admin', 'http://127.0.0.1:1']), UNREACHABLE, /127\.0\.0\.1:1/);
});
