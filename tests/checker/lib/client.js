// One client of one user: a tab that loads the list, follows the changes by one method or another, loses
// its connection, comes back with its cursor, and writes down everything that it saw.
import http from 'node:http';
import { PATIENCE_MS, sleep } from '../../integration/lib/wait.js';
import { Caller, chooseUrl } from './call.js';
import { parseCursor, streamOfEvent, streamOfPolled } from './cursor.js';
import { EventStreamReader } from './event_stream.js';
import { View } from './view.js';

const PAGE = 100;

// Probabilities of what a client does to itself at the beginning of a session.
export const CALM = { leaves: false, slow: 0, halfCloses: 0, bogus: 0, reloads: 0 };
export const RESTLESS = { leaves: true, slow: 0.15, halfCloses: 0.2, bogus: 0.03, reloads: 0.04 };

export class Client {
  // `methods` are names of those below with weights; each session takes one. `obeysRetry`: waits as the
  // server says before it comes back, instead of a random short time. `url` may be chosen anew for each
  // request and stream, and `patience` limits how long an answer is waited for (see Caller).
  constructor({ name, user, server, url = server.url, history, random, methods, habits = CALM, obeysRetry = false,
    patience }) {
    Object.assign(this, { name, user, server, url, history, random, methods, habits, obeysRetry, patience });
    this.log = history.addClient(name, user);
    this.view = new View();
    this.cursor = null;
    this.generation = 0;
    this.retries = [];
    this.end = new AbortController();
  }

  start() {
    this.running = this.run();
  }

  // No more mischief: from now on it only follows, so that it can catch up.
  calm() {
    this.habits = CALM;
    this.resume?.();
  }

  async stop() {
    this.end.abort();
    this.close?.();
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

  async sse() {
    const cursor = this.begin('sse');
    const isHeader = this.random.chance(0.5);
    const request = http.get(new URL(`/v1/inbox/stream${isHeader ? '' : `?after=${cursor}`}`, chooseUrl(this.url, this.random)), {
      agent: false,
      headers: { accept: 'text/event-stream', ...this.server.authorization(this.user), ...(isHeader ? { 'last-event-id': cursor } : {}) },
    });
    const timers = [];
    this.close = () => request.destroy();
    try {
      await this.follow(request, parseCursor(cursor), timers);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      request.destroy();
      this.close = null;
      this.resume = null;
    }
  }

  follow(request, cursor, timers) {
    const state = { before: cursor };
    const reader = new EventStreamReader({
      onEvent: (event) => this.takeEvent(state, event, request),
      onRetry: (retry) => this.retries.push(retry),
    });
    return new Promise((settle, fail) => {
      timers.push(setTimeout(() => { if (!state.open) request.destroy(); }, PATIENCE_MS));
      request.on('error', settle);
      request.on('close', settle);
      request.on('response', (response) => {
        state.open = true;
        if (response.statusCode !== 200) fail(new Malformed(`a stream was answered ${response.statusCode}`));
        response.on('data', (bytes) => {
          try {
            if (!state.reset) reader.feed(bytes);
          } catch (error) {
            fail(new Malformed(error.message));
            request.destroy();
          }
        });
        response.on('error', settle);
        response.on('close', settle);
        this.misbehave(request, response, timers);
      });
    });
  }

  takeEvent(state, { name, data, id }, request) {
    if (state.reset) return;
    const cursor = parseCursor(id);
    const more = { method: 'sse', generation: this.generation, cursor: id };
    if (name === 'reset') {
      this.takeReset(data.reason);
      state.reset = true;
      request.destroy();
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
  misbehave(request, response, timers) {
    const { random, habits } = this;
    const later = (milliseconds, act) => timers.push(setTimeout(() => { if (this.habits === habits) act(); }, milliseconds));

    if (habits.leaves) {
      later(random.between(20, 1500), () => (random.chance(habits.halfCloses) ? request.socket?.end() : request.destroy()));
    }
    if (random.chance(habits.slow)) {
      const rest = () => {
        response.pause();
        later(random.between(50, 600), () => {
          response.resume();
          later(random.between(1, 30), rest);
        });
      };
      this.resume = () => response.resume();
      rest();
    }
  }
}

class Malformed extends Error {}
