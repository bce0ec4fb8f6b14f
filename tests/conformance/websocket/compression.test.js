// RFC 7692: permessage-deflate, from the offer to messages in every form that deflate allows. Which offers are taken
// is the business of tests/unit/protocol/test_websocket_deflate.c.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { serverFor } from '../../integration/lib/server.js';
import { BINARY, COMPRESSED, CONTINUATION, PING, PONG, TEXT, close, describe, fragments, frame, ping, text } from './lib/frames.js';
import { Peer, converse } from './lib/peer.js';

const MESSAGE_BYTES = 128 * 1024;
const server = await serverFor(after, { args: ['--websocket-compression', '--websocket-message-bytes', '128KiB', '--limits-requests-per-minute', '0'] });

const OFFER = 'permessage-deflate; client_max_window_bits';
const ANSWER = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12';
const END = Buffer.from('0000ffff', 'hex');
const reserved = COMPRESSED;
const together = (...parts) => Buffer.concat(parts);
const hex = (digits) => Buffer.from(digits, 'hex');

// 7.2.1: without the end of the flush.
function deflate(payload, options) {
  const bytes = deflateRawSync(Buffer.from(payload), { finishFlush: constants.Z_SYNC_FLUSH, ...options });
  assert.ok(bytes.subarray(-4).equals(END));
  return bytes.subarray(0, -4);
}

// 7.2.2, with no more of a window than was agreed on, and none of the message before (7.1.1.1, 7.1.2.1).
const inflate = (bytes) => inflateRawSync(together(bytes, END), { windowBits: 12, finishFlush: constants.Z_SYNC_FLUSH });

const compressed = (payload, options) => frame(TEXT, deflate(payload, options), { reserved });

// What comes back, unpacked: every message is compressed, and no control frame.
function unpack({ opcode, compressed: isCompressed, payload }) {
  const isMessage = opcode === TEXT || opcode === BINARY;
  assert.equal(isCompressed, isMessage);
  return describe({ opcode, payload: isMessage ? inflate(payload) : payload });
}

async function check(bytes, expected) {
  for (const octets of bytes.length > 300 ? [false] : [false, true]) {
    const frames = await converse(server, bytes, { octets, headers: { 'Sec-WebSocket-Extensions': OFFER } });
    assert.deepEqual(frames.map(unpack), expected);
  }
}

const told = (expected) => expected.map(([opcode, payload]) => describe({ opcode, payload }));

function echoes(name, bytes, expected) {
  test(name, () => check(together(bytes, close(1000)), [...told(expected), 'close 1000']));
}

function fails(name, bytes, code, expected = []) {
  test(name, () => check(together(bytes, text('not looked at')), [...told(expected), `close ${code}`]));
}

const OFFERS = {
  'permessage-deflate': ANSWER,
  [OFFER]: ANSWER,
  'permessage-deflate; server_max_window_bits=8': undefined,
  'permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits=9': ANSWER,
  'permessage-deflate; something': undefined,
};
for (const [offer, answer] of Object.entries(OFFERS)) {
  test(`7.1: the offer ${offer} is ${answer ? 'taken' : 'declined'}, and a compressed frame with it`, async () => {
    const peer = new Peer(server);
    const { headers } = await peer.open(server, { headers: { 'Sec-WebSocket-Extensions': offer } });
    assert.equal(headers['sec-websocket-extensions'], answer);
    await peer.send(together(compressed('Hello'), close(1000)));
    assert.equal((await peer.frames()).map(describe).at(-1), answer ? 'close 1000' : 'close 1002');
  });
}
test('5: without an offer nothing is compressed', async () => {
  const frames = await converse(server, together(text('x'.repeat(1000)), close(1000)));
  assert.deepEqual(frames.map(({ compressed: isCompressed }) => isCompressed), [false, false]);
  assert.deepEqual((await converse(server, compressed('Hello'))).map(describe), ['close 1002']);
});

echoes('6: a message that is not compressed may come all the same', together(text('a'), compressed('b'), frame(BINARY, 'c')),
  [[TEXT, 'a'], [TEXT, 'b'], [BINARY, 'c']]);
echoes('6.1: bytes, too', frame(BINARY, deflate([0xff, 0xfe, 0xc3]), { reserved }), [[BINARY, [0xff, 0xfe, 0xc3]]]);
echoes('6.1: only the first fragment says that it is compressed', fragments(TEXT, [...deflate('a text in pieces')].map((byte) => [byte]), { reserved }),
  [[TEXT, 'a text in pieces']]);
echoes('6.1: empty fragments, and pings between', together(
  frame(TEXT, '', { final: false, reserved }), ping('1'), frame(CONTINUATION, deflate('Hello'), { final: false }), ping('2'), frame(CONTINUATION)),
[[PONG, '1'], [PONG, '2'], [TEXT, 'Hello']]);
for (const cut of [1, 2, 5]) {
  echoes(`6.1: cut behind ${cut} bytes`, fragments(TEXT, [deflate('Hello').subarray(0, cut), deflate('Hello').subarray(cut)], { reserved }), [[TEXT, 'Hello']]);
}
fails('6.1: a continuation that says that it is compressed', together(
  frame(TEXT, deflate('a'), { final: false, reserved }), frame(CONTINUATION, deflate('b'), { reserved })), 1002);
for (const opcode of [PING, PONG, 8]) {
  fails(`6.1: opcode ${opcode} that says that it is compressed`, frame(opcode, '', { reserved }), 1002);
}
for (const bit of [0x20, 0x10, 0x60]) {
  fails(`6455, 5.2: reserved bits 0x${bit.toString(16)}`, frame(TEXT, deflate('a'), { reserved: bit }), 1002);
}

echoes('7.2.3.1: a block with fixed codes', frame(TEXT, hex('f248cdc9c90700'), { reserved }), [[TEXT, 'Hello']]);
echoes('7.2.3.1: in two fragments', fragments(TEXT, [hex('f248cd'), hex('c9c90700')], { reserved }), [[TEXT, 'Hello']]);
echoes('7.2.3.3: a stored block', frame(TEXT, hex('000500faff48656c6c6f00'), { reserved }), [[TEXT, 'Hello']]);
echoes('7.2.3.4: a final block', frame(TEXT, hex('f348cdc9c9070000'), { reserved }), [[TEXT, 'Hello']]);
echoes('7.2.3.5: two blocks', frame(TEXT, hex('f24805000000ffffcac9c90700'), { reserved }), [[TEXT, 'Hello']]);
echoes('7.2.3.6: nothing but the start of a flush', frame(TEXT, hex('00'), { reserved }), [[TEXT, '']]);
fails('7.2.3.2: the window of the message before is gone', together(
  frame(TEXT, hex('f248cdc9c90700'), { reserved }), frame(TEXT, hex('f200110000'), { reserved })), 1007, [[TEXT, 'Hello']]);
fails('7.2.2: what is no deflate', frame(TEXT, hex('ffffff'), { reserved }), 1007);
fails('7.2.2: a block that is cut off', frame(TEXT, hex('f248cd'), { reserved }), 1007);
fails('7.2.2: a flush that is cut off', frame(TEXT, hex('f248cdc9c907'), { reserved }), 1007);
fails('7.2.2: a payload without a block', frame(TEXT, '', { reserved }), 1007);
fails('7.2.2: bytes behind a final block', frame(TEXT, hex('f348cdc9c9070001'), { reserved }), 1007);
for (const level of [0, 1, 9]) {
  for (const windowBits of [9, 12, 15]) {
    const words = Array.from({ length: 12000 }, (_, index) => `${(index * 7919) % 1009} `).join('').slice(0, MESSAGE_BYTES - 1000);
    echoes(`7.2.1: level ${level} with a window of ${windowBits} bits`, compressed(words, { level, windowBits }), [[TEXT, words]]);
  }
}
for (const strategy of ['Z_FIXED', 'Z_HUFFMAN_ONLY', 'Z_RLE']) {
  echoes(`7.2.1: ${strategy}`, compressed('aaaabbbbccccdddd'.repeat(50), { strategy: constants[strategy] }), [[TEXT, 'aaaabbbbccccdddd'.repeat(50)]]);
}
for (const length of [0, 1, 125, 126, 65535, 65536, MESSAGE_BYTES]) {
  echoes(`7.2.1: ${length} bytes`, compressed('x'.repeat(length)), [[TEXT, 'x'.repeat(length)]]);
}
echoes('7.1.1: each message is compressed by itself', together(...Array.from({ length: 50 }, () => compressed('the same again'))),
  Array.from({ length: 50 }, () => [TEXT, 'the same again']));

fails('6455, 8.1: a compressed text is UTF-8 when it is unpacked', compressed([0xc3, 0x28]), 1007);
fails('6455, 8.1: one that ends within a character', compressed([0xe2, 0x82]), 1007);
echoes('6455, 8.1: of a text it does not matter what it is before', compressed('한글'.repeat(20)), [[TEXT, '한글'.repeat(20)]]);
fails('6455, 10.4: one byte too many when it is unpacked', compressed('x'.repeat(MESSAGE_BYTES + 1)), 1009);
fails('6455, 10.4: a hundred megabytes in a hundred kilobytes', compressed('x'.repeat(100 << 20)), 1009);
