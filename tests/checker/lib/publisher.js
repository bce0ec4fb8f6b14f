// Publishes, corrects, withdraws and marks at random, and writes down each operation: begun, and then
// acknowledged, failed, or unknown for ever. With `retries` an unknown operation is repeated, a publish
// under the same Idempotency-Key, until the server says what became of it.
import { sleep } from '../../integration/lib/wait.js';
import { Caller } from './call.js';
import { mark } from './mark.js';
import { STATES } from './view.js';

const REMEMBERED = 200; // what corrections and marks choose from

export const PUBLISHING = { single: 1 };
export const EVERYTHING = {
  single: 50, several: 10, everyone: 6, array: 8, correct: 8, withdraw: 5, markSome: 10, markAll: 3,
};

export class Publisher {
  // `server` gives authorization, `url` is where requests go. `pause`: up to so many milliseconds between
  // two operations of one of the `workers`. `padding`: up to so many characters in each body.
  // `operations`: ends by itself after so many. `unsure`: statuses that leave open whether it was done.
  // `url` may be chosen anew for each request, and `patience` limits how long an answer is waited for.
  constructor({ server, url = server.url, history, random, users, retries = false, weights = EVERYTHING,
    workers = 4, pause = 10, padding = 200, operations = Infinity, unsure = [], patience }) {
    Object.assign(this, { server, url, history, random, users, retries, weights, pause, padding, operations, unsure, patience });
    this.workerCount = workers;
    this.known = [];
    this.marks = 0;
    this.requests = 0;
  }

  start() {
    this.running = Promise.all(Array.from({ length: this.workerCount }, () => this.work(this.random.fork())));
  }

  // Lets what is under way finish. What has no answer by then stays unknown.
  async stop() {
    this.stopping = true;
    await this.running;
  }

  // What waits for an answer goes on waiting, but nothing is tried again.
  abandon() {
    this.stopping = true;
    this.retries = false;
    this.isAbandoned = true;
  }

  caller(random) {
    return new Caller(this.url, { random, patience: this.patience });
  }

  async work(random) {
    const caller = this.caller(random);
    const hand = new Hand(this, random, caller);
    while (!this.stopping && this.operations > 0) {
      this.operations -= 1;
      await hand[random.weighted(this.weights)]();
      await sleep(random.between(0, this.pause));
    }
    caller.close();
  }

  // Publishes to somebody in the foreground until it is acknowledged, and returns its mark.
  async insist(to) {
    const caller = this.caller(this.random);
    const hand = new Hand(this, this.random, caller, true);
    const [entry] = await hand.publish([hand.item(to, 'end')]);
    caller.close();
    return entry.mark;
  }

  remember(entry) {
    for (const [user, id] of Object.entries(entry.ids)) {
      this.known.push({ id, user: user || null, mark: entry.mark, version: 1, busy: false });
    }
    if (this.known.length > REMEMBERED) this.known.splice(0, this.known.length - REMEMBERED);
  }
}

// One worker's way of doing things. Each method is one operation.
class Hand {
  constructor(publisher, random, caller, insists = false) {
    Object.assign(this, { publisher, random, caller, insists });
    this.history = publisher.history;
  }

  // Repeats until there is an answer that settles it, where that is wanted. Returns the answer or null.
  async ask(method, path, options) {
    const { publisher } = this;
    while (!publisher.isAbandoned) {
      try {
        const answer = await this.caller.request(method, path, options);
        const isFinal = answer.status < 500 && answer.status !== 429;
        if (isFinal || !(publisher.retries || this.insists)) return answer;
      } catch (error) {
        if (!error.unsent && !publisher.retries && !this.insists) return null;
        if (error.unsent && publisher.stopping && !this.insists) return null;
      }
      await sleep(this.random.between(10, 60));
    }
    return null;
  }

  settle(entry, answer, more) {
    this.history.conclude(entry, answer, this.publisher.unsure, more);
  }

  // `to` is a list of users, or null for everyone.
  item(to, type = 'load') {
    this.publisher.marks += 1;
    const mark = `p${this.publisher.marks}`;
    return { op: 'publish', mark, type, to, title: `${mark} v1` };
  }

  body({ to, type, title, mark }) {
    const target = to === null ? { everyone: true } : to.length === 1 ? { user: to[0] } : { users: to };
    const body = 'x'.repeat(this.random.between(0, this.publisher.padding));
    return { to: target, type, title, body, data: { mark } };
  }

  async publish(items, isArray = false) {
    const { publisher } = this;
    publisher.requests += 1;
    const request = publisher.requests;
    const body = items.map((item) => this.body(item));
    const entries = items.map((item) => this.history.invoke({ ...item, request }));
    const answer = await this.ask('POST', '/v1/notifications', {
      headers: {
        ...publisher.server.authorization('publisher'),
        ...(publisher.retries || this.insists ? { 'idempotency-key': `request-${request}` } : {}),
      },
      body: isArray ? body : body[0],
    });
    const results = isArray && answer?.status === 200 ? answer.body.results : items.map(() => answer?.body);
    entries.forEach((entry, index) => {
      const ids = Object.fromEntries((results[index]?.notifications ?? []).map(({ user, id }) => [user ?? '', id]));
      this.settle(entry, answer, { ids });
      if (entry.outcome === 'acknowledged') publisher.remember(entry);
    });
    return entries;
  }

  single() {
    return this.publish([this.item([this.random.pick(this.publisher.users)])]);
  }

  several() {
    const { users } = this.publisher;
    return this.publish([this.item(this.random.pickSome(users, this.random.between(2, users.length)))]);
  }

  everyone() {
    return this.publish([this.item(null)]);
  }

  array() {
    const { users } = this.publisher;
    const count = this.random.between(1, 8);
    return this.publish(Array.from({ length: count }, () => (
      this.item(this.random.chance(0.1) ? null : this.random.pickSome(users, this.random.between(1, 3))))), true);
  }

  // Works on one notification that nobody else works on, if there is one.
  async change(work) {
    const free = this.publisher.known.filter(({ busy }) => !busy);
    if (free.length === 0) return;
    const chosen = this.random.pick(free);
    chosen.busy = true;
    await work(chosen);
    chosen.busy = false;
  }

  correct() {
    return this.change(async (chosen) => {
      chosen.version += 1;
      const { id, user, mark, version } = chosen;
      const title = `${mark} v${version}`;
      const entry = this.history.invoke({ op: 'correct', mark, user, id, title });
      this.settle(entry, await this.ask('PATCH', `/v1/notifications/${id}`, {
        headers: this.publisher.server.authorization('publisher'), body: { title },
      }));
    });
  }

  withdraw() {
    return this.change(async (chosen) => {
      const { id, user, mark } = chosen;
      this.publisher.known.splice(this.publisher.known.indexOf(chosen), 1);
      const entry = this.history.invoke({ op: 'withdraw', mark, user, id });
      this.settle(entry, await this.ask('DELETE', `/v1/notifications/${id}`, {
        headers: this.publisher.server.authorization('publisher'),
      }));
    });
  }

  mark(user, state, ids) {
    const headers = this.publisher.server.authorization(user);
    return mark(this.history, { user, state, ids }, (method, path, body) => this.ask(method, path, { headers, body }), this.publisher.unsure);
  }

  async markSome() {
    const user = this.random.pick(this.publisher.users);
    const ids = this.publisher.known.filter((one) => one.user === null || one.user === user).map(({ id }) => id);
    if (ids.length > 0) await this.mark(user, this.random.pick(STATES), this.random.pickSome(ids, this.random.between(1, 4)));
  }

  markAll() {
    return this.mark(this.random.pick(this.publisher.users), this.random.pick(STATES), null);
  }
}
