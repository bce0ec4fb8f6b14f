// RFC 6455, 8.1: text is UTF-8 (RFC 3629), however it is cut. The rows follow Markus Kuhn's UTF-8 stress test.
import { after } from 'node:test';
import { serverFor } from '../../integration/lib/server.js';
import { BINARY, CONTINUATION, PING, PONG, TEXT, fragments, frame, ping, text } from './lib/frames.js';
import { echoes, fails } from './lib/peer.js';

const server = await serverFor(after, { args: ['--limits-requests-per-minute', '0'] });

const GOOD = {
  'a Greek word': 'cebae1bdb9cf83cebcceb5',
  '2.1: the first of one byte': '00',
  '2.1: the first of two': 'c280',
  '2.1: the first of three': 'e0a080',
  '2.1: the first of four': 'f0908080',
  '2.2: the last of one byte': '7f',
  '2.2: the last of two': 'dfbf',
  '2.2: the last of three': 'efbfbf',
  '2.2: the last of four': 'f48fbfbf',
  '2.3: before the surrogates': 'ed9fbf',
  '2.3: behind the surrogates': 'ee8080',
  '2.3: the replacement character': 'efbfbd',
  '5.3: no characters of Unicode, but UTF-8': 'efbfbeefbfbff09fbfbef09fbfbf',
  'a byte order mark': 'efbbbf',
  'characters of all lengths': '24c2a2e0a4b9e282aced959cf0908d88',
};

const BAD = {
  '2.2: beyond Unicode': 'f4908080',
  '2.2: five bytes': 'f888808080',
  '2.2: six bytes': 'fc8480808080',
  '2.2: the last of 21 bits': 'f7bfbfbf',
  '3.1: a lone continuation': '80',
  '3.1: the last continuation': 'bf',
  '3.1: two continuations': '80bf',
  '3.1: all continuations': Array.from({ length: 64 }, (_, index) => (128 + index).toString(16)).join(''),
  '3.2: a start of two bytes, and a space': 'c020',
  '3.2: a start of three bytes, and a space': 'e020',
  '3.2: a start of four bytes, and a space': 'f020',
  '3.3: the last of two bytes is missing': 'c2',
  '3.3: the last of three is missing': 'e0a0',
  '3.3: the last of four is missing': 'f09080',
  '3.3: the last two of four are missing': 'f090',
  '3.4: one unfinished after the other': 'c2e0a0f09080dfefbff48fbf',
  '3.5: fe': 'fe',
  '3.5: ff': 'ff',
  '3.5: both': 'fefeffff',
  '4.1: a slash in two bytes': 'c0af',
  '4.1: a slash in three': 'e080af',
  '4.1: a slash in four': 'f08080af',
  '4.2: too long for two bytes': 'c1bf',
  '4.2: too long for three': 'e09fbf',
  '4.2: too long for four': 'f08fbfbf',
  '4.3: NUL in two bytes': 'c080',
  '4.3: NUL in three': 'e08080',
  '4.3: NUL in four': 'f0808080',
  '5.1: the first surrogate': 'eda080',
  '5.1: the last of the high ones': 'edafbf',
  '5.1: the first of the low ones': 'edb080',
  '5.1: the last surrogate': 'edbfbf',
  '5.2: a pair of surrogates': 'eda080edb080',
};

const together = (...parts) => Buffer.concat(parts);
const eachByte = (bytes) => fragments(TEXT, [...bytes].map((byte) => [byte]));

for (const [name, hex] of Object.entries(GOOD)) {
  const bytes = Buffer.from(hex, 'hex');
  echoes(server, `${name} (${hex})`, together(text(bytes), eachByte(bytes)), [[TEXT, bytes], [TEXT, bytes]]);
}
for (const [name, hex] of Object.entries(BAD)) {
  const bytes = Buffer.from(hex, 'hex');
  fails(server, `${name} (${hex.slice(0, 24)})`, text(bytes), 1007);
  fails(server, `${name}, behind text and before it`, text(together(Buffer.from('κό'), bytes, Buffer.from('σμε'))), 1007);
  fails(server, `${name}, a fragment for each byte`, eachByte(together(Buffer.from('κ'), bytes)), 1007);
  echoes(server, `${name}, but as bytes`, frame(BINARY, bytes), [[BINARY, bytes]]);
}

const word = Buffer.from('a¢€한𐍈');
for (let cut = 0; cut <= word.length; cut++) {
  echoes(server, `a text cut behind ${cut} bytes, with a ping between`, together(
    text(word.subarray(0, cut), { final: false }), ping('1'), frame(CONTINUATION, word.subarray(cut))), [[PONG, '1'], [TEXT, word]]);
}
fails(server, 'a character must not go on in the next message', together(text([0xc3]), text([0xa9])), 1007);
fails(server, 'a control frame is no part of a character',
  together(text([0xc3], { final: false }), frame(PING, [0xa9]), frame(CONTINUATION, 'x')), 1007, [[PONG, [0xa9]]]);
