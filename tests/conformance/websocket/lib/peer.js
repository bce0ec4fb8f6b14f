// A client on a bare socket, which says what a case wants said.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PATIENCE_MS } from '../../../integration/lib/wait.js';
import { close, describe, frame, readFrames } from './frames.js';

export const PATH = '/v1/inbox/socket';
const SMALL_BYTES = 300; // what is not larger is also sent octet by octet

// The lines of an opening handshake (RFC 6455, 4.1). What `headers` has replaces a line, or with null leaves it out.
export function handshake(server, { target = PATH, first = `GET ${target} HTTP/1.1`, key = randomBytes(16).toString('base64'), headers = {} } = {}) {
  const all = { Host: `127.0.0.1:${server.port}`, Upgrade: 'websocket', Connection: 'Upgrade',
    'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13', ...headers };
  const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}`);
  return `${[first, ...lines].join('\r\n')}\r\n\r\n`;
}

export const acceptOf = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

export class Peer {
  constructor(server) {
    this.received = Buffer.alloc(0);
    this.waiting = [];
    this.ended = false;
    this.socket = connect(server.port, '127.0.0.1').setNoDelay();
    this.socket.on('data', (bytes) => { this.received = Buffer.concat([this.received, bytes]); this.look(); });
    this.socket.on('end', () => { this.ended = true; this.look(); });
    this.socket.on('error', (error) => { this.error = error; this.look(); });
    this.socket.on('close', () => this.look());
  }

  look() {
    for (const waiting of this.waiting) waiting();
  }

  // Waits until `probe` returns something true, and returns that.
  until(what, probe) {
    return new Promise((settle, fail) => {
      const finish = (result, error) => {
        clearTimeout(limit);
        this.waiting = this.waiting.filter((each) => each !== look);
        if (error) fail(error);
        else settle(result);
      };
      const limit = setTimeout(() => {
        finish(null, new Error(`waited in vain for ${what}; there is ${this.received.toString('latin1').slice(0, 500)}`));
      }, PATIENCE_MS);
      const look = () => {
        const result = probe();
        if (result) finish(result);
        else if (this.ended || this.error || this.socket.destroyed) finish(null, this.error ?? new Error(`the connection ended before ${what}`));
      };
      this.waiting.push(look);
      look();
    });
  }

  async send(bytes, { octets = false } = {}) {
    for (const piece of octets ? bytes.values() : [bytes]) {
      this.socket.write(octets ? Buffer.from([piece]) : piece);
      if (octets) await turn();
    }
  }

  // The head of the next answer of HTTP, {status, headers}; its body is dropped.
  async answer() {
    const end = await this.until('the answer', () => this.received.indexOf('\r\n\r\n') + 1) - 1;
    const [first, ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const length = Number(headers['content-length'] ?? 0);
    await this.until('its body', () => this.received.length >= end + 4 + length);
    this.received = this.received.subarray(end + 4 + length);
    return { first, status: Number(first.split(' ')[1]), headers };
  }

  // The frames up to the end, which the server makes (7.1.1), in order: not by a reset.
  async frames() {
    await this.until('the end', () => this.ended || this.error);
    this.socket.end();
    assert.equal(this.error, undefined);
    return readFrames(this.received);
  }

  async open(server, options) {
    await this.send(handshake(server, options));
    const answer = await this.answer();
    assert.equal(answer.status, 101, answer.first);
    return answer;
  }
}

// Opens, sends, and returns all that comes back in words, the close at its end included.
export async function converse(server, bytes, { octets, ...options } = {}) {
  const peer = new Peer(server);
  await peer.open(server, options);
  await peer.send(bytes, { octets });
  return peer.frames();
}

async function check(server, bytes, expected) {
  for (const octets of bytes.length > SMALL_BYTES ? [false] : [false, true]) {
    const frames = await converse(server, bytes, { octets });
    assert.deepEqual(frames.map(describe), expected, octets ? 'octet by octet' : 'in one piece');
  }
}

// What is sent comes back as `expected`, a list of [opcode, payload], and the connection goes on: a close is answered.
export function echoes(server, name, bytes, expected) {
  const described = expected.map(([opcode, payload]) => describe({ opcode, payload }));
  test(name, () => check(server, Buffer.concat([bytes, close(1000)]), [...described, 'close 1000']));
}

// What is sent fails the connection with that code (7.1.7), behind what was right before it. What follows is not
// looked at.
export function fails(server, name, bytes, code, expected = []) {
  const described = expected.map(([opcode, payload]) => describe({ opcode, payload }));
  test(name, () => check(server, Buffer.concat([bytes, frame(1, 'not looked at')]), [...described, `close ${code}`]));
}
