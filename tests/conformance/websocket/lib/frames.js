// Frames (RFC 6455, 5.2), as right or as wrong as a case wants them, and what comes back in words.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
export const COMPRESSED = 0x40; // RSV1 (RFC 7692, 6)

const NAMES = { [TEXT]: 'text', [BINARY]: 'bytes', [CLOSE]: 'close', [PING]: 'ping', [PONG]: 'pong' };
const TOLD_BYTES = 60;

// The length in 0, 2 or 8 bytes beside the second one, or in as few as it takes.
function lengthOf(length, bytes) {
  const fewest = length > 65535 ? 8 : length > 125 ? 2 : 0;
  const extended = Buffer.alloc(8);
  extended.writeBigUInt64BE(BigInt(length));
  return { short: { 0: Number(length), 2: 126, 8: 127 }[bytes ?? fewest], extended: extended.subarray(8 - (bytes ?? fewest)) };
}

// One frame of a client's. `announced` is a length that the payload need not have.
export function frame(opcode, payload = '', { final = true, reserved = 0, masked = true, mask = randomBytes(4), announced, lengthBytes } = {}) {
  const bytes = Buffer.from(payload);
  const { short, extended } = lengthOf(announced ?? bytes.length, lengthBytes);
  const head = Buffer.from([(final ? 0x80 : 0) | reserved | opcode, (masked ? 0x80 : 0) | short]);
  if (!masked) return Buffer.concat([head, extended, bytes]);
  return Buffer.concat([head, extended, mask, bytes.map((byte, index) => byte ^ mask[index % 4])]);
}

export const text = (payload, options) => frame(TEXT, payload, options);
export const ping = (payload, options) => frame(PING, payload, options);
export const pong = (payload, options) => frame(PONG, payload, options);

export function closePayload(code, reason = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

export const close = (code, reason) => frame(CLOSE, code === undefined ? '' : closePayload(code, reason));

// A message in frames; `options` are those of the first.
export function fragments(opcode, parts, options) {
  return Buffer.concat(parts.map((part, index) => frame(index === 0 ? opcode : CONTINUATION, part,
    { final: index === parts.length - 1, ...(index === 0 ? options : {}) })));
}

// The frames of a server's, each {opcode, compressed, payload}; what is no whole frame fails.
export function readFrames(bytes) {
  const frames = [];
  let rest = bytes;
  while (rest.length > 0) {
    const short = rest[1];
    const lengthBytes = { 126: 2, 127: 8 }[short] ?? 0;
    assert.ok(rest.length >= 2 + lengthBytes, `half a head: ${rest.toString('hex')}`);
    assert.equal(short & 0x80, 0, 'a server masks nothing (5.1)');
    assert.equal(rest[0] & 0xb0, 0x80, 'one frame, and no reserved bit that nobody uses');
    const length = lengthBytes === 0 ? short : lengthBytes === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    assert.equal(lengthOf(length).extended.length, lengthBytes, 'the fewest bytes for a length');
    assert.ok(rest.length >= 2 + lengthBytes + length, 'half a frame');
    const payload = rest.subarray(2 + lengthBytes, 2 + lengthBytes + length);
    frames.push({ opcode: rest[0] & 0x0f, compressed: (rest[0] & COMPRESSED) !== 0, payload });
    rest = rest.subarray(2 + lengthBytes + length);
  }
  return frames;
}

function describePayload(payload) {
  if (payload.length <= TOLD_BYTES) return payload.toString('hex');
  return `${payload.length} bytes, ${createHash('sha256').update(payload).digest('hex')}`;
}

// Of a close frame the code; its reason is prose.
export function describe({ opcode, payload }) {
  const bytes = Buffer.from(payload);
  if (opcode !== CLOSE) return `${NAMES[opcode] ?? `opcode ${opcode}`} ${describePayload(bytes)}`;
  assert.notEqual(bytes.length, 1, 'half a close code');
  return bytes.length === 0 ? 'close' : `close ${bytes.readUInt16BE(0)}`;
}
