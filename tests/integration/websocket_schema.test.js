// Every message that is sent, either way, is one that docs/websocket.schema.json describes; and so are the
// examples of docs/websocket.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';
import { SocketStream } from './lib/web_socket.js';

const read = (name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(parse(read('openapi.yaml')), 'openapi.yaml');
ajv.addSchema(JSON.parse(read('websocket.schema.json')));

function check(definition, message) {
  const validate = ajv.getSchema(`websocket.schema.json#/$defs/${definition}`);
  assert.ok(validate(message), `${JSON.stringify(message)}: ${ajv.errorsText(validate.errors)}`);
}

const server = await serverFor(after, { variables: { ALLIM_STREAM_HEARTBEAT: '1s', ALLIM_LIMITS_REQUESTS_PER_MINUTE: '40' } });

test('all that comes is described', async () => {
  const socket = new SocketStream(server, 'anna', { query: '?after=0000000000000001.1.1' });
  const kinds = new Set();
  socket.socket.on('message', (bytes, isBinary) => {
    if (isBinary) return;
    const message = JSON.parse(bytes);
    check('fromServer', message);
    kinds.add(message.event ?? message.status);
  });
  const ask = (message) => { check('request', message); socket.send(message); return socket.answerTo(message.id); };
  await socket.live();
  const id = await server.publish('anna', { body: 'b', data: 'data:;base64,YQ==', expires_at: '2099-01-01T00:00:00Z' });
  await server.publish({ everyone: true });
  const { id: cursor } = await socket.waitNotification(id);
  check('acknowledgement', { ack: cursor });
  socket.send({ ack: cursor, id: 'ack' });
  await socket.answerTo('ack');
  await ask({ id: 1, method: 'GET', path: '/v1/inbox' });
  await ask({ id: 'mark', method: 'POST', path: '/v1/inbox/read', body: { ids: [id] } });
  await ask({ id: 2, method: 'POST', path: '/v1/inbox/archive', body: { all: true } });
  await ask({ id: 3, method: 'GET', path: `/v1/inbox/${id}/data` });
  await ask({ id: 4, method: 'GET', path: '/v1/inbox/0/data' });
  const publish = {
    id: 5, method: 'POST', path: '/v1/notifications', idempotency_key: 'k', body: { to: { user: 'anna' }, type: 't', title: 'x' },
  };
  assert.equal((await ask(publish)).idempotency_replayed, undefined);
  assert.equal((await ask({ ...publish, id: 6 })).idempotency_replayed, true);
  for (let count = 0; count < 40; count++) socket.send({ id: `many ${count}`, method: 'GET', path: '/v1/inbox/count' });
  await eventually('every kind', () => ['retry', 'reset', 'count', 'notification', 'change', 'heartbeat', 200, 201, 204, 404, 429]
    .every((kind) => kinds.has(kind)));
  await socket.close();
});

test('the examples of the document are described', () => {
  const blocks = read('websocket.md').matchAll(/```json\n([^]*?)```/g);
  const messages = [...blocks].flatMap(([, text]) => text.trim().split('\n').map((line) => JSON.parse(line)));
  assert.ok(messages.length >= 8);
  for (const message of messages) {
    if (message.event === 'notification') assert.ok(message.data.id); // shortened there
    else check('event' in message || 'status' in message ? 'fromServer' : 'fromClient', message);
  }
});

test('the schema is not one that anything fits', () => {
  for (const message of [
    {}, { event: 'other', data: {} }, { event: 'count', data: {}, cursor: '0379fb041e82c435.5.1' },
    { event: 'count', data: { unread: 1 } }, { id: 1 }, { id: 1, status: 404 }, { id: 1, status: 200, more: 1 },
    { id: 1, status: 200, bytes: 3 },
  ]) assert.throws(() => check('fromServer', message), JSON.stringify(message));
  for (const message of [{}, { ack: 7 }, { id: 1 }, { id: 1, method: 'GET' }, { method: 'GET', path: '/v1/inbox' }]) {
    assert.throws(() => check('fromClient', message), JSON.stringify(message));
  }
});
