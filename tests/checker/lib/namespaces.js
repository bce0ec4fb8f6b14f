// Two network namespaces joined by a cable, whose end can be taken out: then neither side is told anything,
// where a proxy or a killed server would send FIN or RST. Only root may make them (see refusal()).
//
// Each namespace is held by a small process of its own, so it is gone when that is; nothing has a name that
// could be left behind. The cable lies between the two alone and their addresses are nowhere else, so nothing
// of the machine's own network changes. What runs in them is reached through forward().
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../integration/lib/real_server.js';
import { makeFolder } from '../../integration/lib/process.js';

const RELAY = fileURLToPath(new URL('relay.js', import.meta.url));

// Why the machine does not let the test make namespaces, or null.
export function refusal() {
  if (process.getuid() !== 0) return 'only root may make network namespaces';
  const cable = ['unshare', '--net', 'ip', 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'other'];
  const { status, stderr, error } = spawnSync(cable[0], cable.slice(1), { encoding: 'utf8' });
  return status === 0 ? null : `no network namespaces here: ${error ? error.message : stderr.trim()}`;
}

export class Namespace {
  constructor(address) {
    this.address = address;
    this.forwards = [];
  }

  async create() {
    this.path = join(makeFolder(), 'relay');
    this.holder = spawn('setpriv', ['--pdeathsig=KILL', 'unshare', '--net', process.execPath, RELAY, this.path],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = once(this.holder, 'exit');
    await Promise.race([once(this.holder.stdout, 'data'), this.ended.then(() => { throw new Error('the relay ended'); })]);
    await this.run('ip', 'link', 'set', 'lo', 'up');
  }

  // The beginning of a command line that runs something in here.
  get prefix() { return ['nsenter', '--net', `--target=${this.holder.pid}`, '--']; }

  run(...command) { return run([...this.prefix, ...command]); }

  // Listens on the machine's loopback, once for each port, and passes on to an address and port as seen from
  // in here. The port.
  async forward({ port = 0, host = '127.0.0.1', target = port } = {}) {
    if (this.forwards.some((forward) => forward.address()?.port === port)) return port;
    const server = createServer((outer) => {
      const inner = connect(this.path);
      inner.write(`${host} ${target}\n`);
      outer.pipe(inner).pipe(outer);
      for (const socket of [outer, inner]) {
        socket.on('error', () => {});
        socket.on('close', () => { (socket === outer ? inner : outer).destroy(); });
      }
    });
    await new Promise((done, fail) => { server.once('error', fail).listen(port, '127.0.0.1', done); });
    this.forwards.push(server);
    return server.address().port;
  }

  async destroy() {
    for (const server of this.forwards) server.close();
    this.holder?.kill('SIGKILL');
    await this.ended;
  }
}

// Both, as {near, far, cut(), mend()}; `after` is node:test's.
export async function namespacesFor(after) {
  const near = new Namespace('10.213.0.1');
  const far = new Namespace('10.213.0.2');
  for (const namespace of [near, far]) {
    after(() => namespace.destroy());
    await namespace.create();
  }
  await near.run('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(far.holder.pid));
  for (const namespace of [near, far]) {
    await namespace.run('ip', 'address', 'add', `${namespace.address}/30`, 'dev', 'cable');
    await namespace.run('ip', 'link', 'set', 'cable', 'up');
  }
  return {
    near,
    far,
    // The far end: near keeps its route and address, and what it sends is lost in silence.
    cut: () => far.run('ip', 'link', 'set', 'cable', 'down'),
    mend: () => far.run('ip', 'link', 'set', 'cable', 'up'),
  };
}
