// A client over ws@8, which reads what comes as the readers of stream.js do.
import { WebSocket } from 'ws';
import { Collector } from './stream.js';

export class SocketStream extends Collector {
  // `query` begins with ?; `options` are those of ws.
  constructor(server, user, { query = '', protocols = ['allim.v1'], ...options } = {}) {
    super();
    this.answers = [];
    this.heartbeats = [];
    this.lastId = 0;
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/inbox/socket${query}`, protocols, {
      ...options, headers: { ...server.authorization(user), ...options.headers },
    });
    this.refused = new Promise((settle) => {
      this.socket.on('unexpected-response', (request, answer) => settle(answer.statusCode));
    });
    this.closed = new Promise((settle) => {
      this.socket.on('close', (code, reason) => settle({ code, reason: reason.toString() }));
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (bytes, isBinary) => this.take(bytes, isBinary));
  }

  take(bytes, isBinary) {
    if (isBinary) {
      this.answers.at(-1).content = bytes; // just behind the answer that announced it
      return;
    }
    const message = JSON.parse(bytes.toString());
    if ('status' in message) this.answers.push(message);
    else if (message.event === 'retry') this.retry = message.data.milliseconds;
    else if (message.event === 'heartbeat') this.heartbeats.push(message.data.head);
    else this.events.push({ name: message.event, data: message.data, id: message.cursor });
  }

  async live() {
    await this.wait('the first count', ({ name }) => name === 'count');
    return this;
  }

  send(message) {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // One request and its answer.
  ask(method, path, body) {
    this.lastId += 1;
    const id = this.lastId;
    this.send({ id, method, path, ...(body === undefined ? {} : { body }) });
    return this.answerTo(id);
  }

  answerTo(id) {
    return this.waitFor(`the answer ${id}`, () => this.answers.find((answer) => answer.id === id
      && (!answer.content_type || answer.content)));
  }

  close(code, reason) {
    this.socket.close(code, reason);
    return this.closed;
  }
}
