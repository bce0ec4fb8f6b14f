// A producer in a process of its own (tests/lib/kafka_producer.c, rabbitmq_producer.c), which fills a queue that
// allim reads.
import { spawn } from 'node:child_process';
import { asNobody, beforeExit, builtProgram } from './process.js';
import { sleep } from './wait.js';

const PAUSE_MS = 50; // before it tries again to reach its broker

export class Producer {
  // `program` with `words` behind it.
  constructor(program, ...words) {
    Object.assign(this, { command: [builtProgram(`tests/lib/${program}`), ...words], count: 0, starts: 0, log: '', waiting: new Map() });
  }

  start() {
    const [command, ...words] = [...asNobody('--pdeathsig=KILL'), ...this.command];
    const child = spawn(command, words, { stdio: 'pipe' });
    let rest = '';
    child.stdin.on('error', () => {}); // it may end without reading
    child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#take(line);
    });
    this.ended = new Promise((settle) => { child.on('close', () => settle(this.#end())); });
    this.removeHook = beforeExit(() => child.kill('SIGKILL'));
    this.child = child;
    this.starts += 1;
    return this;
  }

  #take(line) {
    const number = Number(/^acknowledged (\d+)$/.exec(line)[1]);
    this.waiting.get(number)(true);
    this.waiting.delete(number);
  }

  // Without its connection it ends, and begins anew.
  #end() {
    this.child = null;
    this.removeHook();
    for (const settle of this.waiting.values()) settle(false);
    this.waiting.clear();
    if (!this.isClosed) setTimeout(() => this.isClosed || this.start(), PAUSE_MS);
  }

  // Resolves to true when the broker has it; to false when nobody knows. `key` keeps messages in order where the
  // broker has keys, and by `id` a message is known again.
  async send({ key, id = '-', body }) {
    while (!this.child && !this.isClosed) await sleep(PAUSE_MS);
    if (this.isClosed) return false;
    this.count += 1;
    const number = this.count;
    const answer = new Promise((settle) => { this.waiting.set(number, settle); });
    this.child.stdin.write(`${number} ${key} ${id} ${body}\n`);
    return answer;
  }

  // Without warning. It comes back by itself.
  async kill() {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  async close() {
    this.isClosed = true;
    await this.kill();
  }
}

// One for one test; `after` is node:test's.
export function producerFor(after, ...command) {
  const producer = new Producer(...command).start();
  after(() => producer.close());
  return producer;
}
