// Stands between a client and any TCP server, and does to their connections what networks do. How each
// connection is treated can be changed while it lives; all that is random follows from one seed.
//
//   pass      as if it were not there
//   delay     each piece waits, in order
//   drip      one byte at a time, each of which waits
//   freeze    nothing moves either way, the end included, and the connection stays open
//
// And, once: reset() (RST to both), halfClose() (FIN to one, while the other way goes on), and cut(), which
// resets all and refuses more until mend().
import { connect, createServer } from 'node:net';
import { Random, chooseSeed } from './random.js';

export const pass = { kind: 'pass' };
export const freeze = { kind: 'freeze' };
export const delay = (low, high) => ({ kind: 'delay', low, high });
export const drip = (low, high) => ({ kind: 'drip', low, high });

// A flag that loops wait for.
class Signal {
  constructor() { this.renew(); }

  renew() { this.promise = new Promise((settle) => { this.settle = settle; }); }

  send() {
    this.settle();
    this.renew();
  }
}

// One connection: two sockets, and a pump for each direction.
export class Link {
  constructor(client, { target, mode, random, onWait }) {
    Object.assign(this, { client, mode, onWait, changed: new Signal(), closed: false, ended: { toServer: false, toClient: false } });
    this.randoms = { toServer: random.fork(), toClient: random.fork() };
    this.gone = this.#run(target);
  }

  set(mode) {
    this.mode = mode;
    this.changed.send();
  }

  reset() {
    this.closed = true;
    this.changed.send();
    for (const socket of [this.client, this.server]) {
      if (socket?.connecting) socket.destroy();
      else socket?.resetAndDestroy();
    }
  }

  // `direction` is 'toServer' or 'toClient'. What is still sent in that direction is lost.
  halfClose(direction) {
    this.ended[direction] = true;
    (direction === 'toServer' ? this.server : this.client).end();
  }

  // A frozen connection is not even opened at the other end.
  async #run(target) {
    this.#watch(this.client);
    await this.#thawed();
    if (this.closed) return;
    this.server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#watch(this.server);
    await Promise.allSettled([
      this.#pump(this.client, this.server, 'toServer'),
      this.#pump(this.server, this.client, 'toClient'),
    ]);
  }

  // The end of one socket with an error is the same for the other.
  #watch(socket) {
    socket.on('error', () => {
      this.#thawed().then(() => this.reset());
    });
  }

  async #thawed() {
    while (this.mode.kind === 'freeze' && !this.closed) await this.changed.promise;
  }

  async #pump(from, to, direction) {
    for await (const piece of from.iterator({ destroyOnReturn: false })) await this.#pass(piece, to, direction);
    await this.#thawed();
    to.end();
  }

  async #pass(piece, to, direction) {
    for (let rest = piece; rest.length > 0 && !this.closed;) {
      const length = await this.#nextLength(rest.length, direction);
      if (length > 0 && !this.ended[direction]) await this.#write(rest.subarray(0, length), to);
      rest = rest.subarray(length);
    }
  }

  // How much may go now; 0 where the mode has changed meanwhile.
  async #nextLength(length, direction) {
    const { mode } = this;
    if (mode.kind === 'pass') return length;
    if (mode.kind === 'freeze') {
      await this.#thawed();
      return 0;
    }
    const wait = this.randoms[direction].between(mode.low, mode.high);
    this.onWait?.(direction, wait);
    await this.#sleep(wait);
    if (this.mode !== mode) return 0;
    return mode.kind === 'drip' ? 1 : length;
  }

  async #sleep(milliseconds) {
    let timer;
    const elapsed = new Promise((done) => { timer = setTimeout(done, milliseconds); });
    await Promise.race([elapsed, this.changed.promise]);
    clearTimeout(timer);
  }

  async #write(bytes, to) {
    if (to.destroyed || to.write(bytes)) return;
    await new Promise((done) => {
      const settle = () => {
        to.off('drain', settle).off('close', settle);
        done();
      };
      to.on('drain', settle).on('close', settle);
    });
  }
}

export class FaultProxy {
  // `target` is {host, port}. `mode` is that of new connections, or a function that chooses one with a
  // Random of the connection's own.
  constructor(target, { seed = chooseSeed(), mode = pass, onWait } = {}) {
    Object.assign(this, { target: { host: '127.0.0.1', ...target }, seed, mode, onWait, random: new Random(seed), links: new Set() });
  }

  async listen(port = 0, host = '127.0.0.1') {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    await new Promise((done, fail) => { this.server.once('error', fail).listen(port, host, done); });
    ({ port: this.port, address: this.host } = this.server.address());
    return this;
  }

  // Treats all connections in that way from now on, those to come included.
  set(mode) {
    this.mode = mode;
    for (const link of this.links) link.set(this.#modeOf(link.random));
  }

  reset() {
    for (const link of [...this.links]) link.reset();
  }

  halfClose(direction) {
    for (const link of this.links) link.halfClose(direction);
  }

  async cut() {
    const closed = new Promise((done) => { this.server.close(done); });
    this.reset();
    await closed;
  }

  // Takes connections again, at the same port.
  mend() { return this.listen(this.port, this.host); }

  async close() {
    if (this.server.listening) await this.cut();
  }

  #modeOf(random) { return typeof this.mode === 'function' ? this.mode(random) : this.mode; }

  #accept(client) {
    const random = this.random.fork();
    const link = new Link(client, { target: this.target, mode: this.#modeOf(random), random, onWait: this.onWait });
    link.random = random;
    this.links.add(link);
    client.on('close', () => this.links.delete(link));
  }
}
