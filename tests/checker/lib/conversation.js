// What a client says over its WebSocket while it listens: it marks rows that it holds, every other time by
// HTTP as a second tab would, and acknowledges what it has applied.
import { sleep } from '../../integration/lib/wait.js';
import { mark } from './mark.js';
import { STATES } from './view.js';

const PAUSE_MS = [20, 300];

// What got no answer may still be under way. Whoever waits for it waits for that, too.
const UNKNOWN_MS = 500;

export class Conversation {
  // `later(milliseconds, act)` acts for as long as the client may do mischief and the session lasts.
  constructor(client, connection, later) {
    Object.assign(this, { client, connection, later, random: client.random });
  }

  start() {
    this.later(this.random.between(...PAUSE_MS), () => {
      this.say();
      this.start();
    });
  }

  say() {
    if (this.random.chance(0.3)) this.acknowledge();
    else this.client.await(this.mark());
  }

  async acknowledge() {
    const { client: { cursor }, connection } = this;
    if (this.random.chance(0.5)) {
      connection.acknowledge(cursor);
      return;
    }
    const answer = await connection.acknowledgeAndWait(cursor).catch(() => null);
    if (answer && answer.status !== 204) connection.onEnd(`the acknowledgement of ${cursor} was answered ${answer.status}`);
  }

  async mark() {
    const { client, random } = this;
    const ids = random.chance(0.1) ? null : random.pickSome([...client.view.rows.keys()], random.between(1, 3));
    if (ids?.length === 0) return;
    const ask = random.chance(0.5) ? (...question) => this.connection.request(...question) : (...question) => this.post(...question);
    const entry = await mark(client.history, { user: client.user, state: random.pick(STATES), ids },
      (...question) => ask(...question).catch(() => null), client.unsure);
    if (entry.outcome === 'unknown') await sleep(UNKNOWN_MS);
  }

  post(method, path, body) {
    const { caller, server, user, end } = this.client;
    return caller.request(method, path, { headers: server.authorization(user), body, signal: end.signal });
  }
}
