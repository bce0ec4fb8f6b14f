// A WebSocket, as Client follows it (see follow() there), over which it can also ask.
import { PATIENCE_MS } from '../../integration/lib/wait.js';
import { WebSocket } from '../../integration/lib/websocket.js';
import { SocketReader } from './socket_reader.js';

const SUBPROTOCOL = 'allim.v1';
const PATH = '/v1/inbox/socket';

// 1005: as the client closed; 1006: without a word, as networks and kill -9 end it; 1012: restart.
const CLOSES = [1000, 1005, 1006, 1012];

// What ws says of servers that break the protocol, not of networks that break.
const isBreach = ({ code, message }) => (code ? code.startsWith('WS_ERR_') : /^(Invalid|Server sent) /.test(message));

export class SocketConnection {
  constructor({ url, cursor, headers, random, onOpen, onRefused, onEvent, onRetry, onEnd }) {
    this.waiting = new Map(); // by id: who waits for an answer
    this.asked = 0;
    this.random = random;
    this.onEnd = onEnd;
    const reader = new SocketReader({ onEvent, onRetry, onAnswer: (answer) => this.takeAnswer(answer) });
    this.socket = new WebSocket(new URL(`${PATH}?after=${cursor}`, url.replace(/^http/, 'ws')), SUBPROTOCOL, { headers, perMessageDeflate: false });
    this.socket.on('open', onOpen);
    this.socket.on('unexpected-response', (request, { statusCode }) => {
      onRefused(statusCode, PATH);
      request.destroy();
      onEnd();
    });
    this.socket.on('error', (error) => onEnd(isBreach(error) ? error.message : undefined));
    this.socket.on('close', (code, reason) => this.takeClose(code, reason));
    this.socket.on('message', (bytes, isBinary) => {
      try {
        if (isBinary) throw new Error('a message that is no text');
        reader.take(bytes.toString());
      } catch (error) {
        onEnd(error.message);
      }
    });
  }

  takeClose(code, reason) {
    for (const { fail } of this.waiting.values()) fail(new Error('the socket closed'));
    this.waiting.clear();
    this.onEnd(CLOSES.includes(code) ? undefined : `a socket was closed with ${code} ${reason}`);
  }

  takeAnswer({ id, status, body }) {
    const question = this.waiting.get(id);
    if (!question) throw new Error(`an answer to nobody: ${JSON.stringify({ id, status, body }).slice(0, 300)}`);
    this.waiting.delete(id);
    question.settle({ status, body });
  }

  // Resolves to {status, body}; rejects where the socket closes before.
  request(method, path, body) {
    return this.#ask({ method, path, body });
  }

  // Only one with an id is answered.
  acknowledge(cursor) {
    this.socket.send(JSON.stringify({ ack: cursor }), () => {});
  }

  acknowledgeAndWait(cursor) {
    return this.#ask({ ack: cursor });
  }

  #ask(message) {
    this.asked += 1;
    const id = this.asked % 2 ? this.asked : `ask-${this.asked}`;
    return new Promise((settle, fail) => {
      const late = setTimeout(() => this.onEnd(`no answer to ${JSON.stringify(message)} for ${PATIENCE_MS} ms`), PATIENCE_MS);
      const end = (act) => (result) => { clearTimeout(late); act(result); };
      this.waiting.set(id, { settle: end(settle), fail: end(fail) });
      this.socket.send(JSON.stringify({ id, ...message }), (error) => error && this.waiting.get(id)?.fail(error));
    });
  }

  // Says that it will send no more: the server answers with the same code, or with none, and closes.
  leave() {
    this.socket.close(this.random.pick([1000, undefined]));
  }

  destroy() {
    this.socket.terminate();
  }

  pause() {
    this.socket.pause();
  }

  resume() {
    this.socket.resume();
  }
}
