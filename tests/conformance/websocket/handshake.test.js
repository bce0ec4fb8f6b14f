// RFC 6455, 4: the opening handshake, as bytes. Which requests are refused, with which words, is the business of
// tests/unit/server/test_websocket.c; here is what a client sees of it, and what comes before and after.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serverFor } from '../../integration/lib/server.js';
import { TEXT, close, describe, text } from './lib/frames.js';
import { PATH, Peer, acceptOf, handshake } from './lib/peer.js';

const server = await serverFor(after, { args: ['--limits-requests-per-minute', '0', '--websocket-compression'] });

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='; // of 1.2
const HELLO = describe({ opcode: TEXT, payload: 'Hello' });

async function answerTo(request, { octets } = {}) {
  const peer = new Peer(server);
  await peer.send(Buffer.from(request), { octets });
  return { peer, answer: await peer.answer() };
}

// A WebSocket that is open echoes.
async function assertOpen({ peer, answer }) {
  assert.equal(answer.first, 'HTTP/1.1 101 Switching Protocols');
  await peer.send(Buffer.concat([text('Hello'), close(1000)]));
  assert.deepEqual((await peer.frames()).map(describe), [HELLO, 'close 1000']);
}

test('4.2.2: the answer has what it must have, and nothing that nobody asked for', async () => {
  const opened = await answerTo(handshake(server, { key: KEY }));
  assert.deepEqual(Object.keys(opened.answer.headers).filter((name) => /^(sec-|upgrade|connection|content|transfer)/.test(name)).sort(),
    ['connection', 'sec-websocket-accept', 'upgrade']);
  assert.equal(opened.answer.headers.upgrade, 'websocket');
  assert.equal(opened.answer.headers.connection, 'Upgrade');
  assert.equal(opened.answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  await assertOpen(opened);
});

test('4.2.2: every key is answered as it must be', async () => {
  for (const byte of [0, 1, 0x3e, 0x3f, 0x7f, 0xfb, 0xff]) {
    const key = Buffer.alloc(16, byte).toString('base64');
    const { peer, answer } = await answerTo(handshake(server, { key }));
    assert.equal(answer.headers['sec-websocket-accept'], acceptOf(key));
    peer.socket.destroy();
  }
});

const lines = (...headers) => `${[`GET ${PATH} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`;

const OPENING = {
  '4.1: a request octet by octet': [handshake(server, { key: KEY }), { octets: true }],
  '4.1: the address as a whole': [handshake(server, { target: `http://127.0.0.1:${server.port}${PATH}` })],
  '4.2.1: names and tokens in any case': [lines(`hOST: 127.0.0.1:${server.port}`, 'uPGRADE: WebSocket', 'CONNECTION: upGRADE',
    `sec-websocket-KEY: ${KEY}`, 'SEC-WEBSOCKET-version: 13')],
  '4.2.1: headers in another order': [lines('Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`, 'Connection: Upgrade',
    'Upgrade: websocket', `Host: 127.0.0.1:${server.port}`)],
  '4.2.1: more tokens than these': [handshake(server, { headers: { Connection: 'keep-alive, Upgrade', Upgrade: 'h2c, websocket' } })],
  '4.2.1: headers that nobody knows': [handshake(server, { headers: { 'X-Something': 'else', 'Sec-WebSocket-Else': 'x', 'User-Agent': 'x' } })],
  '4.2.1: spaces around values': [handshake(server, { headers: { Upgrade: '  websocket\t', 'Sec-WebSocket-Version': ' 13 ',
    'Sec-WebSocket-Key': `\t${KEY}  ` } })],
  '9.1: an extension that nobody knows': [handshake(server, { headers: { 'Sec-WebSocket-Extensions': 'foo; bar=2, x-webkit-deflate-frame' } })],
  '10.2: a page of this host': [handshake(server, { headers: { Origin: `http://127.0.0.1:${server.port}` } })],
};
for (const [name, [request, options]] of Object.entries(OPENING)) {
  test(name, async () => {
    const opened = await answerTo(request, options);
    assert.equal(opened.answer.headers['sec-websocket-extensions'], undefined);
    await assertOpen(opened);
  });
}

test('4.2.2: of the subprotocols that are offered, ours is chosen', async () => {
  const opened = await answerTo(handshake(server, { headers: { 'Sec-WebSocket-Protocol': 'chat, allim.v1, superchat' } }));
  assert.equal(opened.answer.headers['sec-websocket-protocol'], 'allim.v1');
  await assertOpen(opened);
});

// 4.2.1: [what the request has otherwise, the status, headers of the answer].
const REFUSED = {
  'another method': [{ first: `POST ${PATH} HTTP/1.1` }, 405, {}],
  'HTTP/1.0': [{ first: `GET ${PATH} HTTP/1.0` }, 400, {}],
  'no Host': [{ headers: { Host: null } }, 400, {}],
  'no Upgrade': [{ headers: { Upgrade: null } }, 426, { upgrade: 'websocket' }],
  'another Upgrade': [{ headers: { Upgrade: 'h2c' } }, 426, { upgrade: 'websocket' }],
  'no Connection': [{ headers: { Connection: null } }, 426, { upgrade: 'websocket' }],
  'another Connection': [{ headers: { Connection: 'keep-alive' } }, 426, { upgrade: 'websocket' }],
  'no key': [{ headers: { 'Sec-WebSocket-Key': null } }, 400, {}],
  'a key of 15 bytes': [{ key: Buffer.alloc(15).toString('base64') }, 400, {}],
  'a key of 17 bytes': [{ key: Buffer.alloc(17).toString('base64') }, 400, {}],
  'no version': [{ headers: { 'Sec-WebSocket-Version': null } }, 400, {}],
  'the version 8 (4.4)': [{ headers: { 'Sec-WebSocket-Version': '8' } }, 426, { 'sec-websocket-version': '13' }],
  'the version 14 (4.4)': [{ headers: { 'Sec-WebSocket-Version': '14' } }, 426, { 'sec-websocket-version': '13' }],
  'a page of another host (10.2)': [{ headers: { Origin: 'https://evil.example' } }, 403, {}],
};
for (const [name, [options, status, headers]] of Object.entries(REFUSED)) {
  test(`4.2.1: ${name} is refused by HTTP, after which nothing is a frame`, async () => {
    const { peer, answer } = await answerTo(handshake(server, options));
    assert.equal(answer.status, status);
    assert.equal(answer.headers['sec-websocket-accept'], undefined);
    for (const [header, value] of Object.entries(headers)) assert.equal(answer.headers[header], value);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    peer.socket.destroy();
  });
}

test('4.4: whoever is told the version may try again over the same connection', async () => {
  const { peer } = await answerTo(handshake(server, { headers: { 'Sec-WebSocket-Version': '8' } }));
  await peer.send(Buffer.from(handshake(server)));
  await assertOpen({ peer, answer: await peer.answer() });
});

test('4.1: once it is open, nothing is HTTP', async () => {
  const { peer } = await answerTo(handshake(server));
  await peer.send(Buffer.from(handshake(server)));
  assert.deepEqual((await peer.frames()).map(describe), ['close 1002']);
});

test('4.1: frames that do not wait for the answer are never taken for a message', async () => {
  const peer = new Peer(server);
  await peer.send(Buffer.concat([Buffer.from(handshake(server)), text('Hello')]));
  await peer.until('the end', () => peer.ended || peer.error);
  assert.doesNotMatch(peer.received.toString('latin1'), /Hello/);
  peer.socket.destroy();
});
