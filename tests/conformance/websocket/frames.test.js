// RFC 6455, 5.1 to 5.4, 5.6 and 10.4: frames, and messages of them.
import { after } from 'node:test';
import { serverFor } from '../../integration/lib/server.js';
import { BINARY, CONTINUATION, PING, PONG, TEXT, fragments, frame, ping, pong, text } from './lib/frames.js';
import { echoes, fails } from './lib/peer.js';

const MESSAGE_BYTES = 128 * 1024;
const server = await serverFor(after, { args: ['--websocket-message-bytes', '128KiB', '--limits-requests-per-minute', '0'] });

// Differs from place to place, so that a byte that moved is seen.
const letters = (length) => Buffer.from(Array.from({ length }, (_, index) => 97 + (index * index + index) % 23));
const together = (...parts) => Buffer.concat(parts);

for (const length of [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, MESSAGE_BYTES]) {
  echoes(server, `5.2, 5.6: a text of ${length} bytes`, text(letters(length)), [[TEXT, letters(length)]]);
  const bytes = letters(length).map((byte, index) => byte * 7 + index);
  echoes(server, `5.2, 5.6: ${length} bytes`, frame(BINARY, bytes), [[BINARY, bytes]]);
}
for (const [length, lengthBytes] of [[0, 2], [125, 2], [0, 8], [125, 8], [126, 8], [65535, 8]]) {
  fails(server, `5.2: a length of ${length} in ${lengthBytes} bytes`, text(letters(length), { lengthBytes }), 1002);
}
fails(server, '5.2: a length with its highest bit', text('', { announced: 2n ** 63n, lengthBytes: 8 }), 1002);
fails(server, '10.4: the longest length that there is', text('', { announced: 2n ** 63n - 1n }), 1009);
fails(server, '10.4: one byte too many', text('', { announced: MESSAGE_BYTES + 1 }), 1009);
fails(server, '10.4: fragments of one byte too many', fragments(BINARY, [letters(MESSAGE_BYTES), letters(1)]), 1009);
echoes(server, '10.4: as many in fragments as may be', fragments(TEXT, [letters(MESSAGE_BYTES - 1), letters(1)]),
  [[TEXT, together(letters(MESSAGE_BYTES - 1), letters(1))]]);

for (const bit of [0x40, 0x20, 0x10, 0x70]) {
  for (const opcode of [TEXT, BINARY, PING, PONG]) {
    fails(server, `5.2: reserved bits 0x${bit.toString(16)} of opcode ${opcode}`, frame(opcode, 'x', { reserved: bit }), 1002);
  }
  fails(server, `5.2: reserved bits 0x${bit.toString(16)} of a continuation`,
    together(text('a', { final: false }), frame(CONTINUATION, 'b', { reserved: bit })), 1002);
}
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  fails(server, `5.2: opcode ${opcode}`, frame(opcode), 1002);
  fails(server, `5.2: opcode ${opcode} with a payload, behind a message`, together(text('a'), frame(opcode, 'x')), 1002, [[TEXT, 'a']]);
  fails(server, `5.2: opcode ${opcode} inside a message`, together(text('a', { final: false }), frame(opcode, 'x')), 1002);
}

for (const mask of ['00000000', '00ff00ff', 'ffffffff', '01020304']) {
  echoes(server, `5.3: the mask ${mask}`, frame(BINARY, letters(23), { mask: Buffer.from(mask, 'hex') }), [[BINARY, letters(23)]]);
}
for (const opcode of [TEXT, BINARY, PING, PONG]) {
  fails(server, `5.1: opcode ${opcode} without a mask`, frame(opcode, '', { masked: false }), 1002);
}
fails(server, '5.1: a last fragment without a mask',
  together(text('a', { final: false }), frame(CONTINUATION, 'b', { masked: false })), 1002);
echoes(server, '5.3: a mask for each frame', together(
  text('abcde', { final: false, mask: Buffer.from('01020304', 'hex') }), frame(CONTINUATION, 'fghij', { mask: Buffer.from('a0b0c0d0', 'hex') })),
[[TEXT, 'abcdefghij']]);

echoes(server, '5.4: two fragments', fragments(TEXT, ['Hel', 'lo']), [[TEXT, 'Hello']]);
echoes(server, '5.4: bytes in fragments', fragments(BINARY, [[0xff], [0xfe], [0]]), [[BINARY, [0xff, 0xfe, 0]]]);
echoes(server, '5.4: fragments that are empty', fragments(TEXT, ['', '', '']), [[TEXT, '']]);
echoes(server, '5.4: an empty fragment within', fragments(TEXT, ['a', '', 'b']), [[TEXT, 'ab']]);
echoes(server, '5.4: a fragment for each byte', fragments(TEXT, [...letters(40)].map((byte) => [byte])), [[TEXT, letters(40)]]);
echoes(server, '5.4: 3000 fragments of all lengths', fragments(BINARY, Array.from({ length: 3000 }, (_, index) => letters(index % 50))),
  [[BINARY, together(...Array.from({ length: 3000 }, (_, index) => letters(index % 50)))]]);
echoes(server, '5.4: message after message, in fragments or not', together(
  fragments(TEXT, ['a', 'b']), text('c'), fragments(BINARY, ['d', 'e']), frame(BINARY, 'f')),
[[TEXT, 'ab'], [TEXT, 'c'], [BINARY, 'de'], [BINARY, 'f']]);
echoes(server, '5.4: pings between fragments are answered at once, pongs are not', together(
  text('a', { final: false }), ping('1'), frame(CONTINUATION, 'b', { final: false }), pong('2'), ping(''), frame(CONTINUATION, 'c')),
[[PONG, '1'], [PONG, ''], [TEXT, 'abc']]);
fails(server, '5.4: a continuation of nothing', frame(CONTINUATION, 'a'), 1002);
fails(server, '5.4: a continuation of nothing that is to go on', frame(CONTINUATION, 'a', { final: false }), 1002);
fails(server, '5.4: a continuation of what has ended', together(fragments(TEXT, ['a', 'b']), frame(CONTINUATION, 'c')), 1002, [[TEXT, 'ab']]);
for (const first of [TEXT, BINARY]) {
  for (const second of [TEXT, BINARY]) {
    fails(server, `5.4: opcode ${second} inside a message of opcode ${first}`, together(frame(first, 'a', { final: false }), frame(second, 'b')), 1002);
  }
}

echoes(server, '5.7: the masked text of the standard', Buffer.from('818537fa213d7f9f4d5158', 'hex'), [[TEXT, 'Hello']]);
echoes(server, '5.6: many messages in one piece', together(...Array.from({ length: 1000 }, (_, index) => text(`message ${index}`))),
  Array.from({ length: 1000 }, (_, index) => [TEXT, `message ${index}`]));
