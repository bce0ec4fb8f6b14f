// Debian's haproxy in front of some nodes, as docs and scripts/run-cluster have it.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { give } from './process.js';
import { RealServer } from './real_server.js';

export class Haproxy extends RealServer {
  // `nodes` have `port` and `adminPort`.
  constructor(nodes) {
    super();
    this.nodes = nodes;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  configuration() {
    return `defaults
\tmode http
\ttimeout connect 2s
\ttimeout client 75s
\ttimeout server 75s
\ttimeout http-request 10s
\toption redispatch
\tretries 3
frontend public
\tbind 127.0.0.1:${this.port}
\tdefault_backend nodes
backend nodes
\tbalance leastconn
\toption httpchk GET /health/ready
\thttp-check send hdr Host localhost
\tdefault-server inter 200ms fall 2 rise 1
${this.nodes.map(({ port, adminPort }, index) => `\tserver node-${index + 1} 127.0.0.1:${port} check port ${adminPort}\n`).join('')}`;
  }

  async start() {
    if (this.port === undefined) await this.choosePort();
    const file = join(this.folder, 'haproxy.cfg');
    writeFileSync(file, this.configuration());
    give(file, 0o644);
    await this.launch(['haproxy', '-db', '-f', file]);
    return this;
  }

  isReady() {
    return new Promise((settle) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.on('connect', () => settle(true)).on('error', () => settle(false)).on('connect', () => socket.destroy());
    });
  }
}

// One for one test or file; `after` is node:test's.
export async function haproxyFor(after, nodes) {
  const haproxy = new Haproxy(nodes);
  after(() => haproxy.dispose());
  return haproxy.start();
}
