// Topics, on both stores: whoever is on one gets what is published to it, once, by every wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { run } from './lib/process.js';
import { Server, assertProblem } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { SocketStream } from './lib/web_socket.js';

const CROWD = 10000;
const ADDED_AT_ONCE = 1000;
const STORES = ['sqlite', 'postgresql'];

// A node whose method is WebSocket serves event streams as well.
async function nodeFor(t, store, variables = {}) {
  const after = (action) => t.after(action);
  const location = store === 'sqlite' ? undefined
    : await (await postgresFor(after, { fsync: false })).createDatabase();
  const node = await new Server({
    demo: false, store: location, args: ['--method', 'websocket', ...(location ? ['--feed', 'pgnotify'] : [])],
    variables: { ALLIM_TOPICS_OPEN: 'news, room:*', ...variables },
  }).start();
  after(() => node.stop());
  return node;
}

const onBoth = (name, body) => {
  for (const store of STORES) test(`${name} (${store})`, (t) => body(t, store));
};

const members = (count, prefix = 'member') => Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(5, '0')}`);

async function add(node, topic, users) {
  for (let i = 0; i < users.length; i += ADDED_AT_ONCE) {
    const part = users.slice(i, i + ADDED_AT_ONCE);
    const answer = await node.call('POST', `/v1/topics/${topic}/members`, { as: 'publisher', body: { users: part } });
    assert.deepEqual([answer.status, answer.body], [200, { topic, added: part.length }]);
  }
}

const publish = (node, topic, { title = 'A title', key } = {}) => node.call('POST', '/v1/notifications', {
  as: 'publisher', body: { to: { topic }, type: 'test', title }, headers: key ? { 'idempotency-key': key } : {},
});

// All there is, the newest first.
async function titles(node, user) {
  const found = [];
  for (let page, before = ''; ; before = `&before=${page.notifications.at(-1).id}`) {
    page = await node.list(user, `?filter=all&limit=100${before}`);
    found.push(...page.notifications.map(({ title }) => title));
    if (!page.more) break;
  }
  return found;
}

// `work` for each item, some at a time.
async function each(items, work) {
  const rest = [...items];
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (rest.length > 0) await work(rest.pop());
  }));
}

onBoth('members hear of it once, by stream and socket, others not, and who left not any more', async (t, store) => {
  const node = await nodeFor(t, store);
  const socket = await new SocketStream(node, 'anna').live();
  const [anna, bo, cleo] = await Promise.all(['anna', 'bo', 'cleo'].map(async (user) => (await RawStream.open(node, user)).live()));
  // Over the socket as over HTTP, and twice is once.
  assert.equal((await socket.ask('PUT', '/v1/topics/news')).status, 204);
  assert.equal((await socket.ask('PUT', '/v1/topics/news')).status, 204);
  assert.equal((await node.call('PUT', '/v1/topics/news', { as: 'bo' })).status, 204);
  const own = await socket.ask('GET', '/v1/topics?limit=10');
  assert.deepEqual([own.status, own.body.topics.map(({ topic }) => topic), own.body.more], [200, ['news'], false]);
  assert.match(own.body.topics[0].since, /^20\d\d-/);

  const first = await publish(node, 'news', { title: 'first' });
  assert.equal(first.status, 201);
  assert.equal(first.body.topic, 'news');
  assert.equal(first.body.recipients, 2);
  assert.deepEqual(first.body.notifications.map(({ user }) => user), ['anna', 'bo']);
  assert.equal(first.body.id, first.body.notifications[0].id);
  const [forAnna, forBo] = first.body.notifications.map(({ id }) => id);
  await Promise.all([socket.waitNotification(forAnna), anna.waitNotification(forAnna), bo.waitNotification(forBo)]);

  assert.equal((await socket.ask('DELETE', '/v1/topics/news')).status, 204);
  assert.equal((await socket.ask('DELETE', '/v1/topics/news')).status, 204);
  const second = await publish(node, 'news', { title: 'second' });
  assert.deepEqual(second.body.notifications.map(({ user }) => user), ['bo']);
  await bo.waitNotification(second.body.id);
  // What comes last has passed everything before it.
  const last = await node.publish({ everyone: true }, { title: 'last' });
  await Promise.all([socket, anna, bo, cleo].map((stream) => stream.waitNotification(last)));
  const heard = (stream) => stream.named('notification').map(({ data }) => data.title);
  assert.deepEqual([socket, anna, bo, cleo].map(heard),
    [['first', 'last'], ['first', 'last'], ['first', 'second', 'last'], ['last']]);
  assert.deepEqual(await titles(node, 'cleo'), ['last']);
  await Promise.all([socket, anna, bo, cleo].map((stream) => stream.close()));
});

onBoth('a repeated publish is answered as the first was, whoever is on the topic now', async (t, store) => {
  const node = await nodeFor(t, store);
  await add(node, 'team', ['anna', 'bo']);
  const first = await publish(node, 'team', { key: 'once' });
  await node.call('DELETE', '/v1/topics/team/members', { as: 'publisher', body: { users: ['anna'] } });
  await add(node, 'team', ['cleo']);
  const second = await publish(node, 'team', { key: 'once' });
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual([second.status, second.body], [first.status, first.body]);
  assert.deepEqual(await titles(node, 'cleo'), []);
  // So is one that reached nobody, and one of several with a part that was refused.
  const nobody = await publish(node, 'nobody', { key: 'nobody' });
  assert.deepEqual([nobody.status, nobody.body], [201, { topic: 'nobody', recipients: 0, notifications: [] }]);
  await add(node, 'nobody', ['cleo']);
  assert.deepEqual((await publish(node, 'nobody', { key: 'nobody' })).body, nobody.body);
  const body = [{ to: { topic: 'team' } }, ...['team', 'empty', 'nobody'].map((topic) => ({ to: { topic } }))]
    .map((item, i) => ({ ...item, type: 'test', ...(i > 0 ? { title: 'A title' } : {}) }));
  const send = () => node.call('POST', '/v1/notifications', { as: 'publisher', body, headers: { 'idempotency-key': 'many' } });
  const many = await send();
  assert.deepEqual(many.body.results.map(({ status, recipients }) => [status, recipients]),
    [[422, undefined], [201, 2], [201, 0], [201, 1]]);
  await add(node, 'empty', ['dora']);
  await node.call('DELETE', '/v1/topics/nobody/members', { as: 'publisher', body: { users: ['cleo'] } });
  assert.deepEqual((await send()).body, many.body);
  assert.deepEqual(await titles(node, 'dora'), []);
  assert.deepEqual(await titles(node, 'cleo'), ['A title', 'A title']);
});

onBoth(`${CROWD} members in one transaction`, async (t, store) => {
  const node = await nodeFor(t, store, { ALLIM_STORE_TIMEOUT: '60s' });
  const crowd = members(CROWD);
  await add(node, 'crowd', crowd);
  const full = await node.call('POST', '/v1/topics/crowd/members', { as: 'publisher', body: { users: ['one-more'] } });
  assertProblem(full, 422, 'topic_limit');
  assert.match(full.body.detail, /topics\.members/);
  const { body: { topics } } = await node.call('GET', '/v1/topics', { as: 'publisher' });
  assert.deepEqual(topics, [{ topic: 'crowd', members: CROWD }]);
  const stream = await (await RawStream.open(node, crowd[4711])).live();
  const answer = await publish(node, 'crowd');
  assert.equal(answer.status, 201, JSON.stringify(answer.body).slice(0, 300));
  assert.equal(answer.body.recipients, CROWD);
  assert.deepEqual(answer.body.notifications.map(({ user }) => user), crowd);
  assert.equal(new Set(answer.body.notifications.map(({ id }) => id)).size, CROWD);
  await stream.waitNotification(answer.body.notifications[4711].id);
  await stream.close();
  // Twice the crowd is more than one request may make.
  const twice = await node.call('POST', '/v1/notifications', {
    as: 'publisher', body: [0, 1].map(() => ({ to: { topic: 'crowd' }, type: 'test', title: 'too many' })),
  });
  assertProblem(twice, 422, 'invalid_notification');
  assert.match(twice.body.detail, /publish\.notifications/);
  assert.deepEqual(await titles(node, crowd[0]), ['A title']);
});

// The node dies at some moment of a publish. Each was made for all members or for none, and one that
// was answered for all.
onBoth('killed in the middle, it is all members or none', async (t, store) => {
  const node = await nodeFor(t, store);
  const crowd = members(1000);
  await add(node, 'crowd', crowd);
  const answered = [];
  for (let round = 0; round < 4; round++) {
    let goesOn = true;
    const publishing = (async () => {
      for (let i = 0; goesOn; i++) {
        const title = `${round}-${i}`;
        const answer = await publish(node, 'crowd', { title }).catch(() => null);
        if (answer?.status === 201) answered.push(title);
      }
    })();
    await new Promise((done) => { setTimeout(done, 150 + Math.random() * 400); });
    node.running.child.kill('SIGKILL');
    await node.running.ended;
    goesOn = false;
    await publishing;
    await node.start();
  }
  assert.ok(answered.length > 0);
  const got = new Map();
  await each(crowd, async (user) => {
    for (const title of await titles(node, user)) got.set(title, (got.get(title) ?? 0) + 1);
  });
  for (const title of answered) assert.equal(got.get(title), crowd.length, `${title} of ${answered}`);
  for (const [title, count] of got) assert.equal(count, crowd.length, title);
});

test('what is not open is the publishers\'', async (t) => {
  const node = await nodeFor(t, 'sqlite', { ALLIM_TOPICS_PER_USER: '2' });
  for (const topic of ['salaries', 'newsletter', 'new', 'room', 'Room:1', 'News']) {
    for (const method of ['PUT', 'DELETE']) {
      assertProblem(await node.call(method, `/v1/topics/${topic}`, { as: 'anna' }), 403, 'forbidden');
    }
  }
  // Nor does a user leave by herself what she was put on, or see and change who else is.
  await add(node, 'salaries', ['anna']);
  assertProblem(await node.call('DELETE', '/v1/topics/salaries', { as: 'anna' }), 403, 'forbidden');
  assert.deepEqual((await node.call('GET', '/v1/topics', { as: 'anna' })).body.topics.map(({ topic }) => topic), ['salaries']);
  for (const method of ['GET', 'POST', 'DELETE']) {
    const body = method === 'GET' ? undefined : { users: ['anna'] };
    assertProblem(await node.call(method, '/v1/topics/salaries/members', { as: 'anna', body }), 401, 'unauthenticated');
  }
  assertProblem(await node.call('GET', '/v1/topics'), 401, 'unauthenticated');
  assert.equal((await node.call('PUT', '/v1/topics/room:42', { as: 'anna' })).status, 204);
  const full = await node.call('PUT', '/v1/topics/news', { as: 'anna' });
  assertProblem(full, 422, 'topic_limit');
  assert.match(full.body.detail, /anna .*topics\.per_user allows 2/);
  // A token that may publish reaches users, and no topic.
  const answer = await node.call('POST', '/v1/notifications', {
    headers: { authorization: `Bearer ${node.token('anna', { may_publish: true })}` },
    body: { to: { topic: 'news' }, type: 'test', title: 'x' },
  });
  assertProblem(answer, 403, 'forbidden');
});

test('nothing is open unless a setting says so', async (t) => {
  const node = await nodeFor(t, 'sqlite', { ALLIM_TOPICS_OPEN: '' });
  assertProblem(await node.call('PUT', '/v1/topics/news', { as: 'anna' }), 403, 'forbidden');
});

test('members count against the minute of their publisher, once they are known', async (t) => {
  const node = await nodeFor(t, 'sqlite', { ALLIM_LIMITS_PUBLISH_PER_MINUTE: '100' });
  await add(node, 'news', members(90));
  let published = 0;
  // One and a part of the next, of each minute that begins meanwhile.
  for (let answer; answer?.status !== 429; published++) {
    answer = await publish(node, 'news');
    assert.ok([201, 429].includes(answer.status), JSON.stringify(answer.body));
    assert.ok(published < 50);
  }
  assert.ok(published > 1);
});

test('a limit on members is no more than may be published to', async (t) => {
  const node = await nodeFor(t, 'sqlite', { ALLIM_PUBLISH_NOTIFICATIONS: '2' });
  await add(node, 'news', ['anna', 'bo']);
  const full = await node.call('PUT', '/v1/topics/news', { as: 'cleo' });
  assertProblem(full, 422, 'topic_limit');
  assert.match(full.body.detail, /publish\.notifications/);
  assert.equal((await node.call('PUT', '/v1/topics/news', { as: 'anna' })).status, 204);
});

test('names and bodies that will not do', async (t) => {
  const node = await nodeFor(t, 'sqlite');
  for (const topic of ['-x', '.x', 'a%2Fb', 'a*', 'x'.repeat(129), '%ED%95%9C']) {
    assertProblem(await node.call('PUT', `/v1/topics/${topic}`, { as: 'anna' }), 400, 'invalid_parameter');
  }
  for (const topic of ['', 'a/b', 'a b', 'a*', 7, null, 'x'.repeat(129)]) {
    assertProblem(await publish(node, topic), 422, 'invalid_notification');
  }
  for (const body of [{}, [], { users: [] }, { users: [''] }, { users: ['a\u0000'] }, { users: 'a' }, { users: ['a'], x: 1 },
    { users: members(1001) }]) {
    assertProblem(await node.call('POST', '/v1/topics/news/members', { as: 'publisher', body }), 400, 'invalid_parameter');
  }
  for (const query of ['?limit=0', '?limit=1001', '?before=x', '?after=%0A', `?after=${'x'.repeat(256)}`]) {
    assertProblem(await node.call('GET', `/v1/topics${query}`, { as: 'publisher' }), 400, 'invalid_parameter');
  }
  assert.equal((await node.call('PUT', `/v1/topics/${'x'.repeat(129)}`, { as: 'anna' })).status, 400);
  assertProblem(await node.call('GET', '/v1/topics/news', { as: 'publisher' }), 405, 'method_not_allowed');
});

test('pages, for publishers and by command', async (t) => {
  const node = await nodeFor(t, 'sqlite');
  const variables = { ALLIM_URL: node.url, ALLIM_API_KEY: node.apiKey };
  const users = members(2345, 'a b&');
  await add(node, 'wide', users);
  await add(node, 'news', ['anna', 'bo']);
  const first = await node.call('GET', '/v1/topics/wide/members?limit=2', { as: 'publisher' });
  assert.deepEqual([first.body.members.map(({ user }) => user), first.body.more], [users.slice(0, 2), true]);
  const next = await node.call('GET', `/v1/topics/wide/members?limit=2&after=${encodeURIComponent(users[1])}`, { as: 'publisher' });
  assert.deepEqual(next.body.members.map(({ user }) => user), users.slice(2, 4));
  const allim = async (...args) => {
    const { code, stdout, stderr } = await run(args, { variables });
    return { code, stdout, stderr };
  };
  assert.deepEqual(await allim('topic', 'list'), { code: 0, stdout: 'news\t2\nwide\t2345\n', stderr: '' });
  assert.deepEqual((await allim('topic', 'members', 'wide')).stdout.split('\n').slice(0, -1), users);
  assert.equal((await allim('topic', 'add', 'news', '--user', 'cleo', '--user', 'anna')).code, 0);
  assert.equal((await allim('topic', 'remove', 'news', '--user', 'anna')).code, 0);
  assert.equal((await allim('topic', 'members', 'news')).stdout, 'bo\ncleo\n');
  const { code, stdout } = await allim('publish', '--topic', 'news', '--type', 't', '--title', 'By command');
  assert.deepEqual([code, stdout.split('\n').length], [0, 3]);
  assert.deepEqual(await titles(node, 'cleo'), ['By command']);
  assert.deepEqual(await allim('publish', '--topic', 'none', '--type', 't', '--title', 'x'), { code: 0, stdout: '', stderr: '' });
  assert.equal((await allim('topic', 'members', 'a/b')).code, 2);
  assert.equal((await allim('topic', 'members')).code, 2);
  assert.equal((await allim('topic', 'add', 'news')).code, 2);
});
