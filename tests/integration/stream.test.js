// Receiving by Server-Sent Events (WHATWG HTML, 9.2): live arrival, where a stream begins, resuming, resets,
// tickets, the end of a token, heartbeats, and several connections of one user.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { Server, serverFor } from './lib/server.js';
import { exchange, statuses } from './lib/socket.js';
import { ClientStream, RawStream } from './lib/stream.js';
import { eventually, sleep } from './lib/wait.js';

const server = await serverFor(after, { variables: { ALLIM_STREAM_HEARTBEAT: '1s' } });
const idsOf = (stream) => stream.named('notification').map(({ data }) => data.id);

test('the answer is an event stream as the standard wants it', async () => {
  const stream = await RawStream.open(server, 'head');
  await stream.live();
  assert.equal(stream.answer.status, 200);
  assert.match(stream.answer.headers.get('content-type'), /^text\/event-stream/);
  assert.equal(stream.answer.headers.get('cache-control'), 'no-store');
  assert.equal(stream.answer.headers.get('x-accel-buffering'), 'no');
  assert.match(stream.text, /^retry: ?\d+\n/);
  assert.ok(stream.retry >= 100 && stream.retry <= 300, `retry ${stream.retry}`);
  await stream.close();
});

test('without a cursor a stream begins live, with start at the beginning', async () => {
  const old = await server.publish('begin', { title: 'Old' });
  const live = await (await RawStream.open(server, 'begin')).live();
  const start = await (await RawStream.open(server, 'begin', { query: '?after=start' })).live();
  assert.deepEqual(idsOf(live), []);
  assert.deepEqual(idsOf(start), [old]);
  const id = await server.publish('begin', { title: 'New' });
  for (const stream of [live, start]) await stream.waitNotification(id);
  assert.deepEqual(idsOf(live), [id]);
  assert.deepEqual(idsOf(start), [old, id]);
  await live.close();
  await start.close();
});

test('a notification arrives whole, equal to its row in the list', async () => {
  const stream = await (await RawStream.open(server, 'whole')).live();
  const id = await server.publish('whole', {
    title: 'Line\nbreak\r\nand \u2028 more', body: '데이터: 🦊\n\nevent: fake\ndata: {}\nid: 1',
    data: { text: 'a\rb\u0000c', list: [1, -0.5, null] }, link: 'https://example.org/?a=b#c', priority: 'low',
  });
  const event = await stream.waitNotification(id);
  const list = await server.list('whole');
  assert.deepEqual(event.data, list.notifications[0]);
  assert.equal(event.id, list.cursor);
  assert.equal(stream.events.filter(({ name }) => name === 'fake').length, 0);
  await stream.close();
});

test('eventsource@3 hears everything in order', async () => {
  const stream = await new ClientStream(server, 'client').live();
  const published = [];
  for (let count = 0; count < 20; count++) published.push(await server.publish('client'));
  await stream.waitNotification(published.at(-1));
  assert.deepEqual(idsOf(stream), published);
  const seqs = stream.named('notification').map(({ data }) => data.seq);
  assert.deepEqual(seqs, seqs.map((_, index) => index + 1));
  stream.close();
});

test('eventsource@3 goes on over restarts, nothing lost or repeated', async () => {
  const stream = await new ClientStream(server, 'resume').live();
  const published = [await server.publish('resume')];
  await stream.waitNotification(published[0]);
  for (let round = 0; round < 3; round++) {
    await server.restart();
    for (let count = 0; count < 5; count++) published.push(await server.publish('resume'));
    await stream.waitNotification(published.at(-1));
  }
  assert.ok(stream.opened >= 4);
  assert.deepEqual(idsOf(stream), published);
  stream.close();
});

test('a client that was away for many changes gets them all, in order', async () => {
  const first = await (await RawStream.open(server, 'away')).live();
  const { id: cursor } = first.events.at(-1);
  await first.close();
  const items = Array.from({ length: 700 }, (_, index) => ({ to: { user: 'away' }, type: 't', title: `${index}` }));
  const { body } = await server.call('POST', '/v1/notifications', { as: 'publisher', body: items });
  const broadcast = await server.publish({ everyone: true });
  const stream = await (await RawStream.open(server, 'away', { query: `?after=${cursor}` })).live();
  const ids = idsOf(stream);
  assert.deepEqual(ids.filter((id) => id !== broadcast), body.results.map(({ id }) => id));
  assert.equal(ids.filter((id) => id === broadcast).length, 1);
  assert.equal(stream.named('count').at(-1).data.unread, (await server.list('away')).unread);
  await stream.close();
  await server.call('DELETE', `/v1/notifications/${broadcast}`, { as: 'publisher' });
});

test('each event\'s cursor is a place to resume at, without a gap or a repeat', async () => {
  const stream = await (await RawStream.open(server, 'every')).live();
  const published = [];
  for (let count = 0; count < 5; count++) {
    published.push(await server.publish('every'));
    await stream.waitNotification(published.at(-1));
  }
  for (const [index, event] of stream.named('notification').entries()) {
    const resumed = await (await RawStream.open(server, 'every', { query: `?after=${event.id}` })).live();
    assert.deepEqual(idsOf(resumed), published.slice(index + 1));
    await resumed.close();
  }
  await stream.close();
});

test('Last-Event-ID wins over after=', async () => {
  const cursors = [];
  const stream = await (await RawStream.open(server, 'wins')).live();
  for (let count = 0; count < 3; count++) cursors.push((await stream.waitNotification(await server.publish('wins'))).id);
  await stream.close();
  const resumed = await RawStream.open(server, 'wins', {
    query: `?after=${cursors[0]}`,
    headers: { ...server.authorization('wins'), 'last-event-id': cursors[1] },
  });
  await resumed.live();
  assert.equal(idsOf(resumed).length, 1);
  await resumed.close();
});

test('a list and its cursor leave no gap to the stream that follows', async () => {
  const publishing = (async () => {
    for (let count = 0; count < 60; count++) await server.publish('gapless');
  })();
  for (let round = 0; round < 10; round++) {
    const list = await server.list('gapless', '?limit=100');
    const stream = await (await RawStream.open(server, 'gapless', { query: `?after=${list.cursor}` })).live();
    await sleep(30);
    const have = [...list.notifications.map(({ id }) => id).reverse(), ...idsOf(stream)];
    const now = (await server.list('gapless', '?limit=100')).notifications.map(({ id }) => id).reverse();
    await stream.close();
    assert.deepEqual(have, now.slice(0, have.length));
  }
  await publishing;
});

test('a void cursor is answered with a reset and a present cursor', async () => {
  await server.publish('void');
  const { cursor } = await server.list('void');
  const [epoch, seq, broadcasts] = cursor.split('.');
  const otherEpoch = epoch === 'f'.repeat(16) ? 'e'.repeat(16) : 'f'.repeat(16);
  const cases = [['epoch', `${otherEpoch}.${seq}.${broadcasts}`], ['future', `${epoch}.5000.${broadcasts}`],
    ['future', `${epoch}.${seq}.5000`]];
  for (const [reason, query] of cases) {
    const present = (await server.list('void')).cursor;
    const stream = await RawStream.open(server, 'void', { query: `?after=${query}` });
    const reset = await stream.wait('the reset', ({ name }) => name === 'reset');
    assert.deepEqual([reset.data.reason, reset.id], [reason, present]);
    const id = await server.publish('void');
    await stream.waitNotification(id);
    assert.deepEqual(idsOf(stream), [id]);
    await stream.close();
  }
});

test('a cursor that retention has passed is answered with a reset', async () => {
  const small = await new Server({ variables: { ALLIM_STORE_RETENTION_COUNT: '3', ALLIM_STORE_MAINTENANCE_INTERVAL: '100ms' } }).start();
  try {
    const { cursor } = await small.list('forget');
    for (let count = 0; count < 10; count++) await small.publish('forget');
    await eventually('retention', async () => (await small.list('forget')).notifications.length === 3);
    const stream = await eventually('the reset', async () => {
      const attempt = await (await RawStream.open(small, 'forget', { query: `?after=${cursor}` })).live();
      if (attempt.named('reset').length) return attempt;
      await attempt.close();
      return null;
    });
    assert.equal(stream.named('reset')[0].data.reason, 'forgotten');
    assert.equal((await small.list('forget', `?after=${cursor}`)).reset, true);
    await stream.close();
  } finally {
    await small.stop();
  }
});

test('states travel to every connection of the user, and to nobody else', async () => {
  const streams = [];
  for (let count = 0; count < 3; count++) streams.push(await (await RawStream.open(server, 'tabs')).live());
  const stranger = await (await RawStream.open(server, 'stranger')).live();
  const [a, b] = [await server.publish('tabs'), await server.publish('tabs')];
  for (const stream of streams) await stream.waitNotification(b);
  await server.mark('tabs', 'seen', { ids: [a] });
  await server.mark('tabs', 'read', { ids: [a] });
  await server.mark('tabs', 'archive', { ids: [b] });
  for (const stream of streams) {
    await stream.waitChange(({ id, archived_at: at }) => id === b && at);
    const changes = stream.named('change').map(({ data }) => [data.id, Boolean(data.seen_at), Boolean(data.read_at), Boolean(data.archived_at), data.unread]);
    assert.deepEqual(changes.map((change) => change.slice(0, 4)).slice(0, 2), [[a, true, false, false], [a, true, true, false]]);
    assert.deepEqual(changes.map((change) => change[4]), [2, 1, 0]);
  }
  assert.equal(stranger.named('notification', 'change').length, 0);
  for (const stream of [...streams, stranger]) await stream.close();
});

test('mark all, corrections and withdrawals are changes', async () => {
  const stream = await (await RawStream.open(server, 'changes')).live();
  const id = await server.publish('changes', { title: 'Befor' });
  await server.publish('changes');
  await server.call('PATCH', `/v1/notifications/${id}`, { as: 'publisher', body: { title: 'After' } });
  const corrected = await stream.waitChange((data) => data.id === id);
  assert.deepEqual([corrected.data.title, corrected.data.seq, corrected.data.unread], ['After', 3, 2]);
  await server.mark('changes', 'read', { all: true });
  const marked = await stream.waitChange((data) => data.all);
  assert.deepEqual([marked.data.all, marked.data.seq, marked.data.unread], ['read', 4, 0]);
  assert.match(marked.data.at, /^\d{4}-.*Z$/);
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  const withdrawn = await stream.waitChange((data) => data.withdrawn_at);
  assert.deepEqual([withdrawn.data.id, withdrawn.data.seq, withdrawn.data.unread], [id, 5, 0]);
  await stream.close();
});

test('a broadcast reaches every stream; a user\'s mark of it stays the user\'s', async () => {
  const streams = await Promise.all(['b1', 'b2', 'b3'].map(async (user) => (await RawStream.open(server, user)).live()));
  const id = await server.publish({ everyone: true });
  for (const stream of streams) assert.equal((await stream.waitNotification(id)).data.everyone, true);
  await server.mark('b1', 'read', { ids: [id] });
  await streams[0].waitChange((data) => data.id === id && data.read_at);
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  for (const stream of streams) await stream.waitChange((data) => data.id === id && data.withdrawn_at);
  assert.equal(streams[1].named('change').filter(({ data }) => data.read_at && !data.withdrawn_at).length, 0);
  for (const stream of streams) await stream.close();
});

test('comments keep an idle stream alive', async () => {
  const stream = await (await RawStream.open(server, 'idle')).live();
  await eventually('two heartbeats', () => stream.comments.length >= 2);
  assert.equal(stream.isOpen, true);
  await stream.close();
});

test('a ticket opens one stream, once', async () => {
  const ticketFor = async (user) => (await server.call('POST', '/v1/inbox/ticket', { as: user })).body;
  const { ticket, expires_in: lifetime } = await ticketFor('ticket');
  assert.equal(lifetime, 30);
  const stream = await (await RawStream.open(server, null, { query: `?ticket=${ticket}` })).live();
  const id = await server.publish('ticket');
  await stream.waitNotification(id);
  const again = await fetch(`${server.url}/v1/inbox/stream?ticket=${ticket}`);
  assert.equal(again.status, 401);
  await again.text();
  await stream.close();
  const unused = await ticketFor('ticket');
  await server.restart();
  const afterRestart = await fetch(`${server.url}/v1/inbox/stream?ticket=${ticket}`);
  assert.equal(afterRestart.status, 401);
  await afterRestart.text();
  const other = await fetch(`${server.url}/v1/inbox/count?ticket=${unused.ticket}`);
  assert.equal(other.status, 401);
  await other.text();
});

test('a stream ends when its token does', async () => {
  const headers = { authorization: `Bearer ${server.token('mortal', { lifetime: 2 })}` };
  const stream = await (await RawStream.open(server, null, { headers })).live();
  const id = await server.publish('mortal');
  await stream.waitNotification(id);
  await stream.ended;
  await eventually('the refusal, after the leeway', async () => {
    const late = await RawStream.open(server, null, { headers }).catch(() => null);
    await late?.close();
    return late?.answer.status === 401;
  }, { every: 500 });
});

test('a token that is past its time but within the leeway gets a whole answer', async () => {
  const late = `Authorization: Bearer ${server.token('late', { lifetime: -1 })}`;
  const first = `GET /v1/inbox/count HTTP/1.1\r\nHost: localhost\r\n${late}\r\n\r\n`;
  const then = `GET /v1/inbox/stream HTTP/1.1\r\nHost: localhost\r\n${late}\r\n\r\n`;
  for (let count = 0; count < 5; count++) {
    const { text } = await exchange(server.port, Buffer.from(first + then));
    assert.deepEqual(statuses(text), [200, 200]);
    assert.match(text, /retry: \d+\n/);
  }
});

test('a stream lives as long as its token is taken', async () => {
  const headers = { authorization: `Bearer ${server.token('leeway', { lifetime: -1 })}` };
  const stream = await (await RawStream.open(server, null, { headers })).live();
  await stream.waitNotification(await server.publish('leeway'));
  await stream.close();
});

test('a client that reads nothing holds nobody up, and misses nothing', async () => {
  const users = ['slow', 'quick'];
  const slow = connect(server.port, '127.0.0.1');
  slow.write(`GET /v1/inbox/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token('slow')}\r\n\r\n`);
  await new Promise((done) => { slow.once('readable', done); });
  const quick = await (await RawStream.open(server, 'quick')).live();
  const published = [];
  const body = 'x'.repeat(9000);
  for (let round = 0; round < 8; round++) {
    const items = Array.from({ length: 100 }, () => ({ to: { users }, type: 't', title: 'x', body }));
    const answer = await server.call('POST', '/v1/notifications', { as: 'publisher', body: items });
    published.push(...answer.body.results.map(({ notifications }) => notifications));
  }
  await quick.waitNotification(published.at(-1)[1].id);
  assert.deepEqual(idsOf(quick), published.map(([, { id }]) => id));
  let text = '';
  slow.setEncoding('utf8').on('data', (part) => { text += part; });
  await eventually('the slow one to catch up', () => text.includes(`"id":${published.at(-1)[0].id},`));
  const got = [...text.matchAll(/^data: \{"id":(\d+),/gm)].map((match) => Number(match[1]));
  assert.deepEqual(got, published.map(([{ id }]) => id));
  slow.destroy();
  await quick.close();
});

test('a stream over HTTP/1.0 ends with its connection', async () => {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(`GET /v1/inbox/stream HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer ${server.token('old')}\r\n\r\n`);
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => { text += part; });
  await eventually('the stream', () => text.includes('event: count'));
  assert.doesNotMatch(text, /transfer-encoding/i);
  const id = await server.publish('old');
  await eventually('the notification', () => text.includes(`"id":${id},`));
  socket.destroy();
});

test('too many streams of one user: 200, retry, end of body', async () => {
  const small = await new Server({ variables: { ALLIM_LIMITS_CONNECTIONS_PER_USER: '2' } }).start();
  try {
    const kept = [await (await RawStream.open(small, 'many')).live(), await (await RawStream.open(small, 'many')).live()];
    const refused = await RawStream.open(small, 'many');
    await refused.ended;
    assert.equal(refused.answer.status, 200);
    assert.match(refused.answer.headers.get('content-type'), /^text\/event-stream/);
    assert.ok(refused.retry > 0);
    assert.equal(refused.events.length, 0);
    assert.ok(kept.every(({ isOpen }) => isOpen));
    for (const stream of kept) await stream.close();
  } finally {
    await small.stop();
  }
});

test('what was withdrawn meanwhile does not come as news', async () => {
  const { cursor } = await server.list('withdrawn');
  const id = await server.publish('withdrawn');
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  for (const query of ['?after=start', `?after=${cursor}`]) {
    const stream = await (await RawStream.open(server, 'withdrawn', { query })).live();
    assert.deepEqual(idsOf(stream).filter((other) => other === id), []);
    await stream.close();
  }
});

test('what was sent and corrected while the rest was read is no second notification', async () => {
  const server = await new Server({ args: ['--delivery-replay-changes', '1'] }).start();
  const ids = [];
  for (let batch = 0; batch < 8; batch++) {
    const answer = await server.call('POST', '/v1/notifications', {
      as: 'publisher', body: Array.from({ length: 100 }, (_, item) => ({ to: { user: 'long' }, type: 't', title: `${batch} ${item}` })),
    });
    assert.equal(answer.status, 200);
    ids.push(...answer.body.results.map(({ id }) => id));
  }
  const stream = await RawStream.open(server, 'long', { query: '?after=start' });
  await stream.waitNotification(ids[0]);
  const patched = await server.call('PATCH', `/v1/notifications/${ids[0]}`, { as: 'publisher', body: { title: 'corrected' } });
  assert.equal(patched.status, 200);
  await stream.live();
  await stream.waitChange(({ id }) => id === ids[0]);
  assert.deepEqual(stream.named('notification').map(({ data }) => data.id), ids);
  await stream.close();
  await server.stop();
});

test('a broadcast that the user marked meanwhile is told once, by a stream and by a poll', async () => {
  const server = await new Server().start();
  const { cursor } = await server.list('twice');
  const id = await server.publish({ everyone: true });
  await server.mark('twice', 'seen', { ids: [id] });
  const poll = await server.list('twice', `?after=${cursor}`);
  assert.deepEqual(poll.notifications.map((row) => [row.id, Boolean(row.seen_at)]), [[id, true]]);
  assert.equal(poll.unread, 1);
  const stream = await (await RawStream.open(server, 'twice', { query: `?after=${cursor}` })).live();
  const events = stream.named('notification', 'change');
  assert.deepEqual(events.map(({ name, data }) => [name, data.id, Boolean(data.seen_at)]), [['notification', id, true]]);
  assert.equal(stream.events.at(-1).data.unread, 1);
  await stream.close();
  await server.stop();
});
