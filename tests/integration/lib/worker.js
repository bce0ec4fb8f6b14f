// A running `allim consume`, which publishes what a queue brings.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { freePort } from './server.js';
import { start } from './process.js';
import { eventually } from './wait.js';

export class Worker {
  // `store` is the URL of a PostgreSQL database.
  constructor({ store, args = [], variables = {} }) {
    Object.assign(this, { store, args, variables });
  }

  get log() { return this.running.stderr; }

  // What resides in memory, in bytes.
  get residentBytes() {
    return Number(readFileSync(`/proc/${this.running.child.pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;
  }

  // Sanitizers keep freed memory for a while, so that one says nothing about the program.
  get isSanitized() { return readFileSync(`/proc/${this.running.child.pid}/maps`, 'utf8').includes('libasan'); }

  async start() {
    this.adminPort ??= await freePort();
    this.running = start(['consume', '--admin-listen', `127.0.0.1:${this.adminPort}`, '--store', this.store, ...this.args],
      { variables: this.variables });
    this.running.ended.then((how) => { this.end = how; });
    await eventually('the worker to be ready', () => this.isReady());
    return this;
  }

  isReady() {
    if (this.end) throw new Error(`allim consume ended with ${JSON.stringify(this.end)}:\n${this.log}`);
    return fetch(`http://127.0.0.1:${this.adminPort}/health/ready`).then((answer) => answer.ok, () => false);
  }

  // One figure of its source: `published`, `waiting`, ...
  async figure(name) {
    if (this.end) throw new Error(`allim consume ended with ${JSON.stringify(this.end)}:\n${this.log}`);
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}/metrics`);
    return Number((await answer.text()).match(new RegExp(`^allim_source_${name}(?:_total)?{.*} (\\d+)$`, 'm'))[1]);
  }

  async stop() {
    this.running.child.kill('SIGTERM');
    assert.deepEqual(await this.running.ended, { code: 0, signal: null }, this.log);
  }
}

// A worker for one test or file; `after` is node:test's.
export async function workerFor(after, options) {
  const worker = await new Worker(options).start();
  after(() => worker.stop());
  return worker;
}
