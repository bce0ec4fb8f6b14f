// The demo page's inbox.js against a model of a server that answers pages late, breaks streams, polls instead and
// gives catching up in pieces: whatever the order, it ends with what the server has. A run is repeated
// with ALLIM_SEED.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Inbox } from '../../web/demo/inbox.js';

const STATES = ['seen_at', 'read_at', 'archived_at'];
const MARKS = { seen_at: 'seen', read_at: 'read', archived_at: 'archived' };
const ROUNDS = 400;
const STEPS = 80;
const firstSeed = Number(process.env.ALLIM_SEED ?? randomInt(2 ** 31));

// Mulberry32: small, and good enough to choose what happens next.
function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const isUnread = (row) => !row.read_at && !row.archived_at && !row.withdrawn_at;

// One user's inbox and the broadcasts. `log` has every change in the order of commits: which of the two
// streams it is of, its seq there, and the row as it was then, or the mark.
class Model {
  constructor() {
    this.rows = new Map();
    this.heads = { own: 0, everyone: 0 };
    this.log = [];
    this.time = 0;
  }

  commit(stream, { row, mark }) {
    const seq = ++this.heads[stream];
    if (row) row.seq = seq;
    this.log.push({ stream, seq, id: row?.id, row: row && { ...row }, mark: mark && { ...mark, seq } });
  }

  publish(everyone) {
    const row = { id: this.rows.size + 1, everyone, title: '0', withdrawn_at: null };
    for (const state of STATES) row[state] = null;
    this.rows.set(row.id, row);
    this.commit(everyone ? 'everyone' : 'own', { row });
    row.firstSeq = row.seq;
  }

  mark(row, state) {
    if (row.withdrawn_at || row[state]) return;
    row[state] = ++this.time;
    this.commit('own', { row });
  }

  markAll(state) {
    const at = ++this.time;
    const lastBroadcast = Math.max(0, ...[...this.rows.values()].filter(({ everyone }) => everyone).map(({ id }) => id));
    for (const row of this.rows.values()) row[state] ??= at;
    this.commit('own', { mark: { all: MARKS[state], at, everyone_up_to: lastBroadcast } });
  }

  edit(row, change) {
    if (row.withdrawn_at) return;
    Object.assign(row, change);
    this.commit(row.everyone ? 'everyone' : 'own', { row });
  }

  get unread() { return [...this.rows.values()].filter(isUnread).length; }

  list(before = Infinity, limit = 4) {
    const all = [...this.rows.values()].filter((row) => row.id < before && !row.withdrawn_at).reverse();
    return {
      notifications: all.slice(0, limit).map((row) => ({ ...row })), more: all.length > limit,
      unread: this.unread, cursor: JSON.stringify(this.heads),
    };
  }

  // What a stream or a poll reads from the store: each row once, as it is now, at the place of its last change.
  replay(cursor, limit) {
    const after = JSON.parse(cursor);
    const latest = new Map();
    for (const entry of this.log) latest.set(`${entry.stream} ${entry.id ?? `mark ${entry.mark.all}`}`, entry);
    const all = [...latest.values()].filter(({ stream, seq }) => seq > after[stream])
      .sort((a, b) => this.log.indexOf(a) - this.log.indexOf(b));
    const taken = all.slice(0, limit);
    const heads = all.length > limit ? { ...after } : { ...this.heads };
    for (const { stream, seq } of taken) heads[stream] = Math.max(heads[stream], seq);
    const changes = taken.map(({ id, stream, seq, mark }) => ({
      mark, stream, isNew: id && this.rows.get(id).firstSeq > after[stream] && stream === streamOf(this.rows.get(id)),
      row: id && { ...this.rows.get(id), seq },
    })).filter(({ row, isNew }) => !(row?.withdrawn_at && (isNew && !row.everyone)));
    return { changes, cursor: JSON.stringify(heads), more: all.length > limit };
  }
}

const streamOf = (row) => (row.everyone ? 'everyone' : 'own');

// A client with a stream that is live or broken, and older pages under way.
class Client {
  constructor(model, random) {
    this.model = model;
    this.random = random;
    this.pages = [];
    this.load();
  }

  load() {
    const list = this.model.list();
    this.inbox = new Inbox(list);
    this.oldest = list.more ? list.notifications.at(-1).id : 0;
    this.heard = this.model.log.length;
    this.isLive = true;
    this.hasGap = false;
  }

  // One commit, as all connections hear it: a broadcast's change without the user's states. Where a hint of the
  // user's own inbox is lost, that inbox stands still until the next catching up, and broadcasts go on.
  hearOne(isLost = false) {
    if (!this.isLive || this.heard >= this.model.log.length) return;
    const { stream, seq, row, mark } = this.model.log[this.heard++];
    this.hasGap ||= isLost && stream === 'own';
    if (this.hasGap && stream === 'own') return;
    const cursor = JSON.stringify({ ...JSON.parse(this.inbox.cursor), [stream]: seq });
    const data = { ...(mark ?? row) };
    const isNew = row && row.firstSeq === undefined;
    if (stream === 'everyone') for (const state of STATES) delete data[state];
    this.inbox.applyEvent(isNew ? 'notification' : 'change', data, cursor);
  }

  catchUp(limit = 3) {
    let answer;
    do {
      answer = this.model.replay(this.inbox.cursor, limit);
      for (const { row, mark, isNew } of answer.changes) {
        this.inbox.applyEvent(isNew ? 'notification' : 'change', { ...(mark ?? row) }, answer.cursor);
      }
      this.inbox.applyEvent('count', { unread: this.model.unread }, answer.cursor);
    } while (answer.more);
    this.heard = this.model.log.length;
    this.isLive = true;
    this.hasGap = false;
  }

  poll() {
    if (this.isLive) return;
    const { changes, cursor } = this.model.replay(this.inbox.cursor, 1 + this.random(4));
    this.inbox.applyPoll({
      marked: changes.filter(({ mark }) => mark).map(({ mark }) => mark),
      notifications: changes.filter(({ row }) => row).map(({ row }) => row),
      unread: this.model.unread, cursor,
    });
  }

  // The snapshot is taken some time after the question, and the answer comes some time after that.
  askPage() {
    const { inbox } = this;
    if (!this.oldest || this.pages.length) return;
    const page = { before: this.oldest };
    page.done = inbox.addPage(() => new Promise((answer) => { page.answer = answer; })).then((list) => {
      if (inbox === this.inbox) this.oldest = list.more ? list.notifications.at(-1).id : 0;
    });
    this.pages.push(page);
  }

  look() {
    for (const page of this.pages) page.list ??= this.model.list(page.before);
  }

  async answerPages() {
    this.look();
    for (const page of this.pages.splice(0)) {
      page.answer(page.list);
      await page.done;
    }
  }
}

function change(model, random) {
  const rows = [...model.rows.values()];
  const row = rows[random(rows.length)];
  const actions = [
    () => model.publish(false), () => model.publish(true),
    () => model.mark(row, STATES[random(3)]), () => model.mark(row, STATES[random(3)]),
    () => model.markAll(STATES[random(3)]),
    () => model.edit(row, { title: String(++model.time) }), () => model.edit(row, { withdrawn_at: ++model.time }),
  ];
  actions[rows.length ? random(actions.length) : random(2)]();
}

async function act(client, model, random) {
  const actions = [
    () => change(model, random), () => change(model, random), () => client.hearOne(), () => client.hearOne(true),
    () => { client.isLive = false; }, () => client.poll(), () => client.catchUp(),
    () => client.askPage(), () => client.look(), () => client.answerPages(), () => (random(8) ? null : client.load()),
  ];
  await actions[random(actions.length)]();
}

// Which states, not since when: a second "mark all" tells a client that missed the first one its own time.
const shown = (rows) => [...rows].map(({ id, title, ...row }) => [id, title, ...STATES.filter((state) => row[state])])
  .sort(([a], [b]) => a - b);

test('whatever comes first, the inbox ends with what the server has', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomFrom(firstSeed + round);
    const model = new Model();
    for (let count = 0; count < 15; count++) change(model, random);
    const client = new Client(model, random);
    for (let step = 0; step < STEPS; step++) await act(client, model, random);
    await client.answerPages();
    client.catchUp();
    while (client.oldest) {
      client.askPage();
      await client.answerPages();
    }
    const wanted = shown([...model.rows.values()].filter(({ withdrawn_at: withdrawn }) => !withdrawn));
    assert.deepEqual(shown(client.inbox.rows.values()), wanted, `ALLIM_SEED=${firstSeed + round}`);
    assert.equal(client.inbox.unread, model.unread, `ALLIM_SEED=${firstSeed + round}`);
  }
});
