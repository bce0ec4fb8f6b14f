// The checker itself, on small histories written by hand: first one that is right, then the same with one
// thing wrong at a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './lib/check.js';
import { parseCursor, streamOfEvent, streamOfPolled } from './lib/cursor.js';
import { EventStreamReader } from './lib/event_stream.js';
import { SocketReader } from './lib/socket_reader.js';

const EPOCH = '00000000000000aa';
const cursor = (own, broadcast) => `${EPOCH}.${own}.${broadcast}`;
const states = { seen: false, read: false, archived: false };
const rowOf = (id, mark, more) => ({ id, mark, title: `${mark} v1`, everyone: false, ...states, ...more });

const publish = (mark, to, id, invoked, more) => ({
  op: 'publish', mark, to, title: `${mark} v1`, request: invoked, invoked, settled: invoked + 1, outcome: 'acknowledged',
  ids: { [to ? to[0] : '']: id }, ...more,
});

const change = (seq, id, mark, more) => ({
  kind: 'change', stream: 'own', seq, id, mark, title: `${mark} v1`, event: 'notification', generation: 1, shown: true, ...more,
});

// Anna gets p1, p2 and the broadcast p3, live, and marks p1 as read.
function goodHistory() {
  const rows = [rowOf(3, 'p3', { everyone: true }), rowOf(2, 'p2'), rowOf(1, 'p1', { read: true })];
  return {
    publisher: [
      publish('p1', ['anna'], 1, 10), publish('p2', ['anna'], 2, 20), publish('p3', null, 3, 30), publish('p4', ['ben'], 4, 40),
      { op: 'mark', user: 'anna', state: 'read', ids: [1], invoked: 50, settled: 51, outcome: 'acknowledged' },
    ],
    clients: [{
      name: 'a', user: 'anna', rows: structuredClone(rows), badge: 2,
      records: [
        { kind: 'list', cursor: cursor(0, 0), rows: [] },
        { kind: 'open', method: 'sse', generation: 1, cursor: cursor(0, 0), isBogus: false },
        { kind: 'at', cursor: cursor(0, 0), generation: 1 },
        change(1, 1, 'p1'), change(2, 2, 'p2'), change(1, 3, 'p3', { stream: 'broadcast' }), change(3, 1, 'p1', { event: 'change' }),
      ],
    }],
    server: { anna: { rows, unread: 2, count: 2 }, ben: { rows: [rowOf(4, 'p4'), rowOf(3, 'p3', { everyone: true })], unread: 2, count: 2 } },
  };
}

// The same with p1 and p2 by way of a queue, which tells no ids.
function byQueue({ publisher }) {
  for (const entry of publisher.slice(0, 2)) Object.assign(entry, { ids: {}, lane: 'anna' });
}

// Breaks one thing and expects findings of one kind, at those places.
function expectFindings(history, kind, places) {
  const { violations, counts } = check(history);
  assert.deepEqual([...new Set(violations.map((one) => one.kind))], kind ? [kind] : [], JSON.stringify(violations, null, 1));
  if (kind) assert.equal(counts[kind], violations.length);
  if (places) assert.deepEqual([...new Set(violations.map(({ where }) => where))].sort(), places);
}

function broken(name, kind, places, harm) {
  test(`${name}: ${kind ?? 'nothing to report'}`, () => {
    const history = goodHistory();
    harm(history, history.clients[0], history.server.anna);
    expectFindings(history, kind, places);
  });
}

test('a history that is right: nothing to report', () => {
  const history = goodHistory();
  expectFindings(history, null);
  const { counts } = check(history);
  assert.equal(counts.publishes, 4);
  assert.equal(counts.acknowledged, 4);
  assert.equal(counts.changes, 4);
});

test('check() changes nothing that it reads', () => {
  const history = goodHistory();
  check(history);
  assert.deepEqual(history, goodHistory());
});

broken('a notification that never came', 'lost', ['a'], (_, client) => {
  client.records = client.records.filter(({ id }) => id !== 2);
  client.rows = client.rows.filter(({ id }) => id !== 2);
});

broken('a change that never came', 'lost', ['a'], (_, client) => {
  client.records.pop();
  client.rows[2].read = false;
});

broken('a withdrawal that never came', 'lost', ['a'], (history, _, inbox) => {
  history.publisher.push({ op: 'withdraw', mark: 'p2', user: 'anna', id: 2, invoked: 60, settled: 61, outcome: 'acknowledged' });
  inbox.rows = inbox.rows.filter(({ id }) => id !== 2);
  Object.assign(inbox, { unread: 1, count: 1 });
});

broken('an acknowledged publish that the server lost', 'lost', ['a', 'inbox of anna'], (_, client, inbox) => {
  inbox.rows = inbox.rows.filter(({ id }) => id !== 2);
  client.rows = client.rows.filter(({ id }) => id !== 2);
  Object.assign(inbox, { unread: 1, count: 1 });
});

broken('a mark that was acknowledged and is gone', 'lost', ['inbox of anna'], (_, client, inbox) => {
  for (const rows of [client.rows, inbox.rows]) rows[2].read = false;
  Object.assign(inbox, { unread: 3, count: 3 });
  client.badge = 3;
});

broken('a correction that was acknowledged and is gone', 'lost', ['inbox of anna'], (history) => {
  history.publisher.push({ op: 'correct', mark: 'p2', user: 'anna', id: 2, title: 'p2 v2', invoked: 60, settled: 61, outcome: 'acknowledged' });
});

broken('half of an unknown request', 'lost', ['inbox of anna'], (history) => {
  Object.assign(history.publisher[1], { outcome: 'unknown', settled: null, ids: undefined });
  history.publisher.push(publish('p9', ['anna'], undefined, 20, { outcome: 'unknown', settled: null, ids: undefined }));
});

broken('an unknown publish that came', null, [], (history) => {
  Object.assign(history.publisher[1], { outcome: 'unknown', settled: null, ids: undefined });
});

broken('an unknown publish that did not come', null, [], (history) => {
  history.publisher.push(publish('p9', ['anna'], undefined, 60, { outcome: 'unknown', settled: null, ids: undefined }));
});

broken('a failed publish that came', 'unexpected', ['a', 'inbox of anna'], (history) => {
  Object.assign(history.publisher[1], { outcome: 'failed', status: 503, ids: undefined });
});

broken('a refusal that is no part of the test', 'unexpected', ['publisher'], (history) => {
  history.publisher.push(publish('p9', ['anna'], undefined, 60, { outcome: 'failed', status: 500, ids: undefined }));
});

broken('the same change twice', 'doubled', ['a'], (_, client) => { client.records.splice(5, 0, client.records[4]); });

broken('one publish as two rows', 'doubled', ['a', 'inbox of anna'], (history, client, inbox) => {
  history.publisher[1].ids = {};
  client.records.push(change(4, 7, 'p2'));
  for (const rows of [client.rows, inbox.rows]) rows.unshift(rowOf(7, 'p2'));
  Object.assign(inbox, { unread: 3, count: 3 });
  client.badge = 3;
});

broken('one id for two publishes', 'doubled', ['publisher'], (history) => {
  history.publisher[3].ids.ben = 2;
  delete history.server.ben;
});

broken('two changes swapped', 'reordered', ['a'], (_, client) => {
  [client.records[3], client.records[4]] = [client.records[4], client.records[3]];
});

broken('a change from before the cursor', 'reordered', ['a'], (_, client) => {
  client.records[0].cursor = cursor(2, 0);
});

broken('a cursor that goes back', 'reordered', ['a'], (_, client) => {
  client.records.push({ kind: 'at', cursor: cursor(1, 1), generation: 1 });
});

broken('ids against the order of publishing', 'reordered', ['publisher'], (history) => {
  Object.assign(history.publisher[1], { invoked: 1, settled: 2 });
});

broken('messages of a queue in their order', null, [], byQueue);

broken('messages of a queue against their order', 'reordered', ['inbox of anna'], (history) => {
  byQueue(history);
  Object.assign(history.publisher[0], { invoked: 25, settled: 26 });
});

broken('a list with the oldest first', 'reordered', ['a'], (_, client) => {
  client.records.push({ kind: 'list', cursor: cursor(3, 1), rows: [[1, 'p1', 'p1 v1'], [2, 'p2', 'p2 v1']] });
});

broken('a row of nobody\'s', 'unexpected', ['a'], (_, client) => { client.records.push(change(4, 9, 'p9')); });

broken('a title that nobody gave', 'unexpected', ['a'], (_, client) => { client.records[4].title = 'p2 v7'; });

broken('another id than was acknowledged', 'unexpected', ['a'], (_, client) => { client.records[4].id = 8; });

broken('a withdrawal that nobody asked for', 'unexpected', ['a'], (_, client) => { client.records.push(change(4, 2, 'p2', { withdrawn: true })); });

broken('a mark that nobody made', 'unexpected', ['inbox of anna'], (_, client, inbox) => {
  for (const rows of [client.rows, inbox.rows]) rows[1].seen = true;
});

broken('a mark of all that nobody made', 'unexpected', ['a'], (_, client) => {
  client.records.push({ kind: 'all', stream: 'own', seq: 4, state: 'seen', generation: 1 });
});

broken('a reset without cause', 'unexpected', ['a'], (_, client) => { client.records.push({ kind: 'reset', reason: 'future' }); });

broken('a reset after a cursor that nobody gave', null, [], (_, client) => {
  client.records.push({ kind: 'open', generation: 2, cursor: cursor(9, 9), isBogus: true }, { kind: 'reset', reason: 'future' });
});

broken('a message of an old generation', 'unexpected', ['a'], (_, client) => {
  client.records.push({ kind: 'open', generation: 2, cursor: cursor(3, 1), isBogus: false }, change(4, 2, 'p2', { generation: 1 }));
});

broken('a badge of the server that is wrong', 'unexpected', ['a', 'inbox of anna'], (_, client, inbox) => { inbox.unread = 5; inbox.count = 5; });

broken('a badge of the client that is wrong', 'unexpected', ['a'], (_, client) => { client.badge = 7; });

broken('somebody else\'s', 'foreign', ['a'], (_, client) => { client.records.push(change(1, 4, 'p4')); });

broken('somebody else\'s in the list', 'foreign', ['inbox of anna'], (_, client, inbox) => {
  for (const rows of [client.rows, inbox.rows]) rows.unshift(rowOf(4, 'p4'));
  Object.assign(inbox, { unread: 3, count: 3 });
  client.badge = 3;
});

test('what retention forgot is not lost, where it may forget', () => {
  const history = goodHistory();
  for (const { rows } of [history.clients[0], history.server.anna]) rows.pop();
  expectFindings(history, 'lost');
  expectFindings({ ...history, options: { forgets: 2 } }, 'lost');
  expectFindings({ ...history, options: { forgets: 1 } }, null);
});

test('rows of one answer rise among themselves, beside the marks', () => {
  const history = goodHistory();
  const [client] = history.clients;
  const batch = { batch: 1, event: 'row' };
  history.publisher.push({ op: 'mark', user: 'anna', state: 'seen', ids: null, invoked: 60, settled: 61, outcome: 'acknowledged' });
  for (const rows of [client.rows, history.server.anna.rows]) for (const row of rows) row.seen = true;
  client.records.splice(3, 4, { kind: 'all', stream: 'own', seq: 4, state: 'seen', generation: 1, ...batch },
    change(2, 2, 'p2', batch), change(3, 1, 'p1', batch), change(1, 3, 'p3', { ...batch, stream: null }));
  expectFindings(history, null);
  client.records[4].seq = 5;
  expectFindings(history, 'reordered');
});

test('an event\'s stream is the one whose number moved', () => {
  const at = (own, broadcast) => parseCursor(cursor(own, broadcast));
  assert.equal(streamOfEvent(at(1, 1), at(2, 1), { everyone: true, seq: 2 }), 'own');
  assert.equal(streamOfEvent(at(1, 1), at(1, 2), { everyone: true, seq: 2 }), 'broadcast');
  assert.equal(streamOfEvent(null, at(2, 1), { everyone: false, seq: 2 }), 'own');
  assert.equal(streamOfPolled(at(1, 1), at(3, 1), { everyone: true, seq: 2 }), 'own');
  assert.equal(streamOfPolled(at(1, 1), at(3, 3), { everyone: true, seq: 2 }), null);
  assert.equal(streamOfPolled(at(1, 1), at(3, 3), { everyone: false, seq: 2 }), 'own');
  assert.equal(streamOfPolled(at(1, 1), at(3, 3), { everyone: false, seq: 4 }), undefined);
  assert.equal(parseCursor('1.2.3'), null);
});

function read(text, pieceLength = text.length) {
  const events = [];
  const reader = new EventStreamReader({ onEvent: (event) => events.push(event), onRetry: (retry) => events.push(retry) });
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceLength) reader.feed(bytes.subarray(start, start + pieceLength));
  return events;
}

test('the strict reader takes what allim writes, whole or byte by byte', () => {
  const text = `retry: 300\n:\nevent: count\ndata: {"unread":"é"}\nid: ${cursor(1, 0)}\n\nevent: change\ndata: {}\nid: ${cursor(2, 0)}\n`;
  const expected = [300, { name: 'count', data: { unread: 'é' }, id: cursor(1, 0) }];
  assert.deepEqual(read(text), expected);
  assert.deepEqual(read(text, 1), expected);
});

test('the strict reader refuses anything else', () => {
  for (const text of ['\n', 'retry: soon\n', 'data: {}\n\n', 'event: news\ndata: {}\nid: 1.2.3\n\n', `event: count\ndata: {}\nid: ${cursor(1, 0)}\r\n\n`,
    `event: count\ndata: {}\ndata: {}\nid: ${cursor(1, 0)}\n\n`, 'HTTP/1.1 200 OK\n\n', `event: count\ndata: {\nid: ${cursor(1, 0)}\n\n`]) {
    assert.throws(() => read(text), undefined, text);
  }
});

const RETRY = '{"event":"retry","data":{"milliseconds":300}}';

function readMessages(texts) {
  const taken = [];
  const take = (one) => taken.push(one);
  const reader = new SocketReader({ onEvent: take, onRetry: take, onAnswer: take });
  for (const text of texts) reader.take(text);
  return taken;
}

test('the strict reader of messages takes what allim writes', () => {
  const answer = { id: 'a', status: 503, retry_after: 1, body: {} };
  assert.deepEqual(readMessages([
    RETRY, `{"event":"count","data":{"unread":3},"cursor":"${cursor(1, 0)}"}`, `{"event":"heartbeat","data":{"head":"${cursor(2, 0)}"}}`,
    JSON.stringify(answer), '{"id":1,"status":204}',
  ]), [300, { name: 'count', data: { unread: 3 }, id: cursor(1, 0) }, answer, { id: 1, status: 204 }]);
});

test('the strict reader of messages refuses anything else', () => {
  const count = `{"event":"count","data":{"unread":3},"cursor":"${cursor(1, 0)}"}`;
  assert.throws(() => readMessages([count]), undefined, 'before retry');
  for (const text of ['', '[]', '{}', 'null', '{"event":"retry","data":{"milliseconds":"300"}}', count.replace('count', 'news'), count.replace('aa', 'zz'),
    count.replace('{', '{"id":1,'), '{"event":"heartbeat","data":{}}', '{"event":"heartbeat","data":{"head":"1.2.3"}}', '{"id":1}', '{"id":1,"status":200,"event":"count"}']) {
    assert.throws(() => readMessages([RETRY, text]), undefined, text);
  }
});
