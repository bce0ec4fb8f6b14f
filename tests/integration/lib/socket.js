// Bytes on a bare socket, for requests that no client library would send.
import { connect } from 'node:net';
import { PATIENCE_MS } from './wait.js';

// Sends the bytes and returns all that comes back until the server closes, or until it has been quiet
// for `quiet` milliseconds after its first answer.
export function exchange(port, bytes, { quiet = 400, end = false } = {}) {
  return new Promise((settle, fail) => {
    const socket = connect(port, '127.0.0.1');
    const received = { text: '', closed: false };
    let timer = null;
    const finish = () => {
      clearTimeout(timer);
      clearTimeout(limit);
      socket.destroy();
      settle(received);
    };
    const limit = setTimeout(() => fail(new Error(`no answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`)), PATIENCE_MS);
    socket.setEncoding('latin1');
    socket.on('connect', () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (text) => {
      received.text += text;
      clearTimeout(timer);
      timer = setTimeout(finish, quiet);
    });
    socket.on('error', () => { received.closed = true; finish(); });
    socket.on('close', () => { received.closed = true; finish(); });
  });
}

// The status codes of all answers in what was received.
export function statuses(text) {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
