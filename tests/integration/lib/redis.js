// A real Redis of the test's own, or a cluster of three.
import assert from 'node:assert/strict';
import { makeCertificate } from './certificate.js';
import { stablePort } from './port.js';
import { RealServer, run } from './real_server.js';
import { eventually } from './wait.js';

export class Redis extends RealServer {
  // `password` is demanded where it is given. With `tls` it speaks TLS alone; the certificate is in
  // `certificate`. `settings` are Redis's own. It keeps what it has on the disk.
  constructor({ password, tls = false, settings = {}, namespace } = {}) {
    super({ namespace });
    Object.assign(this, { password, tls, settings });
  }

  get url() { return `${this.tls ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`; }

  async initialize() {
    if (this.tls) {
      const { certificate, key } = await makeCertificate(this.folder);
      this.certificate = certificate;
      this.settings = { 'tls-cert-file': certificate, 'tls-key-file': key, 'tls-auth-clients': 'no', ...this.settings };
    }
    await this.choosePort();
  }

  async start() {
    if (this.port === undefined) await this.initialize();
    const settings = {
      bind: this.namespace ? '*' : '127.0.0.1',
      'protected-mode': this.namespace ? 'no' : 'yes',
      dir: this.folder,
      save: '',
      appendonly: 'yes',
      ...(this.tls ? { port: '0', 'tls-port': this.port } : { port: this.port }),
      ...(this.password === undefined ? {} : { requirepass: this.password, masterauth: this.password }),
      ...this.settings,
    };
    await this.launch(['redis-server', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])]);
    return this;
  }

  // While it loads its data it answers, but not with PONG.
  async isReady() {
    return this.command('PING').then((answer) => answer === 'PONG', () => false);
  }

  async stop() {
    assert.deepEqual(await super.stop('SIGTERM'), { code: 0, signal: null }, this.log);
  }

  // One command; its answer as redis-cli writes it, without the last line's end. An error is thrown.
  async command(...words) {
    const access = this.tls ? ['--tls', '--cacert', this.certificate] : [];
    const output = await run(['redis-cli', '-e', '-h', '127.0.0.1', '-p', String(this.port), ...access, ...words],
      { env: { ...process.env, ...(this.password === undefined ? {} : { REDISCLI_AUTH: this.password }) } });
    return output.replace(/\n$/, '');
  }
}

// A server for one test or file; `after` is node:test's.
export async function redisFor(after, options) {
  const server = new Redis(options);
  after(() => server.dispose());
  return server.start();
}

// Three masters that share the slots, without replicas.
export async function redisClusterFor(after, { password, settings = {} } = {}) {
  const nodes = [];
  for (let number = 0; number < 3; number++) {
    nodes.push(await redisFor(after, {
      password,
      settings: { 'cluster-enabled': 'yes', 'cluster-port': await stablePort(), 'cluster-node-timeout': 2000, ...settings },
    }));
  }
  const access = password === undefined ? {} : { REDISCLI_AUTH: password };
  await run(['redis-cli', '--cluster', 'create', ...nodes.map((node) => `127.0.0.1:${node.port}`), '--cluster-yes'],
    { env: { ...process.env, ...access } });
  for (const node of nodes) {
    await eventually('the cluster to be whole', async () => /cluster_state:ok/.test(await node.command('CLUSTER', 'INFO')));
  }
  return nodes;
}
