// A man in the middle who makes a good server look like a broken one. He sits between clients and server
// (or between publisher and server) and passes on everything but what his fault changes.
import http from 'node:http';
import { sleep } from '../../integration/lib/wait.js';
import { relaySocket } from './socket_relay.js';

// Who a request's token names.
function userOf(request) {
  const [, claims = ''] = (request.headers.authorization ?? '').split('.');
  try {
    return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub;
  } catch {
    return null;
  }
}

function itemOf(block) {
  const name = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  const row = data ? JSON.parse(data) : {};
  const write = (other) => block.replace(/^data: .*$/m, () => `data: ${JSON.stringify(other)}`);
  return { row: row.id ? row : null, isNew: name === 'notification', text: block, write };
}

export class Proxy {
  // `fault` has some of: change(items, connection), which returns what is passed on instead; answer(request),
  // which returns what a request over a WebSocket is answered instead, or null; and acknowledgesEarly.
  // A connection is {user, isPoll} and whatever the fault keeps in it. An item is {row, isNew}, and
  // where it is an event its text and write(row), which returns the text with another row.
  constructor(target, fault = {}) {
    Object.assign(this, { target, fault, connections: new WeakMap() });
    this.agent = new http.Agent({ keepAlive: true });
    this.server = http.createServer((request, response) => this.handle(request, response));
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  async listen() {
    await new Promise((done) => { this.server.listen(0, '127.0.0.1', done); });
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.agent.destroy();
    this.server.closeAllConnections();
    return new Promise((done) => { this.server.close(done); });
  }

  connectionOf(request) {
    const connection = this.connections.get(request.socket) ?? { user: userOf(request), isPoll: !/\/(stream|socket)/.test(request.url) };
    this.connections.set(request.socket, connection);
    return connection;
  }

  handle(request, response) {
    if (this.fault.acknowledgesEarly && request.method === 'POST') {
      this.acknowledge(request, response);
      return;
    }
    const forward = http.request(new URL(request.url, this.target), { method: request.method, headers: request.headers, agent: this.agent });
    forward.on('error', () => response.destroy());
    forward.on('response', (answer) => this.answer(request, answer, response));
    response.on('close', () => forward.destroy());
    request.pipe(forward);
  }

  upgrade(request, socket, head) {
    relaySocket({ request, socket, head, target: this.target, fault: this.fault, connection: this.connectionOf(request) });
  }

  answer(request, answer, response) {
    const { 'transfer-encoding': encoding, 'content-length': length, connection, ...headers } = answer.headers;
    const isEmpty = answer.statusCode === 304 || answer.statusCode === 204;
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
    if (this.fault.change && request.url.startsWith('/v1/inbox/stream')) {
      response.writeHead(answer.statusCode, headers);
      this.passEvents(this.connectionOf(request), answer, response);
    } else if (this.fault.change && request.url.startsWith('/v1/inbox?after=') && !isEmpty) {
      this.passAnswer(this.connectionOf(request), answer, response, headers);
    } else {
      response.writeHead(answer.statusCode, headers);
      answer.pipe(response);
    }
  }

  passEvents(connection, answer, response) {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop();
      for (const item of blocks.map(itemOf)) {
        const items = item.row ? this.fault.change([item], connection) : [item];
        for (const { text: passed } of items) response.write(`${passed}\n\n`);
      }
    });
    answer.on('end', () => response.end());
  }

  passAnswer(connection, answer, response, headers) {
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const items = body.notifications.map((row) => ({ row, isNew: row.title.endsWith(' v1') }));
      body.notifications = this.fault.change(items, connection).map(({ row }) => row);
      response.writeHead(answer.statusCode, headers).end(JSON.stringify(body));
    });
  }

  // Says "published" at once, and passes it on only later.
  acknowledge(request, response) {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"notifications":[]}');
      await sleep(this.fault.acknowledgesEarly);
      const forward = http.request(new URL(request.url, this.target), { method: 'POST', headers: request.headers, agent: this.agent });
      forward.on('error', () => {});
      forward.on('response', (answer) => answer.resume());
      forward.end(Buffer.concat(chunks));
    });
  }
}
