// A cable that is taken out: what no proxy can do.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { test } from 'node:test';
import { postgresFor } from '../integration/lib/postgres.js';
import { redisFor } from '../integration/lib/redis.js';
import { stateOf } from '../integration/lib/process_tree.js';
import { eventually, sleep } from '../integration/lib/wait.js';
import { checkedServer } from './lib/checked_server.js';
import { namespacesFor, refusal } from './lib/namespaces.js';

const skip = refusal() ?? false;

test('a cut cable is silent, and what was under way arrives once it is mended', { skip }, async (t) => {
  const before = JSON.stringify(networkInterfaces());
  const { near, far, cut, mend } = await namespacesFor((hook) => t.after(hook));
  const server = await postgresFor((hook) => t.after(hook), { fsync: false, namespace: far });
  const port = await near.forward({ host: far.address, target: server.port });
  const url = `postgresql://allim@127.0.0.1:${port}/postgres`;
  assert.equal(await server.query('SELECT host(inet_server_addr())', { url }), far.address);
  assert.equal(await server.query('SELECT host(inet_client_addr())', { url }), near.address);

  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let answer = '';
  let isClosed = false;
  socket.on('error', () => {}).on('close', () => { isClosed = true; }).on('data', (data) => { answer += data.toString('latin1'); });
  const connections = () => far.run('ss', '--tcp', '--no-header', '--numeric', 'state', 'established', 'dst', near.address);
  socket.write(Buffer.from([0, 0, 0, 8])); // half of "may I speak TLS?", which is answered N
  await eventually('the connection', async () => (await connections()).includes(near.address));
  await cut();
  socket.write(Buffer.from([4, 0xd2, 0x16, 0x2f]));
  await sleep(500);
  assert.deepEqual([answer, isClosed], ['', false]);
  await mend();
  await eventually('the answer', () => answer === 'N');
  assert.equal(JSON.stringify(networkInterfaces()), before);
});

test('Redis is reached over the cable', { skip }, async (t) => {
  const { near, far } = await namespacesFor((hook) => t.after(hook));
  const server = await redisFor((hook) => t.after(hook), { namespace: far });
  assert.equal(await server.command('PING'), 'PONG');
  assert.match(await near.run('redis-cli', '-h', far.address, '-p', String(server.port), 'CLIENT', 'INFO'), / addr=10\.213\.0\.1:/);
});

test('a node in a namespace is reached as elsewhere', { skip }, async (t) => {
  const { near, far, cut } = await namespacesFor((hook) => t.after(hook));
  const server = await checkedServer((hook) => t.after(hook), { namespace: near });
  assert.equal((await server.call('GET', '/v1/inbox', { as: 'anna' })).status, 200);
  await server.publish('anna');
  await cut();
  await server.publish('anna'); // loopback is not the cable
  assert.equal((await server.list('anna')).notifications.length, 2);
  const holders = [near, far].map(({ holder }) => holder.pid);
  await server.stop();
  for (const namespace of [near, far]) await namespace.destroy();
  assert.deepEqual(holders.map(stateOf), ['', '']);
});
