// Rules in the settings that say where messages go: what publishers are answered, what a reload changes, and
// what the command line explains.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { give, makeFolder, run } from './lib/process.js';
import { Server, assertProblem } from './lib/server.js';
import { eventually } from './lib/wait.js';

const RULES = `
routing:
  rules:
    - name: no-debug
      when: {type: debug}
      drop: true
    - name: big-orders
      when:
        type: "order.*"
        priority: [normal, high]
        data.amount: ">= 1000"
        data.country: [KR, JP, 대한민국]
      unless: {user.plan: free}
      to: {users: [ops-1, "owner-\${data.owner}"]}
      priority: urgent
      expires_in: 7d
    - name: announcements
      when: {type: announcement}
      to: {everyone: true}
    - name: calm
      when: {data.calm: present}
      priority: low
`;

const ORDER = {
  type: 'order.created', title: 'An order', to: { user: 'sales' }, data: { amount: 1000, country: '대한민국', owner: 7 },
};

function settingsFile(text) {
  const file = join(makeFolder(), 'allim.yaml');
  rewrite(file, text);
  return file;
}

function rewrite(file, text) {
  writeFileSync(file, text);
  give(file, 0o600);
}

const postgres = await postgresFor(after, { fsync: false });

async function withServer(options, work) {
  const file = settingsFile(RULES);
  const server = await new Server({ demo: false, args: ['--config', file], ...options }).start();
  try {
    await work(server, file);
  } finally {
    await server.stop();
  }
}

const post = (server, body, headers) => server.call('POST', '/v1/notifications', { as: 'publisher', body, headers });

async function reload(server, file, text, pattern) {
  const before = server.log.length;
  rewrite(file, text);
  server.running.child.kill('SIGHUP');
  await eventually(`a log line like ${pattern}`, () => pattern.test(server.log.slice(before)));
  return server.log.slice(before);
}

// A worker takes new settings a little after the log says so.
async function reloaded(server, file, text, probe) {
  await reload(server, file, text, /settings reloaded/);
  await eventually('the new rules', probe);
}

async function metric(server, name) {
  const { body } = await server.call('GET', '/metrics', { admin: true });
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)[1]);
}

for (const kind of ['sqlite', 'postgresql']) {
  const options = async () => (kind === 'sqlite' ? {} : { store: await postgres.createDatabase() });

  test(`${kind}: the first rule that holds says whom a message reaches, how urgent it is and how long it lives`, async () => {
    await withServer(await options(), async (server) => {
      const earliest = Date.now();
      const answer = await post(server, ORDER);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      assert.equal(answer.body.routed_by, 'big-orders');
      assert.deepEqual(answer.body.notifications.map(({ user }) => user), ['ops-1', 'owner-7']);
      const [row] = (await server.list('owner-7')).notifications;
      assert.equal(row.priority, 'urgent');
      assert.ok(Math.abs(Date.parse(row.expires_at) - earliest - 7 * 86400e3) < 60e3, row.expires_at);
      assert.deepEqual(row.data, ORDER.data);
      assert.equal((await server.list('sales')).notifications.length, 0);
    });
  });

  test(`${kind}: a message that no rule is for goes where it says, and one that says nothing is refused`, async () => {
    await withServer(await options(), async (server) => {
      for (const change of [{ priority: 'urgent' }, { type: 'orders' }, { user: { plan: 'free' } },
        { data: { ...ORDER.data, amount: 999.99 } }, { data: { ...ORDER.data, amount: '1000' } }]) {
        const { status, body } = await post(server, { ...ORDER, ...change });
        assert.equal(status, 201, JSON.stringify(body));
        assert.equal(body.routed_by, undefined);
        assert.deepEqual(body.notifications.map(({ user }) => user), ['sales']);
      }
      const calm = await post(server, { type: 't', title: 'x', to: { user: 'calm' }, data: { calm: 1 }, priority: 'high' });
      assert.equal(calm.body.routed_by, 'calm');
      assert.equal((await server.list('calm')).notifications[0].priority, 'low');
      const nowhere = await post(server, { type: 't', title: 'x' });
      assertProblem(nowhere, 422, 'invalid_notification');
      assert.match(nowhere.body.detail, /^"to" is missing; .*routing\.rules/);
      const lacking = await post(server, { ...ORDER, data: { ...ORDER.data, owner: undefined } });
      assertProblem(lacking, 422, 'invalid_notification');
      assert.match(lacking.body.detail, /big-orders.*data\.owner/);
      assertProblem(await post(server, { ...ORDER, user: 'anna' }), 422, 'invalid_notification');
    });
  });

  test(`${kind}: what is dropped is answered so, alone and among others, and counted`, async () => {
    await withServer(await options(), async (server) => {
      const alone = await post(server, { type: 'debug', title: 'x' });
      assert.equal(alone.status, 202);
      assert.deepEqual(alone.body, { dropped_by: 'no-debug' });
      assertProblem(await post(server, { type: 'debug' }), 422, 'invalid_notification');
      const many = await post(server, [{ type: 'debug', title: 'x', to: { user: 'dropped' } }, ORDER, 5]);
      assert.equal(many.status, 200);
      assert.deepEqual(many.body.results[0], { status: 202, dropped_by: 'no-debug' });
      assert.deepEqual(many.body.results.map(({ status }) => status), [202, 201, 422]);
      assert.equal(many.body.results[1].routed_by, 'big-orders');
      assert.equal((await server.list('dropped')).notifications.length, 0);
      assert.equal(await metric(server, 'allim_items_dropped_total'), 2);
      assert.equal(await metric(server, 'allim_items_routed_total'), 3);
    });
  });

  test(`${kind}: a repeated request is told what the rules of then decided`, async () => {
    await withServer(await options(), async (server, file) => {
      const requests = [ORDER, { type: 'debug', title: 'x' }, [{ type: 'debug', title: 'x' }],
        [5, { type: 'debug', title: 'x' }, ORDER, { type: 'announcement', title: 'x' },
          { type: 't', title: 'x', to: { user: 'own' } }]];
      const publishAll = () => Promise.all(requests.map((body, index) => post(server, body, { 'idempotency-key': `r${index}` })));
      const first = await publishAll();
      assert.deepEqual(first.map(({ status }) => status), [201, 202, 200, 200]);
      const probe = async () => (await post(server, { type: 'probe', title: 'x', to: { user: 'probe' } })).status === 202;
      await reloaded(server, file, 'routing: {rules: [{name: all, drop: true}]}', probe);
      const published = await metric(server, 'allim_notifications_total');
      const second = await publishAll();
      await reloaded(server, file, 'routing: {rules: [{name: other, to: {user: other}}]}', async () => !(await probe()));
      const third = await publishAll();
      for (const again of [second, third]) {
        assert.deepEqual(again.map(({ status, body }) => ({ status, body })), first.map(({ status, body }) => ({ status, body })));
        for (const answer of again) assert.equal(answer.headers.get('idempotency-replayed'), 'true');
      }
      assert.ok(await metric(server, 'allim_notifications_total') <= published + 1, 'nothing but the probe');
      assertProblem(await post(server, { type: 'debug', title: 'y' }, { 'idempotency-key': 'r1' }), 422, 'idempotency_key_reused');
      await server.restart();
      assert.deepEqual((await publishAll()).map(({ body }) => body), first.map(({ body }) => body));
    });
  });
}

test('a rule may send to everyone what a user publishes, and no user may', async () => {
  await withServer({}, async (server) => {
    const headers = { authorization: `Bearer ${server.token('writer', { may_publish: true })}` };
    const publish = (body) => server.call('POST', '/v1/notifications', { headers, body });
    const routed = await publish({ type: 'announcement', title: 'For all', to: { user: 'x' } });
    assert.equal(routed.status, 201, JSON.stringify(routed.body));
    assert.equal(routed.body.notifications[0].everyone, true);
    assert.equal((await server.list('anybody')).notifications[0].title, 'For all');
    assertProblem(await publish({ type: 't', title: 'x', to: { everyone: true } }), 403, 'forbidden');
    assertProblem(await publish([{ type: 'announcement', title: 'x' }, { type: 't', title: 'x', to: { everyone: true } }]), 403);
    assertProblem(await publish({ type: 't', title: 'x', to: { everyone: true }, data: { calm: true } }), 403, 'forbidden');
    assert.equal((await publish({ type: 'debug', title: 'x', to: { everyone: true } })).status, 202);
  });
});

test('SIGHUP takes new rules as a whole, and a mistake in one leaves the old ones', async () => {
  await withServer({}, async (server, file) => {
    const rule = async () => (await post(server, ORDER)).body.routed_by;
    assert.equal(await rule(), 'big-orders');
    const log = await reload(server, file, `${RULES}    - name: broken\n      when: {data.x: ">= many"}\n`, /not reloaded/);
    assert.match(log, /allim\.yaml:\d+:\d+: rule broken: .*>= many.*compares with something that is no number/);
    assert.equal(await rule(), 'big-orders');
    await reloaded(server, file, RULES.replaceAll('big-orders', 'huge-orders'), async () => (await rule()) === 'huge-orders');
    await reloaded(server, file, 'routing: {rules: []}', async () => (await rule()) === undefined);
    await reloaded(server, file, '', async () => (await rule()) === undefined);
  });
});

test('a node does not start with a rule that is wrong, and config check says so', async () => {
  const file = settingsFile(RULES.replace('priority: urgent', 'priority: hihg'));
  const variables = { ALLIM_JWT_SECRET: 'x'.repeat(32) };
  for (const command of [['config', 'check', file], ['serve', '--config', file]]) {
    const result = await run(command, { variables });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /allim\.yaml:\d+:\d+: rule big-orders: priority "hihg" must be low, normal, high or urgent/);
    assert.equal(result.stdout, '');
  }
  assert.equal((await run(['config', 'check', settingsFile(RULES)], { variables })).code, 0);
});

test('route --explain says which rule decides and why the others do not', async () => {
  const file = settingsFile(RULES);
  const messages = join(makeFolder(), 'messages.json');
  writeFileSync(messages, JSON.stringify([ORDER, { ...ORDER, data: { ...ORDER.data, amount: 5 } }, { type: 'debug', title: 'x' }]));
  give(messages, 0o600);
  const text = await run(['route', '--explain', messages, '--config', file]);
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /^message 1\n {2}no-debug does not hold:\n {4}type must be debug; it is "order\.created"\n {2}big-orders decides\n/);
  assert.match(text.stdout, /\n {2}to: \{"users":\["ops-1","owner-7"\]\}\n {2}priority: urgent\n {2}expires: 20\d\d-/);
  assert.match(text.stdout, /\n {4}data\.amount must be ">= 1000"; it is 5\n/);
  assert.match(text.stdout, /message 3\n {2}no-debug decides\n {2}dropped\n$/);
  const json = await run(['route', '--explain', '-', '--config', file, '--json'], { input: readFileSync(messages, 'utf8') });
  const lines = json.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ rule }) => rule), ['big-orders', null, 'no-debug']);
  assert.deepEqual(lines[1].passed_over[1].because, [{ path: 'data.amount', must_be: '">= 1000"', is: 5 }]);
  assert.equal(lines[2].dropped, true);
  const refused = await run(['route', '--explain', '-', '--config', file], { input: '{"type": "t", "title": "x"}' });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^allim route: message 1: "to" is missing; [^\n]+\n$/);
});

test('allim publish says what was dropped, and succeeds', async () => {
  await withServer({}, async (server) => {
    const variables = { ALLIM_URL: server.url, ALLIM_API_KEY: server.apiKey };
    const alone = await run(['publish', '--to', 'a', '--type', 'debug', '--title', 'x'], { variables });
    assert.deepEqual([alone.code, alone.stdout], [0, '']);
    assert.equal(alone.stderr, 'allim publish: notification 1 was dropped by the rule no-debug\n');
    const input = JSON.stringify([{ type: 'announcement', title: 'x' }, { type: 'debug', title: 'x' }]);
    const many = await run(['publish', '--file', '-'], { variables, input });
    assert.equal(many.code, 0);
    assert.match(many.stdout, /^\d+\n$/);
    assert.equal(many.stderr, 'allim publish: notification 2 was dropped by the rule no-debug\n');
  });
});
