// What the real servers of tests (PostgreSQL, Redis, RabbitMQ) have in common: each belongs to its test, runs
// unprivileged in a temporary folder, on the same port from start to start, and ends with the test.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { stablePort } from './port.js';
import { asNobody, beforeExit, makeFolder } from './process.js';
import { freezeTree, killTree, signal, thawTree, treeOf, waitUntilGone } from './process_tree.js';
import { eventually } from './wait.js';

const LOG_CHARACTERS = 1 << 16;
const execute = promisify(execFile);

// Runs a program to its end; what it writes on standard output.
export async function run(command, { input = '', ...options } = {}) {
  const running = execute(command[0], command.slice(1), options);
  running.child.stdin.on('error', () => {}); // it may end without reading
  running.child.stdin.end(input);
  return (await running).stdout;
}

export class RealServer {
  // In a `namespace` (tests/checker/lib/namespaces.js) it is reached at the same port as elsewhere.
  constructor({ namespace } = {}) {
    this.namespace = namespace;
    this.folder = makeFolder();
    this.log = '';
    this.removeHook = beforeExit(() => { for (const pid of this.isRunning ? treeOf(this.pid) : []) signal(pid, 'SIGKILL'); });
  }

  get pid() { return this.child.pid; }

  get isRunning() { return this.child !== undefined && !this.hasEnded; }

  async choosePort() {
    this.port = await stablePort();
    await this.namespace?.forward({ port: this.port });
  }

  runAsNobody(command) {
    return run([...asNobody(), ...command], { cwd: this.folder });
  }

  // Starts what it has not running, and waits until isReady().
  async launch(command) {
    assert.ok(!this.isRunning, 'it runs already');
    this.hasEnded = false;
    const line = [...(this.namespace?.prefix ?? []), ...asNobody('--pdeathsig=KILL'), ...command];
    this.child = spawn(line[0], line.slice(1), { cwd: this.folder, stdio: [this.input ?? 'ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.log = (this.log + text).slice(-LOG_CHARACTERS); });
    }
    this.ended = new Promise((settle) => {
      const end = (code, how) => {
        this.hasEnded = true;
        settle({ code, signal: how });
      };
      this.child.on('error', (error) => end(null, String(error))).on('exit', end);
    });
    await eventually(`${command[0]} to be ready`, async () => {
      assert.ok(this.isRunning, `${command[0]} ended:\n${this.log}`);
      return this.isReady();
    }, { every: 20 });
  }

  // In order. Returns {code, signal}.
  async stop(how = 'SIGTERM') {
    const all = treeOf(this.pid);
    signal(this.pid, how);
    const end = await this.ended;
    await waitUntilGone(all);
    return end;
  }

  // SIGKILL to all of it at once; nothing of it is left afterwards.
  async kill() {
    await killTree(this.pid);
    await this.ended;
  }

  // It stops where it is, while the kernel goes on taking connections and bytes for it.
  freeze() { return freezeTree(this.pid); }

  thaw() { thawTree(this.pid); }

  async restart() {
    await this.stop();
    return this.start();
  }

  // Ends it in whatever state.
  async dispose() {
    if (this.isRunning) await this.kill();
    this.removeHook();
  }
}
