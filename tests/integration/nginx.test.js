// The nginx example of docs/operations.md, in front of a node.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { nginxFor } from './lib/nginx.js';
import { serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { SocketStream } from './lib/web_socket.js';

const server = await serverFor(after, { args: ['--method', 'websocket'], variables: { ALLIM_STREAM_HEARTBEAT: '1s' } });
const nginx = await nginxFor(after, server);
const proxied = { url: nginx.url, authorization: (user) => server.authorization(user) };

const ticketFor = async (user) => (await server.call('POST', '/v1/inbox/ticket', { as: user })).body.ticket;

test('a WebSocket goes through, in both directions', async () => {
  const socket = await new SocketStream(proxied, 'anna', { origin: nginx.url }).live();
  assert.equal(socket.socket.protocol, 'allim.v1');
  const id = await server.publish('anna', { title: 'Hello' });
  await socket.waitNotification(id);
  assert.equal((await socket.ask('POST', '/v1/inbox/read', { ids: [id] })).status, 200);
  await socket.waitFor('heartbeats', () => socket.heartbeats.length >= 2);
  await socket.close();
});

test('a stream comes through as it happens', async () => {
  const stream = await RawStream.open(proxied, 'sofia');
  await stream.wait('the first count', ({ name }) => name === 'count');
  await stream.waitNotification(await server.publish('sofia'));
  await stream.waitFor('a comment', () => stream.comments.length >= 1);
  await stream.close();
});

test('bodies are as large as the node takes them', async () => {
  const items = Array.from({ length: 100 }, () => ({ to: { user: 'minjun' }, type: 't', title: 'x', data: 'x'.repeat(20000) }));
  const answer = await fetch(`${nginx.url}/v1/notifications`, {
    method: 'POST', body: JSON.stringify(items),
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
  });
  assert.equal(answer.status, 200);
});

test('tickets stay out of the log', async () => {
  const open = await ticketFor('anna');
  const socket = await new SocketStream({ ...proxied, authorization: () => ({}) }, 'anna', { query: `?ticket=${open}` }).live();
  await socket.close();
  const streamed = await ticketFor('anna');
  const stream = await RawStream.open(proxied, 'anna', { query: `?ticket=${streamed}`, headers: {} });
  assert.equal(stream.answer.status, 200);
  await stream.close();
  await (await fetch(`${nginx.url}/v1/inbox/count`, { headers: server.authorization('anna') })).text();
  await stream.waitFor('the log', () => readFileSync(nginx.accessLog, 'utf8').includes('/v1/inbox/count'));
  assert.doesNotMatch(readFileSync(nginx.accessLog, 'utf8'), /ticket/);
});
