// The server under test, which here also gets killed, stopped and restarted on the same folder.
import assert from 'node:assert/strict';
import { stablePort } from '../../integration/lib/port.js';
import { Server } from '../../integration/lib/server.js';

const SANITIZER_REPORT = /(?:ERROR: \w+Sanitizer|runtime error:)[^]*/;

export class CheckedServer extends Server {
  constructor({ variables, ...options } = {}) {
    super({
      demo: false,
      variables: {
        ALLIM_LIMITS_REQUESTS_PER_MINUTE: '0',
        ALLIM_LIMITS_CONNECTIONS_PER_USER: '0',
        ALLIM_STORE_RETENTION_COUNT: '0',
        ALLIM_LOG_LEVEL: 'info',
        ...variables,
      },
      ...options,
    });
    this.logs = '';
    this.startTimes = [];
    this.authorizations = new Map();
    this.users = []; // whoever has to be stopped before it: each has abandon()
  }

  async start() {
    this.port ??= await stablePort();
    this.adminPort ??= await stablePort();
    const begin = performance.now();
    await super.start();
    this.startTimes.push(Math.round(performance.now() - begin));
    return this;
  }

  async kill() {
    this.running.child.kill('SIGKILL');
    await this.running.ended;
    assert.doesNotMatch(this.log, SANITIZER_REPORT);
    this.logs += this.log;
  }

  async restart() {
    await this.stop();
    this.logs += this.log;
    return this.start();
  }

  authorization(as) {
    if (!this.authorizations.has(as)) this.authorizations.set(as, super.authorization(as));
    return this.authorizations.get(as);
  }

  // One figure of /metrics, summed over its labels.
  async metric(name) {
    const { body } = await this.call('GET', '/metrics', { admin: true });
    const values = [...body.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
    assert.ok(values.length > 0, `no metric ${name}`);
    return values.reduce((sum, value) => sum + value, 0);
  }
}

// A server for one test. Where the test fails midway, this ends what it left running.
export async function checkedServer(after, options) {
  const server = await new CheckedServer(options).start();
  after(async () => {
    for (const user of server.users) await user.abandon();
    if (server.running.child.exitCode === null && server.running.child.signalCode === null) await server.stop();
  });
  return server;
}
