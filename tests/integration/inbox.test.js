// Receiving by poll: the list and its pages, ETag and 304, changes after a cursor, long polls, counts,
// and what a user does to notifications.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertProblem, serverFor } from './lib/server.js';
import { exchange } from './lib/socket.js';
import { sign } from './lib/token.js';
import { PATIENCE_MS, sleep } from './lib/wait.js';

const server = await serverFor(after);
const get = (user, path, headers) => server.call('GET', path, { as: user, headers });
const ids = ({ notifications }) => notifications.map(({ id }) => id);

async function publishSome(user, count) {
  const items = Array.from({ length: count }, (_, index) => ({ to: { user }, type: 't', title: `${index}` }));
  const answer = await server.call('POST', '/v1/notifications', { as: 'publisher', body: items });
  return answer.body.results.map(({ id }) => id);
}

test('an empty inbox is a list too', async () => {
  const answer = await get('empty', '/v1/inbox');
  assert.equal(answer.status, 200);
  const { cursor, ...rest } = answer.body;
  assert.deepEqual(rest, { notifications: [], unread: 0, more: false });
  assert.match(cursor, /^[0-9a-f]{16}\.\d+\.\d+$/);
  assert.equal(answer.headers.get('etag'), `"${cursor}"`);
});

test('pages go down without a gap or a repeat while new ones come', async () => {
  const published = await publishSome('pages', 45);
  const first = await server.list('pages', '?limit=20');
  await server.publish('pages');
  const second = await server.list('pages', `?limit=20&before=${first.notifications.at(-1).id}`);
  const third = await server.list('pages', `?limit=20&before=${second.notifications.at(-1).id}`);
  assert.deepEqual([first.more, second.more, third.more], [true, true, false]);
  assert.deepEqual([...ids(first), ...ids(second), ...ids(third)], published.reverse());
  assert.equal((await server.list('pages')).notifications.length, 20);
});

test('broadcasts stand among the others in order', async () => {
  const a = await server.publish('mixed');
  const b = await server.publish({ everyone: true });
  const c = await server.publish('mixed');
  assert.deepEqual(ids(await server.list('mixed', '?limit=3')), [c, b, a]);
  assert.deepEqual(ids(await server.list('mixed', `?limit=1&before=${c}`)), [b]);
  await server.call('DELETE', `/v1/notifications/${b}`, { as: 'publisher' });
});

test('filters', async () => {
  const [unread, read, archived] = await publishSome('filters', 3);
  await server.mark('filters', 'read', { ids: [read] });
  await server.mark('filters', 'archive', { ids: [archived] });
  const filtered = async (query) => ids(await server.list('filters', query));
  assert.deepEqual(await filtered(''), [read, unread]);
  assert.deepEqual(await filtered('?filter=inbox'), [read, unread]);
  assert.deepEqual(await filtered('?filter=unread'), [unread]);
  assert.deepEqual(await filtered('?unread=1'), [unread]);
  assert.deepEqual(await filtered('?filter=archived'), [archived]);
  assert.deepEqual(await filtered('?filter=all'), [archived, read, unread]);
  assertProblem(await get('filters', '/v1/inbox?filter=some'), 400);
});

test('bad numbers in the query are named', async () => {
  const { cursor } = await server.list('empty');
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=-1', 'limit=99999999999999999999',
    'before=x', 'before=-1', 'wait=86401', 'wait=-1', 'wait=x']) {
    const after = query.startsWith('wait') ? `after=${cursor}&` : '';
    const answer = await get('empty', `/v1/inbox?${after}${query}`);
    assert.equal(answer.status, 400, `${answer.status} for ${query}`);
    assertProblem(answer, 400, 'invalid_parameter');
    assert.match(answer.body.detail, new RegExp(query.split('=')[0]));
  }
});

test('an unknown parameter in the query is named', async () => {
  const routes = [['GET', '/v1/inbox'], ['GET', '/v1/inbox/count'], ['GET', '/v1/inbox/stream'],
    ['POST', '/v1/inbox/seen'], ['POST', '/v1/inbox/read'], ['POST', '/v1/inbox/archive'],
    ['POST', '/v1/inbox/ticket'], ['GET', '/api/notification/list'], ['POST', '/v1/notifications'],
    ['PATCH', '/v1/notifications/1'], ['DELETE', '/v1/notifications/1']];
  for (const [method, path] of routes) {
    const as = path.startsWith('/v1/notifications') ? 'publisher' : 'empty';
    const answer = await server.call(method, `${path}?colour=red`, { as });
    assertProblem(answer, 400, 'invalid_parameter');
    assert.match(answer.body.detail, /colour/, `${method} ${path}`);
  }
});

test('the ETag answers 304 until something changes', async () => {
  await server.publish('etag');
  for (const path of ['/v1/inbox', '/v1/inbox/count', '/api/notification/list']) {
    const first = await get('etag', path);
    const tag = first.headers.get('etag');
    assert.equal(tag, `"${first.body.cursor}"`);
    for (const condition of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
      const second = await get('etag', path, { 'if-none-match': condition });
      assert.equal(second.status, 304, `${path} with ${condition}`);
      assert.equal(second.headers.get('etag'), tag);
      assert.equal(second.body, '');
    }
    await server.publish('etag');
    const third = await get('etag', path, { 'if-none-match': tag });
    assert.equal(third.status, 200);
    assert.notEqual(third.headers.get('etag'), tag);
  }
});

test('after= gives what changed, in order, and nothing twice', async () => {
  const { cursor } = await server.list('after');
  const [a, b] = await publishSome('after', 2);
  const first = await server.list('after', `?after=${cursor}`);
  assert.deepEqual(ids(first), [a, b]);
  assert.deepEqual([first.unread, first.more, first.reset, first.marked], [2, false, false, []]);
  await server.mark('after', 'read', { ids: [a] });
  const second = await server.list('after', `?after=${first.cursor}`);
  assert.deepEqual(ids(second), [a]);
  assert.ok(second.notifications[0].read_at);
  assert.equal(second.unread, 1);
  const third = await server.list('after', `?after=${second.cursor}`);
  assert.deepEqual([ids(third), third.cursor], [[], second.cursor]);
});

test('after= goes on where a limit cut it short', async () => {
  const { cursor } = await server.list('cut');
  const published = await publishSome('cut', 30);
  const got = [];
  let answer = { cursor, more: true };
  while (answer.more) {
    answer = await server.list('cut', `?after=${answer.cursor}&limit=7`);
    assert.ok(answer.notifications.length <= 7);
    got.push(...ids(answer));
  }
  assert.deepEqual(got, published);
});

test('after= tells of marking everything in one piece', async () => {
  await publishSome('bulk', 5);
  const { cursor } = await server.list('bulk');
  await server.mark('bulk', 'read', { all: true });
  const answer = await server.list('bulk', `?after=${cursor}`);
  assert.equal(answer.marked.length, 1);
  assert.equal(answer.marked[0].all, 'read');
  assert.equal(answer.marked[0].seq, 6);
  assert.equal(answer.unread, 0);
});

test('after= tells of a withdrawal', async () => {
  const id = await server.publish('gone');
  const { cursor } = await server.list('gone');
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  const answer = await server.list('gone', `?after=${cursor}`);
  assert.deepEqual(ids(answer), [id]);
  assert.ok(answer.notifications[0].withdrawn_at);
  assert.equal(answer.unread, 0);
});

test('a poll without news is 304 for its own cursor', async () => {
  const { cursor } = await server.list('idle');
  const answer = await get('idle', `/v1/inbox?after=${cursor}`, { 'if-none-match': `"${cursor}"` });
  assert.equal(answer.status, 304);
});

test('a long poll answers when something comes', async () => {
  const { cursor } = await server.list('long');
  const poll = server.list('long', `?after=${cursor}&wait=60`);
  let answered = false;
  poll.then(() => { answered = true; });
  await sleep(300);
  assert.equal(answered, false);
  const id = await server.publish('long');
  assert.deepEqual(ids(await poll), [id]);
});

test('a long poll hears a broadcast and a mark', async () => {
  let { cursor } = await server.list('long-2');
  let poll = server.list('long-2', `?after=${cursor}&wait=60`);
  await sleep(200);
  const id = await server.publish({ everyone: true });
  const heard = await poll;
  assert.deepEqual(ids(heard), [id]);
  cursor = heard.cursor;
  poll = server.list('long-2', `?after=${cursor}&wait=60`);
  await sleep(200);
  await server.mark('long-2', 'read', { ids: [id] });
  assert.equal((await poll).notifications[0].id, id);
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
});

test('a long poll ends empty when its time is out', async () => {
  const { cursor } = await server.list('patient');
  const begin = Date.now();
  const answer = await server.list('patient', `?after=${cursor}&wait=1`);
  assert.deepEqual(ids(answer), []);
  assert.ok(Date.now() - begin >= 900 && Date.now() - begin < PATIENCE_MS);
  const unchanged = await get('patient', `/v1/inbox?after=${cursor}&wait=1`, { 'if-none-match': `"${cursor}"` });
  assert.equal(unchanged.status, 304);
});

test('seen, read and archived keep their first times', async () => {
  const id = await server.publish('states');
  const row = async () => (await server.list('states', '?filter=all')).notifications[0];
  assert.deepEqual((await server.mark('states', 'seen', { ids: [id] })).unread, 1);
  const seen = await row();
  assert.ok(seen.seen_at && !seen.read_at && !seen.archived_at);
  assert.deepEqual((await server.mark('states', 'read', { ids: [id] })).unread, 0);
  const read = await row();
  assert.ok(read.read_at);
  assert.equal(read.seen_at, seen.seen_at);
  const again = await server.mark('states', 'read', { ids: [id] });
  assert.equal(again.marked, 0);
  assert.deepEqual(await row(), read);
  assert.equal((await server.mark('states', 'archive', { ids: [id] })).marked, 1);
  assert.ok((await row()).archived_at);
  assert.deepEqual(ids(await server.list('states')), []);
});

test('archiving counts as reading for the badge', async () => {
  const [a] = await publishSome('badge', 2);
  assert.equal((await server.mark('badge', 'archive', { ids: [a] })).unread, 1);
  assert.equal((await get('badge', '/v1/inbox/count')).body.unread, 1);
});

test('mark all reaches broadcasts, not what comes later', async () => {
  const broadcast = await server.publish({ everyone: true });
  await publishSome('everything', 3);
  const answer = await server.mark('everything', 'read', { all: true });
  assert.equal(answer.unread, 0);
  const list = await server.list('everything', '?limit=4');
  assert.ok(list.notifications.every(({ read_at: at }) => at));
  await server.publish('everything');
  assert.equal((await server.list('everything')).unread, 1);
  assert.ok((await server.list('someone-else')).notifications.some(({ id, read_at: at }) => id === broadcast && !at));
  await server.call('DELETE', `/v1/notifications/${broadcast}`, { as: 'publisher' });
});

test('a mark of what is not there changes nothing', async () => {
  const [mine] = await publishSome('mine', 1);
  const [theirs] = await publishSome('theirs', 1);
  for (const wrong of [theirs, 999999999]) {
    assertProblem(await server.call('POST', '/v1/inbox/read', { as: 'mine', body: { ids: [mine, wrong] } }), 404, 'not_found');
  }
  assert.equal((await server.list('mine')).unread, 1);
  assert.equal((await server.list('theirs')).unread, 1);
});

test('a mark must say what', async () => {
  for (const body of ['{}', '[]', '{"ids":[]}', '{"ids":"1"}', '{"ids":[1.5]}', '{"ids":[1],"all":true}',
    '{"all":false}', '{"all":1}', '{"ids":[1],"other":1}', '{', '']) {
    const answer = await server.call('POST', '/v1/inbox/read', { as: 'mine', body });
    assert.ok([400, 422].includes(answer.status), `${answer.status} for ${body}`);
    assertProblem(answer, answer.status);
  }
});

test('cursors: malformed is refused, void is told', async () => {
  await server.publish('cursors');
  const { cursor } = await server.list('cursors');
  const [epoch, seq, broadcasts] = cursor.split('.');
  for (const bad of ['x', '1.2', `${epoch}.1`, `${epoch}.-1.0`, `${epoch}.01.0`, `${epoch}.1.0.0`, `${epoch.slice(1)}.1.0`,
    `${epoch.toUpperCase()}x.1.0`, `${epoch}.99999999999999999999.0`, 'x%20']) {
    assertProblem(await get('cursors', `/v1/inbox?after=${bad}`), 400, 'invalid_cursor');
  }
  const otherEpoch = epoch === '0000000000000001' ? '0000000000000002' : '0000000000000001';
  for (const gone of [`${otherEpoch}.${seq}.${broadcasts}`, `${epoch}.${Number(seq) + 1}.${broadcasts}`,
    `${epoch}.${seq}.${Number(broadcasts) + 1}`]) {
    const answer = await server.list('cursors', `?after=${gone}`);
    assert.deepEqual([answer.reset, answer.notifications, answer.cursor], [true, [], cursor]);
  }
});

test('a user is known by Bearer and by cookie, and by nothing else', async () => {
  await server.publish('who');
  const token = server.token('who');
  const count = async (headers) => (await server.call('GET', '/v1/inbox/count', { headers })).status;
  assert.equal(await count({ authorization: `Bearer ${token}` }), 200);
  assert.equal(await count({ cookie: `a=b; allim_token=${token}; c=d` }), 200);
  assert.equal(await count({ cookie: `xallim_token=${token}` }), 401);
  assert.equal(await count({}), 401);
  assertProblem(await server.call('GET', '/v1/inbox/count'), 401);
  assert.equal((await server.call('GET', `/v1/inbox?ticket=${token}`)).status, 401);
});

test('each kind of bad token gets the same 401', async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = { alg: 'HS256', typ: 'JWT' };
  const claims = { sub: 'who', exp: now + 60 };
  const bad = {
    'another secret': sign(good, claims, 'x'.repeat(32)),
    'no algorithm': sign({ alg: 'none' }, claims, server.secret).replace(/[^.]*$/, ''),
    'another algorithm': sign({ alg: 'HS512' }, claims, server.secret),
    'expired': sign(good, { ...claims, exp: now - 60 }, server.secret),
    'without expiry': sign(good, { sub: 'who' }, server.secret),
    'not yet valid': sign(good, { ...claims, nbf: now + 60 }, server.secret),
    'without a subject': sign(good, { exp: now + 60 }, server.secret),
    'a number as subject': sign(good, { ...claims, sub: 17 }, server.secret),
    'an empty subject': sign(good, { ...claims, sub: '' }, server.secret),
    'critical extensions': sign({ ...good, crit: ['b64'] }, claims, server.secret),
    'no JSON': sign('{', claims, server.secret),
    'cut short': server.token('who').slice(0, -1),
    'too many parts': `${server.token('who')}.x`,
    'the key of a publisher': server.apiKey,
  };
  let first;
  for (const [name, token] of Object.entries(bad)) {
    const answer = await server.call('GET', '/v1/inbox', { headers: { authorization: `Bearer ${token}` } });
    first ??= answer.body;
    assert.equal(answer.status, 401, name);
    assert.deepEqual(answer.body, first, name);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/, name);
  }
});

test('HEAD, OPTIONS and 405', async () => {
  const head = await server.call('HEAD', '/v1/inbox', { as: 'who' });
  const full = await get('who', '/v1/inbox');
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal(head.headers.get('etag'), full.headers.get('etag'));
  const options = await server.call('OPTIONS', '/v1/inbox');
  assert.equal(options.status, 204);
  assert.match(options.headers.get('allow'), /GET/);
  const all = Buffer.from('OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.match((await exchange(server.port, all)).text, /^HTTP\/1\.1 204 [^]*\r\nAllow: OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE\r\n/);
  assert.match((await exchange(server.adminPort, all)).text, /^HTTP\/1\.1 204 [^]*\r\nAllow: OPTIONS, GET, HEAD, POST, DELETE\r\n/);
  const wrong = await server.call('DELETE', '/v1/inbox', { as: 'who' });
  assertProblem(wrong, 405);
  assert.match(wrong.headers.get('allow'), /GET/);
  assertProblem(await get('who', '/v1/inboxes'), 404, 'not_found');
});
