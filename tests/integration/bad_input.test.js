// Bad input of every kind gets one clear answer and changes nothing: requests, bodies, and what a server is
// started with.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { give, makeFolder, run } from './lib/process.js';
import { Server, assertProblem, freePort, serverFor } from './lib/server.js';
import { exchange, statuses } from './lib/socket.js';

const server = await serverFor(after);
const bearer = `Authorization: Bearer ${server.apiKey}`;
const item = JSON.stringify({ to: { user: 'smuggled' }, type: 't', title: 'x' });
const hidden = 'GET /v1/inbox/count HTTP/1.1\r\nHost: localhost\r\n\r\n';

function request(lines, body = '') {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

const post = (headers, body = item) => request(['POST /v1/notifications HTTP/1.1', 'Host: localhost', bearer, ...headers], body);
const chunked = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const get = (...headers) => request(['GET /v1/inbox/count HTTP/1.1', 'Host: localhost', ...headers]);

describe('requests that two parsers could read differently: one refusal, then the end', () => {
  const length = `Content-Length: ${item.length}`;
  const probes = {
    'Transfer-Encoding with Content-Length': post([length, 'Transfer-Encoding: chunked'], chunked(item) + hidden),
    'Content-Length with Transfer-Encoding': post(['Transfer-Encoding: chunked', 'Content-Length: 5'], chunked(item) + hidden),
    'two Content-Lengths that differ': post([length, 'Content-Length: 5']),
    'two Content-Lengths alike': post([length, length]),
    'a list of Content-Lengths': post([`Content-Length: ${item.length}, ${item.length}`]),
    'a signed Content-Length': post([`Content-Length: +${item.length}`]),
    'a negative Content-Length': post(['Content-Length: -1']),
    'a hexadecimal Content-Length': post(['Content-Length: 0x10']),
    'an overflowing Content-Length': post(['Content-Length: 18446744073709551617']),
    'an empty Content-Length': post(['Content-Length:']),
    'an unknown Transfer-Encoding': post(['Transfer-Encoding: gzip'], chunked(item)),
    'chunked not at the end': post(['Transfer-Encoding: chunked, identity'], chunked(item)),
    'a misspelt chunked': post(['Transfer-Encoding: xchunked'], chunked(item)),
    'chunked twice': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked(item)),
    'a vertical tab before chunked': post(['Transfer-Encoding: \x0bchunked'], chunked(item)),
    'a blank before the colon': post([`Content-Length : ${item.length}`]),
    'a tab before the colon': post(['Transfer-Encoding\t: chunked'], chunked(item)),
    'a folded header': post([`Content-Length: ${item.length}`, 'X-Long: a', ' b']),
    'a header line that begins with a blank': request(['POST /v1/notifications HTTP/1.1', ` ${length}`, 'Host: localhost', bearer], item),
    'a header without a name': post([': value', length]),
    'a header without a colon': post(['NoColon', length]),
    'a NUL in a header': post(['X-Bad: a\0b', length]),
    'a bare CR in a header': post(['X-Bad: a\rb', length]),
    'a bare LF ends a line': Buffer.from(`POST /v1/notifications HTTP/1.1\nHost: localhost\n${bearer}\n${length}\n\n${item}`),
    'a bare LF ends one line': Buffer.from(`POST /v1/notifications HTTP/1.1\r\nHost: localhost\n${bearer}\r\n${length}\r\n\r\n${item}`),
    'a bare CR ends a line': Buffer.from(`GET /v1/inbox/count HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n`),
    'a chunk extension': post(['Transfer-Encoding: chunked'], `${item.length.toString(16)};a=b\r\n${item}\r\n0\r\n\r\n`),
    'a chunk with a bad length': post(['Transfer-Encoding: chunked'], `0x5\r\nabcde\r\n0\r\n\r\n`),
    'a chunk with an overflowing length': post(['Transfer-Encoding: chunked'], `ffffffffffffffffff\r\nabcde\r\n0\r\n\r\n`),
    'a chunk longer than it says': post(['Transfer-Encoding: chunked'], `3\r\nabcde\r\n0\r\n\r\n`),
    'a chunk line that ends in LF': post(['Transfer-Encoding: chunked'], `${item.length.toString(16)}\n${item}\r\n0\r\n\r\n`),
    'no Host': request(['GET /v1/inbox/count HTTP/1.1']),
    'two Hosts': request(['GET /v1/inbox/count HTTP/1.1', 'Host: localhost', 'Host: b']),
    'a bad Host': request(['GET /v1/inbox/count HTTP/1.1', 'Host: a/b@c']),
    'HTTP/1.1 without a version': Buffer.from('GET /v1/inbox/count\r\n\r\n'),
    'a version of the future': request(['GET /v1/inbox/count HTTP/3.0', 'Host: localhost']),
    'HTTP/2 without being asked': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    'an unknown method': request(['BREW /v1/inbox/count HTTP/1.1', 'Host: localhost']),
    'CONNECT': request(['CONNECT example.org:443 HTTP/1.1', 'Host: localhost']),
    'a target without a slash': request(['GET v1/inbox HTTP/1.1', 'Host: localhost']),
    'a blank in the target': request(['GET /v1/inbox /count HTTP/1.1', 'Host: localhost']),
    'a TLS hello': Buffer.from('160301020001000100', 'hex'),
    'noise': Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7919) % 256)),
    'an unknown expectation': post(['Expect: tea', length]),
    'a target that is too long': request([`GET /${'a'.repeat(9000)} HTTP/1.1`, 'Host: localhost']),
    'a head that is too large': get(`X-Large: ${'a'.repeat(17000)}`),
    'too many headers': get(...Array.from({ length: 100 }, (_, index) => `X-${index}: a`)),
  };
  for (const [name, bytes] of Object.entries(probes)) {
    test(name, async () => {
      const { text, closed } = await exchange(server.port, bytes);
      const [status, ...more] = statuses(text);
      assert.ok(status >= 400 && status < 600 && status !== 401, `status ${status} in ${text}`);
      assert.deepEqual(more, [], 'no second answer');
      assert.match(text, /application\/problem\+json/i);
      assert.equal(closed, true, 'the connection ends');
      assert.equal((await server.list('smuggled')).unread, 0, 'nothing was published');
    });
  }
});

test('well-formed requests in unusual forms are fine', async () => {
  const user = `Authorization: Bearer ${server.token('unusual')}`;
  const pipelined = Buffer.concat([get(user), get(user), get(user, 'Connection: close')]);
  assert.deepEqual(statuses((await exchange(server.port, pipelined)).text), [200, 200, 200]);
  const absolute = request([`GET http://127.0.0.1:${server.port}/v1/inbox/count HTTP/1.1`, 'Host: localhost', user, 'Connection: close']);
  assert.deepEqual(statuses((await exchange(server.port, absolute)).text), [200]);
  const own = JSON.stringify({ to: { user: 'unusual' }, type: 't', title: 'x' });
  const inChunks = [...own].map((character) => `1\r\n${character}\r\n`).join('');
  const chunks = post(['Transfer-Encoding: chunked', 'Connection: close'], `${inChunks}0\r\nTrailer: a\r\n\r\n`);
  assert.deepEqual(statuses((await exchange(server.port, chunks)).text), [201]);
  const expecting = post(['Expect: 100-continue', `Content-Length: ${own.length}`, 'Connection: close'], own);
  assert.equal(statuses((await exchange(server.port, expecting)).text).at(-1), 201);
  assert.deepEqual(statuses((await exchange(server.port, Buffer.concat([Buffer.from('\r\n'), get(user, 'Connection: close')]))).text), [200]);
  assert.equal((await server.list('unusual')).unread, 2);
});

test('requests sent in one go are answered one by one, in order', async () => {
  const user = 'in-one-go';
  const own = JSON.stringify({ to: { user }, type: 't', title: 'x' });
  const parts = [];
  for (let count = 0; count < 20; count++) {
    parts.push(post([`Content-Length: ${own.length}`], own), request(['GET /nothing HTTP/1.1', 'Host: localhost']),
      get(`Authorization: Bearer ${server.token(user)}`));
  }
  parts.push(get('Connection: close'));
  const { text } = await exchange(server.port, Buffer.concat(parts), { quiet: 5000 });
  const expected = Array.from({ length: 20 }, () => [201, 404, 200]).flat();
  assert.deepEqual(statuses(text), [...expected, 401]);
  const counts = [...text.matchAll(/"unread":(\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(counts, Array.from({ length: 20 }, (_, index) => index + 1));
});

test('a request that never ends is ended', async () => {
  const slow = await new Server({ variables: { ALLIM_HTTP_HEADER_TIMEOUT: '500ms', ALLIM_HTTP_BODY_TIMEOUT: '500ms' } }).start();
  try {
    for (const bytes of ['GET /v1/inbox HTTP/1.1\r\nHost: localhost\r\n', 'POST /api/user/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{']) {
      const { closed } = await exchange(slow.port, Buffer.from(bytes), { quiet: 30000 });
      assert.equal(closed, true);
    }
  } finally {
    await slow.stop();
  }
});

describe('bodies', () => {
  const send = (body, headers = {}) => server.call('POST', '/v1/notifications', { as: 'publisher', body, headers });
  const bodies = {
    'not JSON': '{"to":', 'empty': '', 'two values': '{}{}', 'a trailing comma': '{"a":1,}', 'NaN': '{"data":NaN}',
    'a lone surrogate': '{"title":"\\ud800"}', 'an unknown escape': '"\\x41"', 'single quotes': "{'a':1}",
    'too deep': '['.repeat(100000) + ']'.repeat(100000), 'deep objects': '{"a":'.repeat(5000) + '1' + '}'.repeat(5000),
    'a key twice': '{"to":{"user":"a"},"to":{"user":"b"},"type":"t","title":"x"}',
    'a number out of range': '{"data":1e999}', 'an integer out of range': '{"data":99999999999999999999}',
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(name, async () => assertProblem(await send(body), 400, 'invalid_json'));
  }

  test('not UTF-8', async () => {
    const bad = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
    for (const bytes of [bad, Buffer.from('22c0af22', 'hex'), Buffer.from('22eda08022', 'hex'), Buffer.from('22f490808022', 'hex')]) {
      const { text } = await exchange(server.port, Buffer.concat([post([`Content-Length: ${bytes.length}`, 'Connection: close'], ''), bytes]));
      assert.deepEqual(statuses(text), [400], text);
      assert.match(text, /"code":"invalid_json"/);
    }
  });

  test('too large: refused by its length, and by what comes', async () => {
    const large = await exchange(server.port, post([`Content-Length: ${5 << 20}`], ' '.repeat(5 << 20)));
    assert.deepEqual(statuses(large.text), [413]);
    assert.match(large.text, /"code":"body_too_large"/);
    const declared = await exchange(server.port, post(['Content-Length: 99999999999'], ''));
    assert.deepEqual(statuses(declared.text), [413]);
    const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
    const streamed = await exchange(server.port, post(['Transfer-Encoding: chunked'], chunk.repeat(5)));
    assert.deepEqual(statuses(streamed.text).slice(0, 1), [413]);
  });

  test('too large for who is no publisher', async () => {
    const head = (length) => Buffer.from(`POST /v1/inbox/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
      + `Authorization: ${server.authorization('small').authorization}\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`);
    const { text } = await exchange(server.port, head(65537));
    assert.deepEqual(statuses(text), [413]);
    const body = Buffer.from('{"ids":[]}'.padEnd(65536));
    const small = await exchange(server.port, Buffer.concat([head(65536), body]));
    assert.deepEqual(statuses(small.text), [100, 400]);
  });

  test('more than a minute allows, and one that is too many', async () => {
    const strict = await new Server({ variables: { ALLIM_LIMITS_PUBLISH_PER_MINUTE: '2', ALLIM_LIMITS_REQUESTS_PER_MINUTE: '3' } }).start();
    const three = [1, 2, 3].map((n) => ({ to: { user: 'u' }, type: 't', title: `${n}` }));
    const never = await strict.call('POST', '/v1/notifications', { body: three, as: 'publisher' });
    assertProblem(never, 422);
    const { ticket } = (await strict.call('POST', '/v1/inbox/ticket', { as: 'ticket' })).body;
    const codes = [];
    for (let count = 0; count < 4; count++) {
      const { status } = await strict.call('GET', `/v1/inbox/stream?ticket=${ticket}&after=nothing`, { as: null });
      codes.push(status);
    }
    assert.deepEqual(codes, [400, 400, 200, 200]); // a stream that is refused is told to come later
    await strict.stop();
  });

  test('not JSON by its own word', async () => {
    const answer = await send(item, { 'content-type': 'text/csv' });
    assertProblem(answer, 415);
  });
});

describe('notifications that cannot be', () => {
  const good = { to: { user: 'bad-items' }, type: 't', title: 'x' };
  const bad = {
    'no recipient': { to: undefined }, 'an empty recipient': { to: {} }, 'nobody': { to: { users: [] } },
    'two kinds of recipient': { to: { user: 'a', users: ['b'] } }, 'everyone: false': { to: { everyone: false } },
    'a number as user': { to: { user: 17 } }, 'an empty name': { to: { user: '' } }, 'a long name': { to: { user: 'a'.repeat(256) } },
    'a control character in a name': { to: { user: 'a\nb' } }, 'an unknown member of to': { to: { user: 'a', role: 'b' } },
    'a topic that is none': { to: { topic: 'a/b' } },
    'a topic and a user': { to: { topic: 'a', user: 'b' } },
    'no type': { type: undefined }, 'a long type': { type: 'a'.repeat(65) }, 'a control character in the type': { type: 'a\u0007' },
    'an empty title': { title: '' }, 'a long title': { title: 'x'.repeat(501) }, 'a title that is no text': { title: ['x'] },
    'a long body': { body: 'x'.repeat(10001) }, 'a long link': { link: 'x'.repeat(2001) }, 'large data': { data: 'x'.repeat(70000) },
    'a wrong priority': { priority: 'High' }, 'expired': { expires_at: '2020-01-01T00:00:00Z' },
    'no time': { expires_at: 'tomorrow' }, 'an impossible day': { expires_at: '2999-02-30T00:00:00Z' }, 'an unknown member': { tilte: 'x' },
  };
  for (const [name, change] of Object.entries(bad)) {
    test(name, async () => {
      const answer = await server.call('POST', '/v1/notifications', { as: 'publisher', body: { ...good, ...change } });
      assertProblem(answer, 422, 'invalid_notification');
      assert.equal((await server.list('bad-items')).unread, 0);
    });
  }
});

describe('what a server cannot start with: one line, a status, nothing touched', () => {
  async function refuse(args, complaint, { variables = {}, code } = {}) {
    const ports = ['--listen', `127.0.0.1:${await freePort()}`, '--admin-listen', `127.0.0.1:${await freePort()}`];
    const has = (flag) => args.some((argument) => argument === flag);
    const rest = [...(has('--listen') ? [] : ports.slice(0, 2)), ...(has('--admin-listen') ? [] : ports.slice(2)),
      ...(has('--data') ? [] : ['--data', join(makeFolder(), 'data')])];
    const result = await run(['serve', ...(has('--demo') ? [] : ['--demo']), ...args, ...rest], { variables });
    assert.equal(result.signal, null, result.stderr);
    assert.notEqual(result.code, 0, result.stderr);
    if (code) assert.equal(result.code, code, result.stderr);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, /^[^\n]+\n$/, 'one line');
    assert.match(result.stderr, complaint);
  }

  function settingsFile(text, mode = 0o600) {
    const file = join(makeFolder(), 'allim.yaml');
    writeFileSync(file, text);
    give(file, mode);
    return file;
  }

  // What was there before: the lock that shows who uses a folder does not count.
  const snapshot = (folder) => readdirSync(folder).filter((name) => name !== 'allim.lock').sort().map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);

  async function usedFolder() {
    const used = await new Server().start();
    await used.publish('kept');
    await used.stop();
    return used.data;
  }

  const settings = {
    'an unknown key': ['http:\n  lisen: 127.0.0.1:1\n', /allim\.yaml:2:3: .*http\.lisen.*http\.listen/],
    'an unknown group': ['htpp:\n  listen: 127.0.0.1:1\n', /allim\.yaml:1:1: .*htpp.*http/],
    'a wrong type': ['http:\n  workers: many\n', /allim\.yaml:2:12: .*http\.workers|allim\.yaml:2:12: .*many/],
    'out of range': ['http:\n  workers: 257\n', /allim\.yaml:2:12: .*256/],
    'a bad duration': ['stream:\n  heartbeat: 15\n  retry_minimum: soon\n', /allim\.yaml:[23]:\d+: /],
    'a key twice': ['http:\n  workers: 1\n  workers: 2\n', /allim\.yaml:3:3: .*workers/],
    'a list where a text belongs': ['http:\n  listen: [a]\n', /allim\.yaml:2:11: /],
    'no mapping': ['- a\n- b\n', /allim\.yaml:1:1: /],
    'not YAML': ['http: {\n', /allim\.yaml:\d+:\d+: /],
    'an alias': ['http: &a\n  workers: 1\nadmin: *a\n', /allim\.yaml:\d+:\d+: /],
    'not UTF-8': [Buffer.from('http:\n  listen: "\xff"\n', 'latin1'), /allim\.yaml/],
    'a secret in the file': ['auth:\n  jwt:\n    secret: short\n', /allim\.yaml:3:5: .*ALLIM_JWT_SECRET/],
  };
  for (const [name, [text, complaint]] of Object.entries(settings)) {
    test(`settings: ${name}`, async () => {
      const file = settingsFile(text);
      await refuse(['--config', file], complaint);
      const checked = await run(['config', 'check', file]);
      assert.equal(checked.code, 1, checked.stderr);
      assert.match(checked.stderr, complaint);
    });
  }

  test('settings: a file that is not there', () => refuse(['--config', '/nowhere/allim.yaml'], /\/nowhere\/allim\.yaml/));
  test('settings: a variable', () => refuse([], /ALLIM_HTTP_WORKERS.*many/, { variables: { ALLIM_HTTP_WORKERS: 'many' } }));
  test('settings: an unknown variable', () => refuse([], /ALLIM_HTTP_WORKER\b.*ALLIM_HTTP_WORKERS/, { variables: { ALLIM_HTTP_WORKER: '1' } }));
  test('settings: an unknown flag', () => refuse(['--lisen', 'x'], /--lisen.*--listen/, { code: 2 }));
  test('settings: a flag out of range', () => refuse(['--http-workers', '9999'], /256/, { code: 2 }));
  test('settings: a secret that others may read, or that is too short', async () => {
    const secret = join(makeFolder(), 'secret');
    const withSecret = (text, mode) => {
      writeFileSync(secret, text);
      give(secret, mode);
      return settingsFile(`auth:\n  jwt:\n    secret_file: ${secret}\n`);
    };
    await refuse(['--config', withSecret('s'.repeat(40), 0o644)], /chmod 600/);
    await refuse(['--config', withSecret('short', 0o600)], /32/);
    await refuse([], /32/, { variables: { ALLIM_JWT_SECRET: 'short' } });
  });

  test('--demo beyond loopback', async () => refuse(['--demo', '--listen', `0.0.0.0:${await freePort()}`], /loopback/));

  test('plain text beyond loopback', async () => {
    const result = await run(['serve', '--listen', `0.0.0.0:${await freePort()}`, '--admin-listen', `127.0.0.1:${await freePort()}`,
      '--data', join(makeFolder(), 'data')], { variables: { ALLIM_JWT_SECRET: 's'.repeat(40) } });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /^[^\n]*insecure_plain_text[^\n]*\n$/);
  });

  for (const flag of ['--listen', '--admin-listen']) {
    test(`a port in use: ${flag}`, async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await new Promise((done) => { other.once('listening', done); });
      try {
        await refuse([flag, `127.0.0.1:${other.address().port}`], new RegExp(`${other.address().port}.*use`, 'i'));
      } finally {
        other.close();
      }
    });
  }

  test('a read-only folder', async () => {
    const folder = makeFolder();
    give(folder, 0o500);
    await refuse(['--data', folder], new RegExp(folder));
    assert.deepEqual(readdirSync(folder), []);
  });

  test('a folder inside of a read-only one, and a file instead of a folder', async () => {
    const folder = makeFolder();
    give(folder, 0o500);
    await refuse(['--data', join(folder, 'data')], new RegExp(folder));
    const file = settingsFile('http:\n');
    await refuse(['--data', file], /folder/);
    assert.equal(readFileSync(file, 'utf8'), 'http:\n');
  });

  test('a database in use by another node', async () => {
    const first = await new Server().start();
    try {
      await refuse(['--data', first.data], /use|another|running/i);
      await first.publish('still-works');
    } finally {
      await first.stop();
    }
  });

  test('a pipe instead of the database', async () => {
    const folder = makeFolder();
    assert.equal(spawnSync('mkfifo', [join(folder, 'allim.db')]).status, 0);
    give(join(folder, 'allim.db'), 0o600);
    await refuse(['--data', folder], /allim\.db/);
  });

  test('a database that is deleted while it runs is noticed', async () => {
    const node = await new Server().start();
    try {
      assert.equal((await node.call('GET', '/health/ready', { admin: true })).status, 200);
      rmSync(join(node.data, 'allim.db'));
      assert.equal((await node.call('GET', '/health/ready', { admin: true })).status, 500);
      assert.match(node.log, /moved or deleted/);
    } finally {
      await node.stop();
    }
  });

  test('a database of a newer version', async () => {
    const folder = await usedFolder();
    const script = 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("PRAGMA user_version=9999"); d.commit(); d.close()';
    assert.equal(spawnSync('python3', ['-c', script, join(folder, 'allim.db')]).status, 0);
    for (const name of readdirSync(folder)) give(join(folder, name));
    const before = snapshot(folder);
    await refuse(['--data', folder], /9999|newer/);
    assert.deepEqual(snapshot(folder), before);
  });

  test('a database of another program', async () => {
    const folder = makeFolder();
    const script = 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("CREATE TABLE a (b)"); d.commit(); d.close()';
    assert.equal(spawnSync('python3', ['-c', script, join(folder, 'allim.db')]).status, 0);
    give(join(folder, 'allim.db'));
    const before = snapshot(folder);
    await refuse(['--data', folder], /allim\.db/);
    assert.deepEqual(snapshot(folder), before);
  });

  test('a file that is no database', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'allim.db'), 'Dear diary,\n'.repeat(1000));
    give(join(folder, 'allim.db'), 0o600);
    const before = snapshot(folder);
    await refuse(['--data', folder], /allim\.db/);
    assert.deepEqual(snapshot(folder), before);
  });

  test('a truncated database', async () => {
    const folder = await usedFolder();
    const file = join(folder, 'allim.db');
    const script = 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("PRAGMA wal_checkpoint(TRUNCATE)"); d.close()';
    assert.equal(spawnSync('python3', ['-c', script, file]).status, 0);
    truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096 + 100);
    for (const name of readdirSync(folder)) give(join(folder, name));
    const before = snapshot(folder);
    await refuse(['--data', folder], /allim\.db/);
    assert.deepEqual(snapshot(folder), before);
  });

  test('a folder where the database belongs', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'allim.db'));
    give(join(folder, 'allim.db'));
    await refuse(['--data', folder], /allim\.db/);
  });
});
