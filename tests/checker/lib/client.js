// One client of one user: a tab that loads the list, follows the changes by one method or another, loses
// its connection, comes back with its cursor, and writes down everything that it saw.
import { PATIENCE_MS, sleep } from '../../integration/lib/wait.js';
import { Caller, chooseUrl } from './call.js';
import { Conversation } from './conversation.js';
import { parseCursor, streamOfEvent, streamOfPolled } from './cursor.js';
import { EventStreamConnection } from './event_stream_connection.js';
import { SocketConnection } from './socket_connection.js';
import { View } from './view.js';

const PAGE = 100;

// Probabilities of what a client does at the beginning of a session: to itself, and that it `speaks` where
// its connection lets it (see Conversation).
export const CALM = { leaves: false, slow: 0, halfCloses: 0, bogus: 0, reloads: 0, speaks: 0 };
export const RESTLESS = { leaves: true, slow: 0.15, halfCloses: 0.2, bogus: 0.03, reloads: 0.04, speaks: 0.5 };

export class Client {
  // `methods` are names of those below with weights; each session takes one. `obeysRetry`: waits as the
  // server says before it comes back, instead of a random short time. `url` may be chosen anew for each
  // request and stream, and `patience` limits how long an answer is waited for (see Caller). `unsure`:
  // statuses that leave open whether a mark was done.
  constructor({ name, user, server, url = server.url, history, random, methods, habits = CALM, obeysRetry = false,
    patience, unsure = [] }) {
    Object.assign(this, { name, user, server, url, history, random, methods, habits, obeysRetry, patience, unsure });
    this.log = history.addClient(name, user);
    this.view = new View();
    this.cursor = null;
    this.generation = 0;
    this.retries = [];
    this.awaited = new Set();
    this.end = new AbortController();
  }

  start() {
    this.running = this.run();
  }

  // No more mischief: from now on it only follows, so that it can catch up. Resolves once nothing that it
  // did is under way any more.
  async calm() {
    this.habits = CALM;
    this.connection?.resume();
    await Promise.all(this.awaited);
  }

  async await(deed) {
    this.awaited.add(deed);
    await deed;
    this.awaited.delete(deed);
  }

  async stop() {
    this.end.abort();
    this.connection?.destroy();
    await this.running;
    this.caller?.close();
    this.log.rows = this.view.summary();
    this.log.badge = this.view.badge;
  }

  get stopped() {
    return this.end.signal.aborted;
  }

  has(mark) {
    return [...this.view.rows.values()].some((row) => row.mark === mark);
  }

  async run() {
    this.caller = new Caller(this.url, { random: this.random, patience: this.patience });
    while (!this.stopped) {
      try {
        if (!this.cursor || this.random.chance(this.habits.reloads)) await this.load();
        await this[this.random.weighted(this.methods)]();
      } catch (error) {
        if (error instanceof Malformed) this.record('malformed', { what: error.message });
      }
      if (!this.stopped) await sleep(this.obeysRetry ? this.retries.at(-1) ?? 100 : this.random.between(5, 80));
    }
  }

  record(kind, more) {
    this.log.records.push({ at: this.history.tick(), kind, ...more });
  }

  // Begins a session: from here on changes carry a new generation. Now and then it hands in a cursor that
  // no server gave, and expects a reset.
  begin(method) {
    this.generation += 1;
    let cursor = parseCursor(this.cursor);
    const isBogus = this.random.chance(this.habits.bogus);
    if (isBogus) {
      cursor = this.random.chance(0.5) ? { ...cursor, own: cursor.own + 100000 }
        : { ...cursor, epoch: cursor.epoch.replace(/./g, (digit) => (digit === '0' ? 'f' : '0')) };
    }
    const text = `${cursor.epoch}.${cursor.own}.${cursor.broadcast}`;
    this.record('open', { method, generation: this.generation, cursor: text, isBogus });
    return text;
  }

  applyRow(row, stream, event, more) {
    const shown = this.view.put(row, stream ?? 'either');
    this.record('change', {
      stream, seq: row.seq, id: row.id, mark: row.data?.mark, title: row.title, event,
      withdrawn: Boolean(row.withdrawn_at), unread: row.unread, shown, ...more,
    });
    return shown;
  }

  applyAll(data, more) {
    this.view.markAll(data);
    this.record('all', { stream: 'own', seq: data.seq, state: data.all, ...more });
  }

  async get(path, headers = {}) {
    const answer = await this.caller.request('GET', path, {
      headers: { ...this.server.authorization(this.user), ...headers }, signal: this.end.signal,
    });
    if (answer.status !== 200 && answer.status !== 304) {
      this.record('refused', { status: answer.status, path });
      throw new Error(`${path} was answered ${answer.status}`);
    }
    return answer;
  }

  // All pages. The first one's cursor is where changes begin.
  async load() {
    const rows = [];
    let first;
    for (let before = ''; ; before = `&before=${rows.at(-1).id}`) {
      const { body } = await this.get(`/v1/inbox?filter=all&limit=${PAGE}${before}`);
      first ??= body;
      rows.push(...body.notifications);
      if (!body.more) break;
    }
    this.view.replace(rows, first.unread);
    this.cursor = first.cursor;
    this.record('list', { cursor: this.cursor, rows: rows.map(({ id, title, data }) => [id, data?.mark, title]) });
  }

  poll() {
    return this.pollFor('poll', '', 120);
  }

  longPoll() {
    return this.pollFor('long poll', '&wait=5', 5);
  }

  async pollFor(method, wait, pause) {
    let cursor = this.begin(method);
    let left = this.habits.leaves ? this.random.between(1, 12) : Infinity;
    for (; left > 0 && !this.stopped; left--) {
      const headers = this.random.chance(0.5) ? { 'if-none-match': `"${cursor}"` } : {};
      const { status, body } = await this.get(`/v1/inbox?after=${cursor}${wait}`, headers);
      if (status === 200) {
        if (body.reset) return this.takeReset('polled');
        this.takeAnswer(cursor, body, method);
        cursor = this.cursor;
      }
      if (!body.more) await sleep(this.random.between(0, pause));
    }
    return undefined;
  }

  // The rows are as they are now, marks included; so marks are for the rows that were here before.
  takeAnswer(before, body, method) {
    const after = parseCursor(before);
    const cursor = parseCursor(body.cursor);
    const more = { method, generation: this.generation, batch: this.history.tick() };
    for (const marked of body.marked) this.applyAll(marked, more);
    for (const row of body.notifications) {
      const stream = streamOfPolled(after, cursor, row);
      if (stream === undefined) {
        this.record('malformed', { what: `row ${row.id} has seq ${row.seq}, which is not after ${before} and up to ${body.cursor}` });
      }
      this.applyRow(row, stream, 'row', more);
    }
    this.view.badge = body.unread;
    this.cursor = body.cursor;
    this.record('at', { cursor: this.cursor, unread: body.unread, generation: this.generation });
  }

  takeReset(reason) {
    this.record('reset', { reason });
    this.cursor = null;
  }

  sse() {
    return this.follow('sse', EventStreamConnection);
  }

  websocket() {
    return this.follow('websocket', SocketConnection);
  }

  // One session over a connection that brings the changes by itself. Connections have destroy(), leave(),
  // pause() and resume(), and call
  //   onOpen()
  //   onRefused(status, path)
  //   onEvent({name, data, id})
  //   onRetry(milliseconds)
  //   onEnd(what)               where it is over, with what was malformed, if anything was
  async follow(method, Connection) {
    const cursor = this.begin(method);
    const state = { method, before: parseCursor(cursor), habits: this.habits, timers: [] };
    try {
      await new Promise((settle, fail) => {
        const connection = new Connection({
          url: chooseUrl(this.url, this.random), cursor, headers: this.server.authorization(this.user), random: this.random,
          onOpen: () => this.open(state, connection),
          onRefused: (status, path) => this.record('refused', { status, path }),
          onEvent: (event) => this.takeEvent(state, event, connection),
          onRetry: (retry) => this.retries.push(retry),
          onEnd: (what) => (what ? fail(new Malformed(what)) : settle()),
        });
        this.connection = connection;
        state.timers.push(setTimeout(() => { if (!state.isOpen) connection.destroy(); }, PATIENCE_MS));
      });
    } finally {
      state.isOver = true;
      state.timers.forEach(clearTimeout);
      this.connection?.destroy();
      this.connection = null;
    }
  }

  open(state, connection) {
    const later = (milliseconds, act) => {
      state.timers.push(setTimeout(() => { if (this.habits === state.habits) act(); }, milliseconds));
    };
    state.isOpen = true;
    this.misbehave(connection, later);
    if (connection.request && this.random.chance(this.habits.speaks)) new Conversation(this, connection, later).start();
  }

  takeEvent(state, { name, data, id }, connection) {
    if (state.isOver) return;
    const cursor = parseCursor(id);
    const more = { method: state.method, generation: this.generation, cursor: id };
    if (name === 'reset') {
      this.takeReset(data.reason);
      state.isOver = true;
      connection.destroy();
      return;
    }
    if (name === 'count') {
      this.record('at', { cursor: id, unread: data.unread, generation: this.generation });
    } else if (data.all) {
      this.applyAll(data, more);
    } else {
      const stream = streamOfEvent(state.before, cursor, data);
      const shown = this.applyRow(data, stream, name, more);
      if (shown && name === 'notification' && !data.read_at && !data.archived_at) this.view.badge += 1;
      if (data.seq !== cursor[stream]) {
        this.record('malformed', { what: `the seq ${data.seq} of row ${data.id} is not that of its cursor ${id}` });
      }
    }
    if (typeof data.unread === 'number') this.view.badge = data.unread;
    state.before = cursor;
    this.cursor = id;
  }

  // Goes away in the middle, says that it will send no more, or reads in fits and starts.
  misbehave(connection, later) {
    const { random, habits } = this;
    if (habits.leaves) {
      later(random.between(20, 1500), () => (random.chance(habits.halfCloses) ? connection.leave() : connection.destroy()));
    }
    if (random.chance(habits.slow)) {
      const rest = () => {
        connection.pause();
        later(random.between(50, 600), () => {
          connection.resume();
          later(random.between(1, 30), rest);
        });
      };
      rest();
    }
  }
}

class Malformed extends Error {}
