// The audit log: who published, received, read and administered what, in files and in both stores.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { makeFolder, run, start } from './lib/process.js';
import { Server, assertProblem, serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';
import { SocketStream } from './lib/web_socket.js';

const DONE = 0, FAILED = 1, MISUSED = 2, REFUSED = 3;
const EVERYTHING = 'publish,route,connect,deliver,acknowledge,read,administer';
const NAME = /^audit-\d{8}T\d{6}Z-(\d+)\.jsonl$/;
const SECRET_TITLE = 'a title that nobody else may read', SECRET_BODY = 'a body likewise', SECRET_DATA = 'and data';

const filesOf = (folder) => readdirSync(folder).filter((name) => NAME.test(name))
  .sort((a, b) => NAME.exec(a)[1] - NAME.exec(b)[1]);
const textOf = (folder) => filesOf(folder).map((name) => readFileSync(join(folder, name), 'utf8')).join('');
const linesOf = (folder) => textOf(folder).split('\n').slice(0, -1);
const recordsOf = (folder) => linesOf(folder).map((line) => JSON.parse(line));
const parse = (stdout) => stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line));

// A record without what differs from run to run.
function essence({ time, node, connection, address, ...rest }) {
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(node, /^[0-9a-f]{16}$/);
  if (connection !== undefined) assert.match(connection, /^\d+-\d+$/);
  if (address !== undefined) assert.match(address, /^127\.0\.0\.1:\d+$/);
  return rest;
}

function audited(variables, options = {}) {
  return { ...options, variables: { ALLIM_AUDIT_TO: 'files', ALLIM_AUDIT_EVENTS: EVERYTHING, ...variables } };
}

async function metric(server, wanted) {
  const { body } = await server.call('GET', '/metrics', { admin: true });
  return Number(new RegExp(`^${wanted} (.*)$`, 'm').exec(body)[1]);
}

const written = (server, count) => eventually(`${count} records`, async () => await metric(server, 'allim_audit_records_total') >= count);

// What a rule drops, anna gets over three wires, marks and acknowledges, and an application changes. Returns ids.
async function act(server) {
  const stream = await (await RawStream.open(server, 'anna')).live();
  const socket = await new SocketStream(server, 'anna').live();
  const content = { title: SECRET_TITLE, body: SECRET_BODY, data: { secret: SECRET_DATA } };
  const first = await server.publish('anna', content);
  await stream.waitNotification(first);
  const { id: cursor } = await socket.waitNotification(first);
  const dropped = await server.call('POST', '/v1/notifications', {
    as: 'publisher', body: { to: { user: 'anna' }, type: 'noise', title: SECRET_TITLE },
  });
  assert.equal(dropped.status, 202);
  socket.send({ ack: cursor });
  await server.mark('anna', 'read', { ids: [first] });
  await stream.waitChange(({ id, read_at: read }) => id === first && read);
  await socket.waitChange(({ id, read_at: read }) => id === first && read);
  const { cursor: behind } = await server.list('anna');
  const everyone = await server.publish({ everyone: true }, { title: SECRET_TITLE });
  await stream.waitNotification(everyone);
  await socket.waitNotification(everyone);
  const poll = await server.call('GET', `/v1/inbox?after=${behind}`, { as: 'anna' });
  assert.equal(poll.body.notifications.length, 1);
  assert.equal((await server.call('POST', '/v1/topics/news/members', { as: 'publisher', body: { users: ['minjun'] } })).status, 200);
  const topic = await server.publish({ topic: 'news' }, { title: SECRET_TITLE });
  assert.equal((await server.call('DELETE', `/v1/notifications/${topic}`, { as: 'publisher' })).status, 204);
  await stream.close();
  socket.socket.close();
  return { first, everyone, topic };
}

function expected({ first, everyone, topic }) {
  const publish = { event: 'publish', publisher: 'environment', way: 'http' };
  const [sse, websocket, poll] = ['sse', 'websocket', 'poll'].map((wire) => ({ user: 'anna', wire }));
  const deliver = (client, change, id, seq, more = {}) => ({ event: 'deliver', ...client, change, id, seq, ...more });
  return [
    { event: 'administer', action: 'start', version: '0.1.0' },
    { event: 'connect', ...sse }, { event: 'connect', ...websocket },
    { ...publish, type: 'test', user: 'anna', id: first },
    deliver(sse, 'notification', first, 1), deliver(websocket, 'notification', first, 1),
    { event: 'route', publisher: 'environment', rule: 'no-noise', dropped: true },
    { event: 'acknowledge', ...websocket, seq: 1, broadcast_seq: 0 },
    { event: 'read', user: 'anna', way: 'http', mark: 'read', id: first },
    deliver(sse, 'change', first, 2), deliver(websocket, 'change', first, 2),
    deliver(poll, 'list', first, 2),
    { ...publish, type: 'test', everyone: true, id: everyone },
    deliver(sse, 'notification', everyone, 1, { everyone: true }),
    deliver(websocket, 'notification', everyone, 1, { everyone: true }),
    deliver(poll, 'notification', everyone, 1, { everyone: true }),
    { event: 'administer', action: 'subscribe', by: 'environment', way: 'http', route: 'POST /v1/topics/{topic}/members',
      topic: 'news', user: 'minjun' },
    { ...publish, type: 'test', topic: 'news', user: 'minjun', id: topic },
    { ...publish, action: 'withdraw', id: topic },
  ];
}

const RULES = JSON.stringify([{ name: 'no-noise', when: { type: 'noise' }, drop: true }]);
const sorted = (records) => records.map((record) => JSON.stringify(record, Object.keys(record).sort())).sort();

describe('the audit log in files', () => {
  test('each thing that happens stands there once, and nothing secret', async () => {
    const folder = makeFolder();
    const server = await new Server(audited({ ALLIM_AUDIT_FOLDER: folder, ALLIM_ROUTING_RULES: RULES })).start();
    const ids = await act(server);
    const wanted = expected(ids);
    await written(server, wanted.length);
    assert.deepEqual(sorted(recordsOf(folder).map(essence)), sorted(wanted));
    await server.stop();
    assert.deepEqual(recordsOf(folder).slice(-2).map(essence), [
      { event: 'administer', action: 'drain' }, { event: 'administer', action: 'stop' }]);
    const text = textOf(folder);
    for (const secret of [SECRET_TITLE, SECRET_BODY, SECRET_DATA, server.apiKey, server.secret, server.token('anna').split('.')[1]])
      assert.ok(!text.includes(secret), secret);
    for (const name of filesOf(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  });

  test('what is delivered is left out unless it is asked for, and a reload changes that', async () => {
    const folder = makeFolder();
    const config = join(makeFolder(), 'allim.yaml');
    writeFileSync(config, '{}');
    chmodSync(config, 0o644);
    const server = await serverFor(after, audited({ ALLIM_AUDIT_FOLDER: folder, ALLIM_AUDIT_EVENTS: undefined, ALLIM_CONFIG: config }));
    await server.publish('anna');
    await server.list('anna');
    await written(server, 2);
    assert.deepEqual(recordsOf(folder).map(({ event }) => event), ['administer', 'publish']);
    writeFileSync(config, 'audit: {events: [deliver, administer]}');
    server.running.child.kill('SIGHUP');
    await written(server, 3);
    await server.publish('anna');
    assert.equal((await server.list('anna')).notifications.length, 2);
    await written(server, 5);
    assert.deepEqual(recordsOf(folder).slice(2).map(({ event }) => event), ['administer', 'deliver', 'deliver']);
  });

  test('a repeated request and marks of everything say so', async () => {
    const folder = makeFolder();
    const server = await serverFor(after, audited({ ALLIM_AUDIT_FOLDER: folder, ALLIM_AUDIT_EVENTS: 'publish,read' }));
    const publish = () => server.call('POST', '/v1/notifications', {
      as: 'publisher', headers: { 'idempotency-key': 'a key that is no secret and stays out' },
      body: { to: { users: ['anna', 'minjun'] }, type: 'test', title: 'A title' },
    });
    const { body: { id } } = await publish();
    await publish();
    await server.mark('anna', 'archive', { all: true });
    await server.mark('anna', 'archive', { all: true }); // changes nothing
    await written(server, 4);
    const publisher = { event: 'publish', publisher: 'environment', way: 'http' };
    assert.deepEqual(recordsOf(folder).map(essence), [
      { ...publisher, type: 'test', user: 'anna', id }, { ...publisher, type: 'test', user: 'minjun', id: id + 1 },
      { ...publisher, repeated: true, id }, { event: 'read', user: 'anna', way: 'http', mark: 'archived', all: true }]);
    assert.ok(!textOf(folder).includes('stays out'));
  });

  test('of a request that is refused as a whole nothing is recorded, and the node goes on', async () => {
    const folder = makeFolder();
    const rules = [{ name: 'no-noise', when: { type: 'noise' }, drop: true }, { name: 's', to: { users: ['a', 'b'] } }];
    const server = await serverFor(after, audited({
      ALLIM_AUDIT_FOLDER: folder, ALLIM_AUDIT_EVENTS: 'publish,route', ALLIM_ROUTING_RULES: JSON.stringify(rules), ALLIM_PUBLISH_NOTIFICATIONS: '3',
    }));
    const publish = (types, headers) => server.call('POST', '/v1/notifications', {
      as: 'publisher', headers, body: types.map((type) => ({ type, title: 'A title' })),
    });
    const refused = ['noise', 'test', 'test'];
    assertProblem(await publish(refused), 422, 'invalid_notification');
    assertProblem(await publish(refused, { 'idempotency-key': 'a key' }), 422, 'invalid_notification');
    const { body: { results: [{ id }] } } = await publish(['test']);
    await written(server, 3);
    const record = { publisher: 'environment' };
    assert.deepEqual(recordsOf(folder).map(essence), [
      { event: 'publish', ...record, way: 'http', type: 'test', user: 'a', id },
      { event: 'publish', ...record, way: 'http', type: 'test', user: 'b', id: id + 1 },
      { event: 'route', ...record, rule: 's', id }]);
  });

  test('files follow one another, the oldest go, and --follow misses nothing', async () => {
    const folder = makeFolder();
    const server = await serverFor(after, audited({
      ALLIM_AUDIT_FOLDER: folder, ALLIM_AUDIT_FILE_BYTES: '64KiB', ALLIM_AUDIT_FILES: '3', ALLIM_AUDIT_EVENTS: 'publish',
    }));
    const following = start(['audit', '--folder', folder, '--json', '--follow']);
    const ids = [];
    // The reader keeps up, so that no file is removed before it was read.
    for (let i = 0; i < 30; i += 1) {
      const answer = await server.call('POST', '/v1/notifications', {
        as: 'publisher', body: { to: { users: Array.from({ length: 100 }, (_, n) => `user-${n}`) }, type: 'test', title: 'A title' },
      });
      ids.push(...answer.body.notifications.map(({ id }) => id));
      await eventually('the reader to keep up', () => parse(following.stdout.slice(0, following.stdout.lastIndexOf('\n') + 1)).length >= ids.length);
    }
    following.child.kill('SIGTERM');
    assert.equal((await following.ended).signal, 'SIGTERM');
    assert.deepEqual(parse(following.stdout).map(({ id }) => id), ids);
    assert.equal(following.stderr, '');
    const files = filesOf(folder);
    assert.equal(files.length, 3);
    assert.ok(NAME.exec(files[0])[1] > 1, files[0]);
    for (const name of files) assert.ok(statSync(join(folder, name)).size <= 65536, name);
    const { stdout, code } = await run(['audit', '--folder', folder, '--json', '--user', 'user-7']);
    assert.equal(code, DONE);
    const kept = recordsOf(folder);
    assert.deepEqual(parse(stdout), kept.filter(({ user }) => user === 'user-7'));
  });

  test('a node that is killed leaves whole lines, and the next one goes on', async () => {
    const folder = makeFolder();
    const server = await new Server(audited({ ALLIM_AUDIT_FOLDER: folder })).start();
    const ids = [];
    for (let i = 0; i < 50; i += 1) ids.push(await server.publish('anna'));
    await written(server, 51);
    server.running.child.kill('SIGKILL');
    await server.running.ended;
    assert.deepEqual(recordsOf(folder).filter(({ event }) => event === 'publish').map(({ id }) => id), ids);
    // As a crash of the machine may leave it.
    appendFileSync(join(folder, filesOf(folder).at(-1)), '{"time":"2026-05-01T09');
    await server.start();
    ids.push(await server.publish('anna'));
    await server.stop();
    assert.equal(filesOf(folder).length, 1);
    const { stdout, stderr, code } = await run(['audit', '--folder', folder, '--json', '--event', 'publish']);
    assert.equal(code, DONE);
    assert.deepEqual(parse(stdout).map(({ id }) => id), ids);
    assert.match(stderr, /1 damaged lines are left out/);
  });

  test('a full disk is said once, and how much is missing as soon as there is room', async (t) => {
    const folder = makeFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=0777', 'tmpfs', folder]).status !== 0) {
      t.skip('mounting needs root');
      return;
    }
    try {
      const filler = join(folder, 'filler');
      writeFileSync(filler, Buffer.alloc(96 * 1024));
      const server = await new Server(audited({ ALLIM_AUDIT_FOLDER: folder, ALLIM_AUDIT_EVENTS: 'publish' })).start();
      const users = Array.from({ length: 100 }, (_, n) => `user-${n}`);
      const publish = () => server.call('POST', '/v1/notifications', { as: 'publisher', body: { to: { users }, type: 'test', title: 'A title' } });
      let sent = 0;
      while (await metric(server, 'allim_audit_lost_total') === 0) {
        assert.equal((await publish()).status, 201);
        sent += 100;
      }
      for (let i = 0; i < 5; i += 1) await publish();
      sent += 500;
      rmSync(filler);
      await publish();
      await server.stop();
      const records = recordsOf(folder);
      // The record of a loss is short, and may fit where no others do.
      const lost = records.filter(({ event }) => event === 'lost');
      const missing = lost.reduce((sum, { records: number }) => sum + number, 0);
      assert.ok(missing >= 100 && missing < sent, `${missing} of ${sent}`);
      assert.equal(records.filter(({ event }) => event === 'publish').length + missing, sent + 100);
      assert.equal(server.log.match(/records of the audit log are lost/g).length, lost.length);
      assert.match(server.log, /No space left/);
      assert.match(server.log, /the audit log goes on/);
    } finally {
      spawnSync('umount', ['-l', folder]);
    }
  });

  test('two nodes do not share a folder', async () => {
    const folder = makeFolder();
    const server = await serverFor(after, audited({ ALLIM_AUDIT_FOLDER: folder }));
    const data = makeFolder();
    const { code, stderr } = await run(['serve', '--demo', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data', data],
      { variables: { ALLIM_AUDIT_TO: 'files', ALLIM_AUDIT_FOLDER: folder } });
    assert.equal(code, FAILED);
    assert.match(stderr, /another node writes its audit log to .*audit\.folder/);
    const answer = await server.call('GET', '/admin/audit', { admin: true });
    assertProblem(answer, 404, 'not_found');
    assert.match(answer.body.detail, new RegExp(`--folder ${folder}`));
  });

  test('what the command does not understand it says', async () => {
    for (const [args, message] of [
      [['--folder', '/tmp', '--store', '/tmp'], /exclude each other/],
      [['--event', 'nonsense'], /is no kind of record; there are publish, route/],
      [['--since', 'yesterday'], /neither a time .* nor how long ago/],
    ]) {
      const { code, stderr } = await run(['audit', ...args]);
      assert.equal(code, MISUSED, stderr);
      assert.match(stderr, message);
    }
    const { code, stderr } = await run(['audit', '--folder', '/nonexistent']);
    assert.equal(code, FAILED);
    assert.match(stderr, /name the folder that audit\.folder names/);
  });
});

const stores = {
  sqlite: () => ({}),
  postgresql: async () => {
    const postgres = await postgresFor(after, { fsync: false });
    return { store: await postgres.createDatabase() };
  },
};

for (const [name, make] of Object.entries(stores)) {
  describe(`the audit log in ${name}`, async () => {
    const { store } = await make();
    const server = await serverFor(after, audited({ ALLIM_AUDIT_TO: 'store', ALLIM_ROUTING_RULES: RULES }, { store }));
    const read = async (query) => {
      const records = [];
      for (let page = { last: 0, more: true }; page.more; records.push(...page.records)) {
        const answer = await server.call('GET', `/admin/audit?limit=7&after=${page.last}${query}`, { admin: true });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        page = answer.body;
      }
      return records;
    };
    const allim = (...args) => run(['audit', ...args], { variables: { ALLIM_ADMIN_URL: server.adminUrl } });
    let ids;

    test('each thing that happens stands there once', async () => {
      ids = await act(server);
      const wanted = expected(ids);
      await written(server, wanted.length);
      assert.deepEqual(sorted((await read('')).map(essence)), sorted(wanted));
    });

    test('records are found by user, kind and time', async () => {
      const all = await read('');
      const anna = all.filter(({ user }) => user === 'anna');
      assert.deepEqual(await read('&user=anna'), anna);
      assert.deepEqual(await read('&event=deliver'), all.filter(({ event }) => event === 'deliver'));
      assert.deepEqual(await read('&user=anna&event=read'), anna.filter(({ event }) => event === 'read'));
      assert.deepEqual(await read('&since=2020-01-01T00:00:00Z'), all);
      assert.deepEqual(await read('&since=9999-01-01T00:00:00Z'), []);
      const { time } = all.at(-1);
      assert.deepEqual(await read(`&since=${time}`), all.filter((record) => record.time >= time));
      for (const query of ['event=nonsense', 'since=now', 'limit=0', 'limit=1001', 'after=-1', 'what=1'])
        assertProblem(await server.call('GET', `/admin/audit?${query}`, { admin: true }), 400, 'invalid_parameter');
    });

    test('the command prints what the listener has, and what the store has', async () => {
      const all = await read('');
      const { code, stdout, stderr } = await allim('--json');
      assert.equal(code, DONE, stderr);
      assert.deepEqual(parse(stdout), all);
      const direct = await allim('--json', '--store', store ?? server.data, '--user', 'anna', '--since', '1h');
      assert.equal(direct.code, DONE, direct.stderr);
      assert.deepEqual(parse(direct.stdout), all.filter(({ user }) => user === 'anna'));
      const people = await allim('--event', 'read');
      assert.equal(people.code, DONE);
      assert.match(people.stdout, new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z  read         user=anna way=http mark=read id=${ids.first}\n$`));
    });

    test('--follow prints what comes', async () => {
      const following = start(['audit', '--follow', '--json', '--event', 'publish', '--user', 'a follower'],
        { variables: { ALLIM_ADMIN_URL: server.adminUrl } });
      const published = [await server.publish('a follower')];
      await eventually('the first', () => following.stdout.includes('\n'));
      published.push(await server.publish('a follower'));
      await eventually('the second', () => following.stdout.trim().includes('\n'));
      following.child.kill('SIGTERM');
      await following.ended;
      assert.deepEqual(parse(following.stdout).map(({ id }) => id), published);
    });

    test('what waits at the end of a node is written before its store closes', async () => {
      const id = await server.publish('the last');
      await server.restart();
      assert.deepEqual((await read('&user=the+last')).map(essence), [
        { event: 'publish', publisher: 'environment', way: 'http', type: 'test', user: 'the last', id }]);
      const actions = async () => (await read('&event=administer')).slice(-3).map(({ action }) => action).join();
      await eventually('the start to be recorded', async () => await actions() === 'drain,stop,start');
    });
  });
}

test('without an audit log the command is told so', async () => {
  const server = await serverFor(after);
  const { code, stderr } = await run(['audit', '--admin', server.adminUrl]);
  assert.equal(code, REFUSED);
  assert.match(stderr, /keeps no audit log; audit\.to says where one goes/);
  assert.equal(await metric(server, 'allim_audit_records_total'), 0);
});
