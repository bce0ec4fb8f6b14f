// A real RabbitMQ of the test's own.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stablePort } from './port.js';
import { asNobody, give } from './process.js';
import { RealServer, run } from './real_server.js';
import { eventually } from './wait.js';

const STARTING = /requires the 'rabbit' app to be running/;
const PROGRAMS = '/usr/lib/rabbitmq/bin';

// It starts an epmd that would outlive it, so it finds one that ends with it. With a NOTIFY_SOCKET, which systemd
// would set, its script makes way for the server instead of waiting for it.
const SCRIPT = `setpriv --pdeathsig=KILL -- epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
  NOTIFY_SOCKET=/nonexistent exec ${PROGRAMS}/rabbitmq-server`;

export class RabbitMQ extends RealServer {
  // Its only user is guest, with the password guest.
  get url() { return `amqp://127.0.0.1:${this.port}`; }

  async initialize() {
    await this.choosePort();
    const [epmd, distribution] = [await stablePort(), await stablePort()];
    this.environment = {
      ...process.env,
      HOME: this.folder, // where the cookie is that server and rabbitmqctl know each other by
      LC_ALL: 'C.UTF-8',
      PATH: `${process.env.PATH}:/usr/sbin`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: epmd,
      RABBITMQ_NODENAME: `allim-${this.port}@localhost`,
      RABBITMQ_DIST_PORT: distribution,
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CONFIG_FILE: this.#write('rabbitmq.conf', `listeners.tcp.local = 127.0.0.1:${this.port}
        log.console = true
        log.console.level = warning
        log.file = false
        disk_free_limit.absolute = 1MB
      `.replace(/^ +/gm, '')),
      RABBITMQ_ENABLED_PLUGINS_FILE: this.#write('enabled_plugins', '[].\n'),
      RABBITMQ_MNESIA_BASE: join(this.folder, 'mnesia'),
      RABBITMQ_LOG_BASE: this.folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
    };
  }

  #write(name, text) {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    give(path);
    return path;
  }

  async start() {
    if (this.port === undefined) await this.initialize();
    await this.launch(['env', ...this.#variables(), 'sh', '-c', SCRIPT]);
    return this;
  }

  #variables() { return Object.entries(this.environment).map(([name, value]) => `${name}=${value}`); }

  // It listens when all else is done, and then begins with a frame of the type "method" (AMQP 0-9-1, 2.2.4).
  isReady() {
    return new Promise((settle) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01', 'latin1'));
      socket.on('data', (bytes) => {
        settle(bytes[0] === 1);
        socket.destroy();
      });
      socket.on('error', () => {}).on('close', () => settle(false));
    });
  }

  async stop() {
    assert.deepEqual(await super.stop('SIGTERM'), { code: 0, signal: null }, this.log);
  }

  // rabbitmqctl with these words; what it writes. A server greets its clients a moment before it calls itself started.
  async control(...words) {
    const command = [...asNobody(), `${PROGRAMS}/rabbitmqctl`, '--quiet', ...words];
    const { output } = await eventually('RabbitMQ to call itself started', () => (
      run(command, { cwd: this.folder, env: this.environment }).then((text) => ({ output: text }), (error) => {
        if (STARTING.test(error.message)) return null;
        throw error;
      })));
    return output;
  }
}

// A server for one test or file; `after` is node:test's.
export async function rabbitmqFor(after, options) {
  const server = new RabbitMQ(options);
  after(() => server.dispose());
  return server.start();
}
