// A real PostgreSQL of the test's own. Its only user is the superuser `allim`.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeCertificate } from './certificate.js';
import { give } from './process.js';
import { RealServer, run } from './real_server.js';
import { eventually } from './wait.js';

const VERSIONS = '/usr/lib/postgresql';
const SEGMENT_LINE = 6; // of postmaster.pid

function findBinaries() {
  const versions = readdirSync(VERSIONS).map(Number).filter(Boolean).sort((a, b) => b - a);
  assert.ok(versions.length > 0, 'no PostgreSQL is installed: run scripts/install-dependencies test');
  return join(VERSIONS, String(versions[0]), 'bin');
}

export class Postgres extends RealServer {
  // With `password`, everybody must give it (scram-sha-256). `tls` has it take TLS beside plain text;
  // the certificate is in `certificate`. `settings` are PostgreSQL's own.
  constructor({ password, tls = false, fsync = true, settings = {}, namespace } = {}) {
    super({ namespace });
    Object.assign(this, { password, tls, binaries: findBinaries(), databases: 0 });
    this.settings = {
      fsync: fsync ? 'on' : 'off',
      listen_addresses: namespace ? '*' : '127.0.0.1',
      unix_socket_directories: this.folder,
      // After a SIGKILL, everything is in the folder but the small segment that #removeSegment() knows.
      dynamic_shared_memory_type: 'mmap',
      shared_buffers: '32MB',
      ...settings,
    };
  }

  url(database = 'postgres') { return `postgresql://allim@127.0.0.1:${this.port}/${database}`; }

  async initialize() {
    const authentication = ['--auth=trust'];
    if (this.password !== undefined) {
      const file = join(this.folder, 'password');
      writeFileSync(file, `${this.password}\n`);
      give(file, 0o600);
      authentication.splice(0, 1, '--auth=scram-sha-256', `--pwfile=${file}`);
    }
    if (this.tls) {
      const { certificate, key } = await makeCertificate(this.folder);
      this.certificate = certificate;
      Object.assign(this.settings, { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key });
    }
    await this.runAsNobody([join(this.binaries, 'initdb'), '--pgdata=data', '--username=allim', '--encoding=UTF8',
      '--locale=C.UTF-8', '--no-sync', ...authentication]);
    if (this.namespace) appendFileSync(join(this.folder, 'data/pg_hba.conf'), `host all all samenet ${authentication[0].slice(7)}\n`);
    await this.choosePort();
  }

  async start() {
    if (this.port === undefined) await this.initialize();
    const settings = Object.entries(this.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await this.launch([join(this.binaries, 'postgres'), '-D', 'data', '-p', String(this.port), ...settings]);
    return this;
  }

  async isReady() {
    const arguments_ = ['-q', '-h', '127.0.0.1', '-p', String(this.port)];
    return run([join(this.binaries, 'pg_isready'), ...arguments_]).then(() => true, () => false);
  }

  // Does not wait for clients to leave.
  async stop() {
    assert.deepEqual(await super.stop('SIGINT'), { code: 0, signal: null }, this.log);
  }

  // Runs statements, all in one transaction unless they cannot be. What they return: a line for each row, its values with `|`
  // between them, without the last line's end.
  async query(statements, { url = this.url(), inTransaction = true } = {}) {
    const output = await run([join(this.binaries, 'psql'), '--no-psqlrc', '--quiet', '--tuples-only', '--no-align',
      '--set=ON_ERROR_STOP=1', ...(inTransaction ? ['--single-transaction'] : []), '--file=-', url],
    { input: statements, env: { ...process.env, PGPASSWORD: this.password ?? '', PGCONNECT_TIMEOUT: '60' } });
    return output.replace(/\n$/, '');
  }

  // An empty database; its URL.
  async createDatabase() {
    this.databases += 1;
    const name = `test_${this.databases}`;
    await run([join(this.binaries, 'createdb'), `--maintenance-db=${this.url()}`, name],
      { env: { ...process.env, PGPASSWORD: this.password ?? '' } });
    return this.url(name);
  }

  async dispose() {
    await super.dispose();
    this.#removeSegment();
  }

  // The kernel keeps it after a SIGKILL.
  #removeSegment() {
    try {
      const line = readFileSync(join(this.folder, 'data/postmaster.pid'), 'utf8').split('\n')[SEGMENT_LINE];
      spawnSync('ipcrm', ['-m', line.trim().split(/\s+/)[1]]);
    } catch { /* it ended in order */ }
  }
}

// Follows a primary by streaming replication, and takes over from it.
export class Standby extends Postgres {
  constructor(primary) {
    super();
    this.primary = primary;
  }

  async initialize() {
    await this.runAsNobody([join(this.binaries, 'pg_basebackup'), '--pgdata=data', '--write-recovery-conf', '--checkpoint=fast',
      '--no-sync', `--dbname=${this.primary.url()}`]);
    await this.choosePort();
  }

  async promote() {
    assert.equal(await this.query('SELECT pg_promote()', { inTransaction: false }), 't');
  }
}

// A standby that each commit of the primary waits for: what was acknowledged is on both.
export async function standbyFor(after, primary) {
  const standby = new Standby(primary);
  after(() => standby.dispose());
  await standby.start();
  await primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'", { inTransaction: false });
  await primary.query('SELECT pg_reload_conf()');
  await eventually('the standby to be waited for',
    async () => await primary.query('SELECT sync_state FROM pg_stat_replication') === 'sync');
  return standby;
}

// A server for one test or file; `after` is node:test's.
export async function postgresFor(after, options) {
  const server = new Postgres(options);
  after(() => server.dispose());
  return server.start();
}
