// The servers that other tests rely on: that they are what they say, and do what is done to them.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { postgresFor } from './lib/postgres.js';
import { stateOf, treeOf } from './lib/process_tree.js';
import { rabbitmqFor } from './lib/rabbitmq.js';
import { redisClusterFor, redisFor } from './lib/redis.js';
import { run } from './lib/real_server.js';
import { eventually } from './lib/wait.js';

const here = fileURLToPath(new URL('.', import.meta.url));

// A question to a frozen server has no answer until it goes on. Silence cannot be waited for, so a moment
// of it must do; each of these servers answers in much less.
async function checkFreezing(server, ask) {
  await server.freeze();
  assert.deepEqual([...new Set(treeOf(server.pid).map(stateOf).filter(Boolean))], ['T']);
  let isAnswered = false;
  const answer = ask().then(() => { isAnswered = true; });
  await new Promise((done) => { setTimeout(done, 300); });
  assert.equal(isAnswered, false);
  server.thaw();
  await answer;
}

test('PostgreSQL: databases, ends and restarts', async (t) => {
  const server = await postgresFor((hook) => t.after(hook));
  const url = await server.createDatabase();
  const { port } = server;
  await server.query('CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)', { url });
  assert.equal(await server.query('SELECT n, n + 1 FROM t ORDER BY n', { url }), '1|2\n2|3');
  await assert.rejects(server.query('SELECT n FROM t'), /relation "t" does not exist/);
  assert.equal(await server.query('SHOW fsync'), 'on');
  for (const end of ['stop', 'kill']) {
    const processes = treeOf(server.pid);
    assert.ok(processes.length > 3);
    await server[end]();
    assert.deepEqual(processes.map(stateOf).filter(Boolean), []);
    await assert.rejects(server.query('SELECT 1'), /refused/);
    await server.start();
    assert.equal(server.port, port);
    assert.equal(await server.query('SELECT count(*) FROM t', { url }), '2');
  }
  assert.match(server.log, /not properly shut down/);
  await checkFreezing(server, () => server.query('SELECT 1'));
});

test('PostgreSQL: password and TLS', async (t) => {
  const server = await postgresFor((hook) => t.after(hook), { password: 'open sesame', tls: true, fsync: false });
  assert.equal(await server.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'), 't');
  assert.equal(await server.query('SHOW fsync'), 'off');
  const verified = `${server.url()}?sslmode=verify-full&sslrootcert=${server.certificate}`;
  assert.equal(await server.query('SELECT 1', { url: verified }), '1');
  server.password = 'open barley';
  await assert.rejects(server.query('SELECT 1'), /password authentication failed/);
});

test('Redis: ends and restarts', async (t) => {
  const server = await redisFor((hook) => t.after(hook));
  const { port } = server;
  assert.equal(await server.command('SET', 'name', 'value'), 'OK');
  await assert.rejects(server.command('SET', 'name'), /wrong number of arguments/);
  for (const end of ['stop', 'kill']) {
    const { pid } = server;
    await server.command('INCR', 'count');
    await server[end]();
    assert.equal(stateOf(pid), '');
    await assert.rejects(server.command('PING'), /refused/);
    await server.start();
    assert.equal(server.port, port);
    assert.equal(await server.command('GET', 'name'), 'value');
  }
  await checkFreezing(server, () => server.command('PING'));
});

test('Redis: password and TLS', async (t) => {
  const server = await redisFor((hook) => t.after(hook), { password: 'open sesame', tls: true });
  assert.equal(await server.command('PING'), 'PONG');
  await assert.rejects(run(['redis-cli', '-e', '-p', String(server.port), 'PING']));
  server.password = undefined;
  await assert.rejects(server.command('PING'), /NOAUTH/);
});

test('Redis: a cluster of three', async (t) => {
  const nodes = await redisClusterFor((hook) => t.after(hook), { password: 'open sesame' });
  assert.equal(nodes.length, 3);
  const answers = [];
  for (const node of nodes) answers.push(await node.command('SET', 'name', 'value').catch((error) => error.message));
  assert.equal(answers.filter((answer) => answer === 'OK').length, 1, answers.join('; '));
  assert.equal(answers.filter((answer) => /MOVED/.test(answer)).length, 2, answers.join('; '));
  assert.match(await nodes[0].command('CLUSTER', 'INFO'), /cluster_slots_ok:16384/);
});

test('RabbitMQ: ends and restarts', async (t) => {
  const server = await rabbitmqFor((hook) => t.after(hook));
  const { port } = server;
  await server.control('add_vhost', 'team');
  await assert.rejects(server.control('add_user'), /add_user/);
  for (const end of ['stop', 'kill']) {
    const processes = treeOf(server.pid);
    assert.ok(processes.length > 1);
    await server[end]();
    assert.deepEqual(processes.map(stateOf).filter(Boolean), []);
    assert.equal(await server.isReady(), false);
    await server.start();
    assert.equal(server.port, port);
    assert.match(await server.control('list_vhosts'), /^team$/m);
  }
  await checkFreezing(server, () => server.isReady());
});

// The program starts a server, says where, and is killed: no hook of its own runs.
test('a server does not outlive its test', async (t) => {
  const script = `import { redisFor } from './lib/redis.js';
    const server = await redisFor(() => {});
    console.log(server.pid, server.folder);`;
  for (const end of ['process.exit(1)', 'process.kill(process.pid, "SIGKILL")', 'throw new Error("a failure")']) {
    const output = await run([process.execPath, '--input-type=module', '--eval', `${script}\n${end}`], { cwd: here })
      .catch((error) => error.stdout);
    const [pid, folder] = output.trim().split(' ');
    await eventually(`the end of ${pid}`, () => stateOf(pid) === '');
    if (!end.includes('SIGKILL')) assert.equal(existsSync(folder), false);
    else t.after(() => run(['rm', '-rf', '--', folder]));
  }
});
