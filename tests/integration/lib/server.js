// One running `allim serve`, and the calls that tests make to it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { give, makeFolder, start } from './process.js';
import { makeToken } from './token.js';
import { PATIENCE_MS, eventually } from './wait.js';

const SANITIZER_REPORT = /(?:ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer)[^]*/;

const PROBE_MS = 5000;

// Reconnecting is part of many tests, so clients are told to be quick about it.
const QUICK = {
  ALLIM_STREAM_RETRY_MINIMUM: '100ms',
  ALLIM_STREAM_RETRY_MAXIMUM: '300ms',
  ALLIM_DRAIN_DURATION: '1s',
};

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => { probe.once('listening', done); });
  const { port } = probe.address();
  await new Promise((done) => { probe.close(done); });
  return port;
}

// The `command` is serve or consume. Its store is the folder `data`, or the database at the URL `store`. In a `namespace`
// (tests/checker/lib/namespaces.js) it is reached at the same ports as elsewhere.
export class Server {
  constructor({ command = 'serve', demo = true, variables = {}, args = [], wrapper = [], namespace, store, data } = {}) {
    this.command = command;
    this.demo = demo;
    this.args = args;
    this.wrapper = wrapper;
    this.namespace = namespace;
    this.store = store;
    this.data = data ?? makeFolder();
    this.apiKey = variables.ALLIM_API_KEY ?? `key-${randomBytes(12).toString('hex')}`;
    this.secret = variables.ALLIM_JWT_SECRET ?? randomBytes(32).toString('hex');
    this.variables = { ...QUICK, ALLIM_API_KEY: this.apiKey, ALLIM_JWT_SECRET: this.secret, ...variables };
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  get adminUrl() { return `http://127.0.0.1:${this.adminPort}`; }

  get log() { return this.running.stderr; }

  get pid() { return this.running.child.pid; }

  // The same ports serve each start, as a restarted server's would.
  async start() {
    this.port ??= await freePort();
    this.adminPort ??= await freePort();
    await this.namespace?.forward({ port: this.port });
    await this.namespace?.forward({ port: this.adminPort });
    give(this.data);
    this.running = start([this.command, ...(this.demo ? ['--demo'] : []),
      '--listen', `127.0.0.1:${this.port}`, '--admin-listen', `127.0.0.1:${this.adminPort}`,
      '--data', this.store ?? this.data, ...this.args], { variables: this.variables, wrapper: this.wrapper, outside: this.namespace?.prefix });
    let end = null;
    this.running.ended.then((how) => { end = how; });
    await eventually('the server to be ready', async () => {
      if (end) throw new Error(`allim ${this.command} ended with ${JSON.stringify(end)}:\n${this.log}`);
      return fetch(`${this.adminUrl}/health/ready`, { signal: AbortSignal.timeout(PROBE_MS) }).then((answer) => answer.ok, () => false);
    });
    return this;
  }

  // Ends it in order and checks that nothing was wrong on the way. Returns {code, signal}.
  async stop(signal = 'SIGTERM') {
    this.running.child.kill(signal);
    const end = await this.running.ended;
    assert.doesNotMatch(this.log, SANITIZER_REPORT);
    assert.deepEqual(end, { code: 0, signal: null }, `the end of allim ${this.command}:\n${this.log}`);
    return end;
  }

  async restart() {
    await this.stop();
    return this.start();
  }

  token(user, claims) {
    return makeToken(user, this.secret, claims);
  }

  authorization(as) {
    if (!as) return {};
    return { authorization: `Bearer ${as === 'publisher' ? this.apiKey : this.token(as)}` };
  }

  // One request: {status, headers, body}, the body parsed where it is JSON. `as` is a user's name or
  // 'publisher'; a string as `body` is sent as it is.
  async call(method, path, { as, body, headers = {}, admin = false } = {}) {
    const answer = await fetch(`${admin ? this.adminUrl : this.url}${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...this.authorization(as),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, body: isJson && text ? JSON.parse(text) : text };
  }

  // Publishes one notification and returns its id. A string as `to` is one user.
  async publish(to, content = {}) {
    const target = typeof to === 'string' ? { user: to } : to;
    const answer = await this.call('POST', '/v1/notifications', {
      as: 'publisher', body: { to: target, type: 'test', title: 'A title', ...content },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  }

  async list(user, query = '') {
    const answer = await this.call('GET', `/v1/inbox${query}`, { as: user });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  async mark(user, action, what) {
    const answer = await this.call('POST', `/v1/inbox/${action}`, { as: user, body: what });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }
}

// A server for the tests of one file; `after` is node:test's.
export async function serverFor(after, options) {
  const server = await new Server(options).start();
  after(() => server.stop());
  return server;
}

// Checks that an answer is a problem (RFC 9457) of that status and code.
export function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
  assert.equal(answer.body.status, status);
  if (code) assert.equal(answer.body.code, code);
  assert.match(answer.body.code, /^[a-z][a-z0-9_]*$/);
  for (const member of ['type', 'title', 'detail']) {
    assert.equal(typeof answer.body[member], 'string', member);
    assert.notEqual(answer.body[member], '', member);
  }
}
