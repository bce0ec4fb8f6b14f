// WebSockets through real clients: ws@8, and Python's websockets.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from './lib/process.js';
import { Server, serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';
import { SocketStream } from './lib/web_socket.js';

const server = await serverFor(after, { args: ['--method', 'websocket'], variables: { ALLIM_STREAM_HEARTBEAT: '1s' } });

const openAs = (user, options) => new SocketStream(server, user, options).live();

test('what is published arrives on all sockets of its user, and on no other', async () => {
  const [first, second, other] = await Promise.all([openAs('anna'), openAs('anna'), openAs('sofia')]);
  assert.equal(first.socket.protocol, 'allim.v1');
  const id = await server.publish('anna', { title: 'Hello', body: 'über 알림', data: { price: 1.10 } });
  const events = await Promise.all([first, second].map((socket) => socket.waitNotification(id)));
  assert.deepEqual(events[0], events[1]);
  assert.equal(events[0].data.body, 'über 알림');
  const everyone = await server.publish({ everyone: true });
  await Promise.all([first, second, other].map((socket) => socket.waitNotification(everyone)));
  assert.deepEqual(other.named('notification').map(({ data }) => data.id), [everyone]);
  await Promise.all([first, second, other].map((socket) => socket.close(1000)));
});

test('requests go over the socket, and other tabs hear of them', async () => {
  const [asks, hears] = await Promise.all([openAs('minjun'), openAs('minjun')]);
  const id = await server.publish('minjun', { title: 'To be read' });
  await hears.waitNotification(id);
  const list = await asks.ask('GET', '/v1/inbox?limit=5');
  assert.equal(list.status, 200);
  assert.ok(list.body.notifications.some((row) => row.id === id));
  for (const [path, member] of [['seen', 'seen_at'], ['read', 'read_at'], ['archive', 'archived_at']]) {
    const answer = await asks.ask('POST', `/v1/inbox/${path}`, { ids: [id] });
    assert.equal(answer.status, 200);
    await hears.waitChange((data) => data.id === id && data[member] !== null);
  }
  const { body: count } = await server.call('GET', '/v1/inbox/count', { as: 'minjun' });
  assert.deepEqual((await asks.ask('GET', '/v1/inbox/count')).body, count);
  assert.equal((await asks.ask('GET', '/v1/elsewhere')).status, 404);
  asks.send({ ack: list.body.cursor });
  await Promise.all([asks.close(), hears.close()]);
});

test('a client that comes again gets what it missed, once', async () => {
  const seen = [];
  const published = [];
  let cursor;
  for (let round = 0; round < 3; round++) {
    const socket = await openAs('resumes', { query: cursor ? `?after=${cursor}` : '' });
    published.push(await server.publish('resumes'));
    await socket.waitNotification(published.at(-1));
    seen.push(...socket.named('notification').map(({ data }) => data.id));
    cursor = socket.events.at(-1).id;
    if (round === 1) socket.socket.terminate();
    else await socket.close();
    for (let count = 0; count < 5; count++) published.push(await server.publish('resumes'));
  }
  const last = await openAs('resumes', { query: `?after=${cursor}` });
  await last.waitNotification(published.at(-1));
  seen.push(...last.named('notification').map(({ data }) => data.id));
  assert.deepEqual(seen, published);
  await last.close();
});

test('heartbeats tell the head', async () => {
  const socket = await openAs('beats');
  const id = await server.publish('beats');
  const { id: cursor } = await socket.waitNotification(id);
  await eventually('a heartbeat with it', () => socket.heartbeats.includes(cursor));
  await socket.close();
});

test('a node that stops says so, and when to come again', async () => {
  const other = await new Server({ args: ['--method', 'websocket'] }).start();
  const socket = await new SocketStream(other, 'anna').live();
  await other.stop();
  assert.deepEqual(await socket.closed, { code: 1012, reason: 'restart' });
  assert.ok(socket.retry >= 100 && socket.retry <= 300);
});

test('a socket ends with its token', async () => {
  const token = server.token('brief', { exp: Math.floor(Date.now() / 1000) + 2 });
  const socket = new SocketStream(server, null, { headers: { authorization: `Bearer ${token}` } });
  await socket.live();
  assert.deepEqual(await socket.closed, { code: 4401, reason: 'token_expired' });
});

test('large messages, in fragments too, and binary ones are refused', async () => {
  for (const [send, code] of [
    [(socket) => socket.send('x'.repeat(65537)), 1009],
    [(socket) => { socket.send('x'.repeat(60000), { fin: false }); socket.send('x'.repeat(60000)); }, 1009],
    [(socket) => socket.send(Buffer.from('{}')), 1003],
  ]) {
    const socket = await openAs('large');
    send(socket.socket);
    assert.equal((await socket.closed).code, code);
  }
});

test('handshakes that will not do are answered by HTTP', async () => {
  assert.equal(await new SocketStream(server, null).refused, 401);
  assert.equal(await new SocketStream(server, 'anna', { protocols: ['chat'] }).refused, 400);
  assert.equal(await new SocketStream(server, 'anna', { origin: 'https://evil.example' }).refused, 403);
  assert.equal(await new SocketStream(server, 'anna', { query: '?after=x' }).refused, 400);
  assert.equal((await server.call('GET', '/v1/inbox/socket', { as: 'anna' })).status, 426);
});

test('binary data comes as such, over HTTP too', async () => {
  const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
  const data = `data:image/png;base64,${bytes.toString('base64')}`;
  const socket = await openAs('sofia');
  const id = await server.publish('sofia', { title: 'A picture', data });
  assert.equal((await socket.waitNotification(id)).data.data, data);
  const { status, content_type: type, bytes: length, content } = await socket.ask('GET', `/v1/inbox/${id}/data`);
  assert.deepEqual({ status, type, length }, { status: 200, type: 'image/png', length: 3000 });
  assert.ok(content.equals(bytes));
  const answer = await fetch(`${server.url}/v1/inbox/${id}/data`, { headers: server.authorization('sofia') });
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes));
  assert.equal(answer.headers.get('content-type'), 'image/png');
  assert.equal(answer.headers.get('content-disposition'), 'attachment');
  assert.match(answer.headers.get('content-security-policy'), /sandbox/);
  const others = await server.publish('anna', { data });
  const none = await server.publish('sofia', { data: { picture: data } });
  const broken = await server.publish('sofia', { data: 'data:image/png;base64,????' });
  for (const wanted of [others, none, broken, 0, 'x', '9223372036854775807']) {
    assert.equal((await socket.ask('GET', `/v1/inbox/${wanted}/data`)).status, 404);
  }
  await socket.close();
});

test('messages are compressed where both sides want it', async () => {
  const other = await new Server({ variables: { ALLIM_WEBSOCKET_COMPRESSION: 'true' } }).start();
  const [compressed, plain] = await Promise.all([
    new SocketStream(other, 'anna', { perMessageDeflate: true }).live(),
    new SocketStream(other, 'anna', { perMessageDeflate: false }).live(),
  ]);
  assert.match(compressed.socket.extensions, /^permessage-deflate/);
  assert.equal(plain.socket.extensions, '');
  const received = () => [compressed, plain].map(({ socket }) => socket._socket.bytesRead);
  const before = received();
  const body = 'the same again and again, '.repeat(100);
  for (const to of ['anna', { everyone: true }]) {
    const id = await other.publish(to, { title: 'Long', body });
    const events = await Promise.all([compressed, plain].map((socket) => socket.waitNotification(id)));
    assert.deepEqual(events[0], events[1]);
    assert.equal(events[0].data.body, body);
  }
  const [small, large] = received().map((bytes, index) => bytes - before[index]);
  assert.ok(small * 3 < large, `${small} bytes compressed, ${large} not`);
  const list = await compressed.ask('GET', `/v1/inbox?limit=1&filter=${'x'.repeat(2000)}`);
  assert.equal(list.status, 400);
  compressed.send('x'.repeat(70000)); // little on the way, and too much when it is unpacked
  assert.equal((await compressed.closed).code, 1009);
  await plain.close();
  await other.stop();
});

const PYTHON = `
import asyncio, json, sys, websockets
async def main(url, token):
    headers = {"Authorization": "Bearer " + token}
    async with websockets.connect(url, subprotocols=["allim.v1"], extra_headers=headers) as socket:
        assert socket.subprotocol == "allim.v1"
        await (await socket.ping())
        await socket.send(json.dumps({"id": 1, "method": "GET", "path": "/v1/inbox"}))
        async for text in socket:
            message = json.loads(text)
            if message.get("id") == 1:
                print("ready", flush=True)
            if message.get("event") == "notification":
                print(message["data"]["title"], flush=True)
                break
asyncio.run(main(*sys.argv[1:]))
`;

test("Python's websockets receives and asks", async () => {
  const url = `${server.url.replace('http', 'ws')}/v1/inbox/socket`;
  const child = spawn('/usr/bin/python3', ['-c', PYTHON, url, server.token('python')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => { output += text; });
  const ended = new Promise((settle) => { child.on('exit', settle); });
  await eventually('the answer', () => output.includes('ready\n'));
  await server.publish('python', { title: 'For Python' });
  assert.equal(await ended, 0);
  assert.equal(output, 'ready\nFor Python\n');
});

// The client of docs/websocket.md, as it stands there.
async function documentedClient() {
  const page = readFileSync(new URL('../../docs/websocket.md', import.meta.url), 'utf8');
  const [, code] = /```js\n(import WebSocket[^]*?)```/.exec(page);
  const file = join(makeFolder(), 'inbox.mjs');
  writeFileSync(file, code.replace('"ws"', JSON.stringify(import.meta.resolve('ws'))));
  return (await import(file)).Inbox;
}

test('the client of the documents follows an inbox over a restart', async (t) => {
  const Inbox = await documentedClient();
  const node = await serverFor((end) => t.after(end), { args: ['--method', 'websocket'] });
  const { cursor } = await node.list('reads');
  const shown = [];
  const inbox = new Inbox(node.url.replace('http', 'ws'), () => node.token('reads'), cursor, (event, data) => {
    if (event === 'notification') shown.push(data.id);
  });
  const published = [await node.publish('reads')];
  await eventually('the first', () => shown.length === 1);
  assert.equal((await inbox.ask('GET', '/v1/inbox/count')).body.unread, 1);
  const left = inbox.ask('GET', '/v1/inbox?limit=1').then(() => null, (error) => error);
  inbox.socket.terminate();
  assert.match((await left)?.message ?? 'answered', /^the connection ended with 1006$|^answered$/);
  await node.restart();
  for (let count = 0; count < 3; count++) published.push(await node.publish('reads'));
  await eventually('the others', () => shown.length === 4);
  assert.deepEqual(shown, published);
  assert.equal((await inbox.ask('POST', '/v1/inbox/read', { ids: published })).status, 200);
  inbox.close();
});
