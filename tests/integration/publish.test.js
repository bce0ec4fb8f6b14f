// Publishing: whom it reaches, what is answered, what a repeated request does, correcting and withdrawing.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Server, assertProblem, serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';

const server = await serverFor(after);
const post = (body, headers, as = 'publisher') => server.call('POST', '/v1/notifications', { as, body, headers });
const titles = async (user) => (await server.list(user)).notifications.map(({ title }) => title);

test('one user gets all that was said, and nobody else does', async () => {
  const expires = new Date(Date.now() + 3600e3).toISOString();
  const answer = await post({
    to: { user: 'one' }, type: 'comment', title: 'A title', body: 'Zwei\nZeilen, 한국어, 🦊', priority: 'high',
    link: '/orders/17', data: { nested: [1, 2.5, null, true, { 'ключ': '"\\' }], big: 9007199254740991 },
    expires_at: expires,
  });
  assert.equal(answer.status, 201);
  assert.ok(Number.isInteger(answer.body.id));
  assert.deepEqual(answer.body.notifications, [{ id: answer.body.id, user: 'one' }]);

  const { notifications, unread } = await server.list('one');
  assert.equal(unread, 1);
  assert.deepEqual(notifications, [{
    id: answer.body.id, seq: 1, everyone: false, type: 'comment', title: 'A title', body: 'Zwei\nZeilen, 한국어, 🦊',
    link: '/orders/17', priority: 'high',
    data: { nested: [1, 2.5, null, true, { 'ключ': '"\\' }], big: 9007199254740991 },
    created_at: answer.body.created_at, expires_at: expires,
    seen_at: null, read_at: null, archived_at: null, withdrawn_at: null,
  }]);
  assert.deepEqual(await titles('nobody'), []);
});

test('what is not said has its default', async () => {
  const id = await server.publish('defaults', { type: 't', title: 'x' });
  const [row] = (await server.list('defaults')).notifications;
  assert.equal(row.id, id);
  assert.deepEqual([row.body, row.link, row.priority, row.data, row.expires_at], ['', '', 'normal', null, null]);
  assert.match(row.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('several users each get one of their own', async () => {
  const answer = await post({ to: { users: ['u1', 'u2', 'u3'] }, type: 't', title: 'To three' });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body.notifications.map(({ user }) => user), ['u1', 'u2', 'u3']);
  assert.equal(new Set(answer.body.notifications.map(({ id }) => id)).size, 3);
  for (const { id, user } of answer.body.notifications) {
    assert.deepEqual((await server.list(user)).notifications.map((row) => row.id), [id]);
  }
});

test('a thousand users are reached, one more is refused', async () => {
  const users = Array.from({ length: 1001 }, (_, index) => `crowd-${index}`);
  assertProblem(await post({ to: { users }, type: 't', title: 'x' }), 422, 'invalid_notification');
  const answer = await post({ to: { users: users.slice(1) }, type: 't', title: 'x' });
  assert.equal(answer.status, 201);
  assert.equal(answer.body.notifications.length, 1000);
  assert.equal((await server.list('crowd-1000')).unread, 1);
  assert.equal((await server.list('crowd-0')).unread, 0);
});

test('everyone gets a broadcast, users of later too', async () => {
  const answer = await post({ to: { everyone: true }, type: 'system', title: 'To all' });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body.notifications, [{ id: answer.body.id, everyone: true }]);
  for (const user of ['u1', 'never-seen-before']) {
    const row = (await server.list(user)).notifications[0];
    assert.deepEqual([row.id, row.everyone, row.title], [answer.body.id, true, 'To all']);
  }
  assert.equal((await server.call('DELETE', `/v1/notifications/${answer.body.id}`, { as: 'publisher' })).status, 204);
  assert.deepEqual(await titles('never-seen-before'), []);
});

test('an array answers each item, and its faults spare the others', async () => {
  const answer = await post([
    { to: { user: 'batch' }, type: 't', title: 'first' },
    { to: { user: 'batch' }, type: 't' },
    { to: { user: 'batch' }, type: 't', title: 'third' },
    { to: { user: '' }, type: 't', title: 'x' },
    { to: { user: 'a', everyone: true }, type: 't', title: 'x' },
    { to: { user: 'batch' }, type: 't', title: 'x', priority: 'shouting' },
    { to: { user: 'batch' }, type: 't', title: 'x', colour: 'red' },
    { to: { user: 'batch' }, type: 't', title: 'x', expires_at: '2001-01-01T00:00:00Z' },
    'not an object',
  ]);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body.results.map(({ status }) => status), [201, 422, 201, 422, 422, 422, 422, 422, 422]);
  for (const result of answer.body.results.filter(({ status }) => status === 422)) {
    assert.equal(result.code, 'invalid_notification');
    assert.ok(result.detail.length > 10, result.detail);
  }
  assert.match(answer.body.results[1].detail, /title/);
  assert.match(answer.body.results[5].detail, /priority/);
  assert.match(answer.body.results[6].detail, /colour/);
  assert.deepEqual(await titles('batch'), ['third', 'first']);
});

test('an array of a thousand is taken, one more is refused', async () => {
  const items = Array.from({ length: 1001 }, (_, index) => ({ to: { user: 'thousand' }, type: 't', title: `${index}` }));
  assert.equal((await post(items)).status, 422);
  assert.equal((await server.list('thousand')).unread, 0);
  const answer = await post(items.slice(1));
  assert.equal(answer.body.results.length, 1000);
  assert.equal((await server.list('thousand')).unread, 1000);
});

test('an Idempotency-Key gives the first answer again', async () => {
  const body = { to: { user: 'idem' }, type: 't', title: 'Once' };
  const headers = { 'Idempotency-Key': 'order-17' };
  const first = await post(body, headers);
  const second = await post(body, headers);
  assert.equal(first.status, 201);
  assert.equal(first.headers.get('idempotency-replayed'), null);
  assert.equal(second.status, 201);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual(second.body, first.body);
  assertProblem(await post({ ...body, title: 'Other' }, headers), 422, 'idempotency_key_reused');
  assert.deepEqual(await titles('idem'), ['Once']);
});

test('an Idempotency-Key gives the first answer after the notification has expired', async () => {
  const expiring = { to: { user: 'expired-twice' }, type: 't', title: 'Soon gone', expires_at: new Date(Date.now() + 1500).toISOString() };
  const bodies = { 'soon-1': expiring, 'soon-2': [expiring, { ...expiring, title: '' }, { ...expiring, expires_at: null }] };
  const first = {};
  for (const [key, body] of Object.entries(bodies)) {
    first[key] = await post(body, { 'Idempotency-Key': key });
    assert.ok(first[key].status < 300);
  }
  await new Promise((done) => setTimeout(done, Date.parse(expiring.expires_at) + 10 - Date.now()));
  for (const [key, body] of Object.entries(bodies)) {
    const again = await post(body, { 'Idempotency-Key': key });
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    assert.equal(again.status, first[key].status);
    assert.deepEqual(again.body, first[key].body);
  }
  assertProblem(await post(expiring, { 'Idempotency-Key': 'soon-3' }), 422, 'invalid_notification');
});

test('an Idempotency-Key holds for an array, and while the first is under way', async () => {
  const body = [{ to: { user: 'idem-array' }, type: 't', title: 'Once' }, { to: { user: 'idem-array' }, type: 't' }];
  const headers = { 'Idempotency-Key': 'array-17' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(body, headers)));
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, answers[0].body);
  }
  assert.equal(answers.filter(({ headers: h }) => h.get('idempotency-replayed')).length, 7);
  assert.deepEqual(await titles('idem-array'), ['Once']);
});

test('an Idempotency-Key outlives a restart', async () => {
  const body = { to: { user: 'idem-restart' }, type: 't', title: 'Once' };
  const headers = { 'Idempotency-Key': 'restart-17' };
  const first = await post(body, headers);
  await server.restart();
  const second = await post(body, headers);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual(second.body, first.body);
  assert.deepEqual(await titles('idem-restart'), ['Once']);
});

test('a bad Idempotency-Key is refused', async () => {
  const body = { to: { user: 'idem' }, type: 't', title: 'Once' };
  assertProblem(await post(body, { 'Idempotency-Key': 'x'.repeat(256) }), 400);
  assertProblem(await post(body, { 'Idempotency-Key': 'caf\u00e9' }), 400);
});

test('PATCH corrects what its user sees, and only what it names', async () => {
  const id = await server.publish('patch', { title: 'Befor', body: 'stays', data: { a: 1 } });
  const answer = await server.call('PATCH', `/v1/notifications/${id}`, {
    as: 'publisher', body: { title: 'After', priority: 'urgent', data: { b: 2 } },
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { id });
  const [row] = (await server.list('patch')).notifications;
  assert.deepEqual([row.title, row.body, row.priority, row.data, row.seq], ['After', 'stays', 'urgent', { b: 2 }, 2]);
});

test('PATCH refuses what a notification cannot be', async () => {
  const id = await server.publish('patch-bad', { title: 'Before' });
  const patch = (body, target = id) => server.call('PATCH', `/v1/notifications/${target}`, { as: 'publisher', body });
  assertProblem(await patch({ title: '' }), 422, 'invalid_notification');
  const moved = await patch({ to: { user: 'other' } });
  assertProblem(moved, 422, 'invalid_notification');
  assert.match(moved.body.detail, /^"to" cannot be changed; withdraw this one and publish another$/);
  assertProblem(await patch('[]'), 422);
  assertProblem(await patch({ title: 'x' }, 999999999), 404, 'not_found');
  assertProblem(await patch({ title: 'x' }, '17x'), 404);
  assert.deepEqual(await titles('patch-bad'), ['Before']);
});

test('DELETE takes it back, twice is once', async () => {
  const id = await server.publish('delete');
  await server.publish('delete', { title: 'stays' });
  const remove = (target) => server.call('DELETE', `/v1/notifications/${target}`, { as: 'publisher' });
  assert.equal((await remove(id)).status, 204);
  assert.equal((await remove(id)).status, 204);
  const list = await server.list('delete');
  assert.deepEqual([list.notifications.map(({ title }) => title), list.unread], [['stays'], 1]);
  assertProblem(await remove(999999999), 404, 'not_found');
});

test('only who holds a key may publish, a user whose token says so, and demo users', async () => {
  const body = { to: { user: 'auth' }, type: 't', title: 'x' };
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic dGVzdA==' }]) {
    assertProblem(await server.call('POST', '/v1/notifications', { body, headers }), 401);
  }
  assert.equal((await post(body, {}, 'anna')).status, 201);
  assert.deepEqual(await titles('auth'), ['x']);
  const closed = await new Server({ demo: false }).start();
  try {
    const as = (claims) => ({ authorization: `Bearer ${closed.token('anna', claims)}` });
    const publish = (to, claims) => closed.call('POST', '/v1/notifications', { body: { ...body, to }, headers: as(claims) });
    assertProblem(await publish(body.to, {}), 403);
    assertProblem(await publish(body.to, { may_publish: 'true' }), 403);
    assertProblem(await publish({ everyone: true }, { may_publish: true }), 403);
    assert.equal((await publish(body.to, { may_publish: true })).status, 201);
    const { body: { results: [{ id }] } } = await closed.call('POST', '/v1/notifications', { as: 'publisher', body: [body] });
    assertProblem(await closed.call('DELETE', `/v1/notifications/${id}`, { headers: as({ may_publish: true }) }), 401);
    assert.equal((await closed.call('POST', '/v1/notifications', { as: 'publisher', body })).status, 201);
  } finally {
    await closed.stop();
  }
});

test('what expires leaves the inbox', async () => {
  await server.publish('expiry', { title: 'short', expires_at: new Date(Date.now() + 1500).toISOString() });
  await server.publish('expiry', { title: 'long' });
  const { unread } = await server.list('expiry');
  assert.equal(unread, 2);
  await eventually('the expiry', async () => (await titles('expiry')).join() === 'long');
  await eventually('the badge', async () => (await server.list('expiry')).unread === 1);
});
