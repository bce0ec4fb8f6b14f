// Publishes by way of a queue, and writes down each message as Publisher does: begun, and then acknowledged by
// the broker, or unknown for ever. With `retries` an unknown one is sent again, under the same id, until the
// broker has it.
//
// A hand for each user sends one message after the other, under the user's key: each has its `lane`. One
// more sends to several users and to everyone, and one sends what is no JSON.
import { sleep } from '../../integration/lib/wait.js';

const AFTER_FAILURE_MS = 200;

export class QueuePublisher {
  // `pause`: up to so many milliseconds between two messages of one hand. `padding`: up to so many characters in each
  // body. `operations`: ends by itself after so many.
  constructor({ producer, history, random, users, retries = true, pause = 20, padding = 200, operations = Infinity }) {
    Object.assign(this, { producer, history, random, users, retries, pause, padding, operations });
    this.unsure = [503]; // of marks
    this.marks = 0;
    this.junk = []; // {body, outcome, took} of messages that are no JSON; `took` is in milliseconds
  }

  start() {
    const own = this.users.map((user) => (random) => this.publish(random, user, [user]));
    const chooseUsers = (random) => (random.chance(0.4) ? null : random.pickSome(this.users, random.between(2, this.users.length)));
    const shared = (random) => this.publish(random, 'several', chooseUsers(random));
    const junk = (random) => this.sendJunk(random);
    this.running = Promise.all([
      ...own.map((act) => this.work(act, this.pause)), this.work(shared, 10 * this.pause), this.work(junk, 50 * this.pause),
    ]);
  }

  // Lets what is under way finish.
  async stop() {
    this.stopping = true;
    await this.running;
  }

  // What waits for an answer goes on waiting, but nothing is tried again.
  abandon() {
    this.stopping = true;
    this.isAbandoned = true;
  }

  async work(act, pause) {
    const random = this.random.fork();
    while (!this.stopping && this.operations > 0) {
      this.operations -= 1;
      const { outcome } = await act(random);
      await sleep(random.between(0, pause) + (outcome === 'acknowledged' ? 0 : AFTER_FAILURE_MS));
    }
  }

  async send(message, insists = false) {
    for (;;) {
      if (await this.producer.send(message)) return true;
      if (this.isAbandoned || !(this.retries || insists)) return false;
    }
  }

  // To users, or to everyone where `to` is null. Returns what was written down.
  async publish(random, lane, to, { type = 'load', insists = false } = {}) {
    this.marks += 1;
    const mark = `p${this.marks}`;
    const title = `${mark} v1`;
    const target = to === null ? { everyone: true } : { users: to };
    const body = JSON.stringify({ to: target, type, title, body: 'x'.repeat(random.between(0, this.padding)), data: { mark } });
    const entry = this.history.invoke({ op: 'publish', mark, type, to, title, lane, request: mark });
    if (await this.send({ key: lane, id: mark, body }, insists)) this.history.settle(entry, 'acknowledged', { ids: {} });
    return entry;
  }

  async sendJunk(random) {
    const id = `junk-${this.junk.length + 1}`;
    const entry = { body: `no JSON: ${id}`, outcome: 'unknown' };
    const begin = performance.now();
    this.junk.push(entry);
    if (await this.send({ key: random.pick(this.users), id, body: entry.body })) entry.outcome = 'acknowledged';
    entry.took = performance.now() - begin;
    return entry;
  }

  // Publishes to somebody in the foreground until it is acknowledged, and returns its mark.
  async insist(to) {
    const { mark } = await this.publish(this.random, to?.[0] ?? 'several', to, { type: 'end', insists: true });
    return mark;
  }
}
