// RFC 6455, 5.5 and 7: control frames, and how a connection ends.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serverFor } from '../../integration/lib/server.js';
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, closePayload, describe, frame, ping, pong, text } from './lib/frames.js';
import { Peer, converse, echoes, fails } from './lib/peer.js';

const server = await serverFor(after, { args: ['--limits-requests-per-minute', '0'] });
const strict = await serverFor(after, { args: ['--limits-requests-per-minute', '5'] });

const together = (...parts) => Buffer.concat(parts);

echoes(server, '5.5.2: pings are answered with what they had, and in order', together(ping(''), ping('a'), ping([0, 0xff, 0xfe]), ping('x'.repeat(125))),
  [[PONG, ''], [PONG, 'a'], [PONG, [0, 0xff, 0xfe]], [PONG, 'x'.repeat(125)]]);
echoes(server, '5.5.2: many pings in one piece', together(...Array.from({ length: 300 }, (_, index) => ping(`${index}`))),
  Array.from({ length: 300 }, (_, index) => [PONG, `${index}`]));
echoes(server, '5.5.3: pongs that nobody asked for are none of our business', together(pong(''), pong('x'.repeat(125)), text('a')), [[TEXT, 'a']]);
for (const opcode of [PING, PONG, CLOSE]) {
  fails(server, `5.5: opcode ${opcode} with 126 bytes`, frame(opcode, closePayload(1000, 'x'.repeat(124))), 1002);
  fails(server, `5.5: opcode ${opcode} with a length of 64 bits`, frame(opcode, '', { announced: 65536 }), 1002);
  fails(server, `5.5: opcode ${opcode} in fragments`, together(frame(opcode, '', { final: false }), frame(CONTINUATION)), 1002);
  fails(server, `5.5: opcode ${opcode} in fragments, inside a message`,
    together(text('a', { final: false }), frame(opcode, '', { final: false })), 1002);
}

// 5.5.1, 7.1.5: the answer has the code, and the server then closes first (7.1.1).
function closes(name, bytes, answer, expected = []) {
  test(name, async () => {
    for (const octets of [false, true]) {
      const frames = await converse(server, bytes, { octets });
      const last = frames.pop();
      assert.deepEqual(frames.map(describe), expected);
      assert.equal(last.opcode, CLOSE);
      assert.equal(last.payload.toString('hex'), answer.toString('hex'));
    }
  });
}

closes('5.5.1: a close without a code', close(), Buffer.alloc(0));
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
  closes(`7.4: the code ${code}`, close(code), closePayload(code));
}
for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
  fails(server, `7.4: no code ${code}`, close(code), 1002);
}
closes('7.1.6: a reason', close(1001, 'going away'), closePayload(1001));
closes('7.1.6: a reason that is not ASCII', close(4000, 'über 알림'), closePayload(4000));
closes('5.5: a reason of 123 bytes', close(1000, 'x'.repeat(123)), closePayload(1000));
fails(server, '5.5.1: half a code', frame(CLOSE, [3]), 1002);
fails(server, '8.1: a reason that is no text', frame(CLOSE, together(closePayload(1000), Buffer.from([0xc3, 0x28]))), 1007);
fails(server, '8.1: a reason that ends within a character', frame(CLOSE, together(closePayload(1000), Buffer.from([0xc3]))), 1007);
fails(server, '5.1: a close without a mask', frame(CLOSE, closePayload(1000), { masked: false }), 1002);
closes('5.5.1: nothing behind a close is looked at', together(text('a'), close(1000), text('b'), ping('c'), close(1001), frame(3)),
  closePayload(1000), [describe({ opcode: TEXT, payload: 'a' })]);
closes('5.4: a close inside a message ends it', together(frame(BINARY, 'a', { final: false }), close(1000), frame(CONTINUATION, 'b')), closePayload(1000));
closes('5.5.1: what came before is answered first', together(ping('a'), text('b'), close()), Buffer.alloc(0),
  [describe({ opcode: PONG, payload: 'a' }), describe({ opcode: TEXT, payload: 'b' })]);

test('7.1.7: a failure says in its reason what was wrong', async () => {
  const [{ payload }] = await converse(server, frame(3));
  assert.equal(payload.readUInt16BE(0), 1002);
  assert.ok(payload.length > 2 && payload.length <= 125);
  assert.match(payload.subarray(2).toString(), /^there is no such opcode$/);
});

test('7.2.1: a client that goes without a close, wherever it stands, leaves the server well', async () => {
  for (const bytes of ['', frame(TEXT, 'ab').subarray(0, 1), frame(TEXT, 'ab').subarray(0, 7), text('a', { final: false }), text('a')]) {
    for (const how of ['end', 'destroy']) {
      const peer = new Peer(server);
      await peer.open(server);
      await peer.send(bytes);
      peer.socket[how]();
    }
  }
  assert.deepEqual((await converse(server, together(text('well'), close(1000)))).map(describe),
    [describe({ opcode: TEXT, payload: 'well' }), 'close 1000']);
});

test('7.4.1: whoever pings too often is told so', async () => {
  const frames = (await converse(strict, together(...Array.from({ length: 40 }, () => ping('a'))))).map(describe);
  assert.equal(frames.pop(), 'close 1008');
  assert.ok(frames.length < 20, `${frames.length} pongs`); // a minute may begin between
  assert.deepEqual([...new Set(frames)], [describe({ opcode: PONG, payload: 'a' })]);
});
