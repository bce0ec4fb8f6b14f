// A publisher, some users and their clients around one server: begun, brought to rest, and checked.
import assert from 'node:assert/strict';
import { PATIENCE_MS, eventually, sleep } from '../../integration/lib/wait.js';
import { Caller } from './call.js';
import { check } from './check.js';
import { Client, RESTLESS } from './client.js';
import { History, saveHistories } from './history.js';
import { Publisher } from './publisher.js';
import { Random, chooseSeed } from './random.js';
import { summarize } from './view.js';

export const ALL_METHODS = { sse: 6, poll: 2, longPoll: 2, websocket: 6 };
export const STREAMS = { sse: 1, websocket: 1 };

export class Scenario {
  // `clientsUrl` and `publisherUrl` go through a proxy where they are given. `publisher` and `client` are
  // further options of those, and `makePublisher` makes another kind of publisher of them. `patience`: how many milliseconds to wait until all
  // clients have everything, and `badgePatience` until their badges agree with their rows.
  constructor({ server, seed = chooseSeed(), users = 4, clientsPerUser = 4, methods = ALL_METHODS, habits = RESTLESS,
    clientsUrl, publisherUrl, publisher = {}, makePublisher = (chosen) => new Publisher(chosen), client = {}, options = {}, patience = PATIENCE_MS, badgePatience = 5000 }) {
    Object.assign(this, { server, seed, options, patience, badgePatience });
    server.users.push(this);
    this.random = new Random(seed);
    this.history = new History();
    this.users = Array.from({ length: users }, (_, index) => `user-${index + 1}`);
    this.publisher = makePublisher({
      server, url: publisherUrl, history: this.history, random: this.random.fork(), users: this.users, ...publisher,
    });
    this.clients = this.users.flatMap((user) => Array.from({ length: clientsPerUser }, (_, index) => new Client({
      name: `${user}-${index + 1}`, user, server, url: clientsUrl, history: this.history, random: this.random.fork(), methods, habits,
      unsure: this.publisher.unsure, ...client,
    })));
  }

  start() {
    for (const client of this.clients) client.start();
    this.publisher.start();
    return this;
  }

  // Stops without waiting for anything.
  async abandon() {
    this.publisher.abandon();
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  // Waits until all clients have loaded their list.
  async open() {
    for (const client of this.clients) client.start();
    await this.until(() => this.clients.every(({ cursor }) => cursor));
    await sleep(50);
    return this;
  }

  async until(probe, within = this.patience) {
    const end = Date.now() + within;
    while (!probe() && Date.now() < end) await sleep(20);
  }

  // Ends the publishing, says a last word to each user and to everyone, and waits until every client has
  // heard both: whatever was sent before has arrived by then, or never will.
  async settle() {
    await this.publisher.stop();
    await Promise.all(this.clients.map((client) => client.calm()));
    const begin = Date.now();
    const own = new Map();
    for (const user of this.users) own.set(user, await this.publisher.insist([user]));
    const toAll = await this.publisher.insist(null);
    await this.until(() => this.clients.every((client) => client.has(own.get(client.user)) && client.has(toAll)));
    await this.until(() => this.clients.every(({ view }) => view.badge === view.unread()), this.badgePatience);
    this.settled = Date.now() - begin;
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  // A slow machine may take longer for one than the store is given.
  pageOf(path, headers, caller) {
    return eventually(`${path} to be answered, seed ${this.seed}`, async () => {
      const { status, body } = await caller.request('GET', path, { headers });
      if (status === 503) return null;
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    });
  }

  async inboxOf(user, caller) {
    const headers = this.server.authorization(user);
    const rows = [];
    let first;
    for (let before = ''; ; before = `&before=${rows.at(-1).id}`) {
      const body = await this.pageOf(`/v1/inbox?filter=all&limit=100${before}`, headers, caller);
      first ??= body;
      rows.push(...body.notifications.map(summarize));
      if (!body.more) break;
    }
    // A node that a hint did not reach counts from memory until its next sweep.
    let body;
    const end = Date.now() + this.badgePatience;
    do {
      if (body) await sleep(50);
      ({ body } = await caller.request('GET', '/v1/inbox/count', { headers }));
    } while (body.unread !== first.unread && Date.now() < end);
    return { rows, unread: first.unread, count: body.unread };
  }

  async inboxesAt(url) {
    const caller = new Caller(url, { random: this.random });
    const inboxes = {};
    for (const user of this.users) inboxes[user] = await this.inboxOf(user, caller);
    caller.close();
    return inboxes;
  }

  // Brings everything to rest and reads the logs: what check() returns.
  async check() {
    await this.settle();
    const server = await this.inboxesAt(this.server.url);
    this.histories = { seed: this.seed, publisher: this.history.publisher, clients: this.history.clients, server, options: this.options };
    return check(this.histories);
  }

  // Nothing may be wrong. Where something is, the histories stay in a folder that the failure names.
  async verify(test) {
    const { violations, counts } = await this.check();
    test.diagnostic(`seed ${this.seed}, at rest after ${this.settled} ms: ${JSON.stringify(counts)}`);
    if (violations.length === 0) return counts;
    const folder = saveHistories(this.histories, { seed: this.seed, counts, violations }, { 'server.log': this.server.logs + this.server.log });
    const lines = violations.slice(0, 12).map(({ kind, where, about, what }) => `${kind}: ${where}, ${about}: ${what}`);
    assert.fail(`${violations.length} findings, seed ${this.seed}, histories in ${folder}\n${lines.join('\n')}`);
    return null;
  }
}
