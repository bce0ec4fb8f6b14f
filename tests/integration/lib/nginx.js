// Debian's nginx in front of a node, with the example of docs/operations.md, though without TLS.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { give } from './process.js';
import { RealServer } from './real_server.js';

const document = new URL('../../../docs/operations.md', import.meta.url);
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export class Nginx extends RealServer {
  constructor(node) {
    super();
    this.node = node;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  get accessLog() { return join(this.folder, 'access.log'); }

  example() {
    const [, text] = readFileSync(document, 'utf8').match(/^nginx:\n\n```\n([^]*?)```/m);
    return text.replace('127.0.0.1:8080', `127.0.0.1:${this.node.port}`)
      .replace('listen 443 ssl http2', `listen 127.0.0.1:${this.port}`).replace(/ssl_certificate.*\n/g, '\n');
  }

  configuration() {
    return `daemon off;
pid ${this.folder}/nginx.pid;
worker_processes 1;
events {}
http {
${temporary.map((name) => `${name}_temp_path ${this.folder}/temporary/${name};\n`).join('')}
access_log ${this.accessLog};
${this.example()}
}
`;
  }

  async start() {
    await this.choosePort();
    const file = join(this.folder, 'nginx.conf');
    const folder = join(this.folder, 'temporary');
    writeFileSync(file, this.configuration());
    mkdirSync(folder);
    give(file, 0o644);
    give(folder, 0o700);
    await this.launch(['nginx', '-e', 'stderr', '-c', file]);
    return this;
  }

  isReady() {
    return new Promise((settle) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.on('error', () => settle(false)).on('connect', () => { socket.destroy(); settle(true); });
    });
  }
}

// One for one test or file; `after` is node:test's.
export async function nginxFor(after, node) {
  const nginx = new Nginx(node);
  after(() => nginx.dispose());
  return nginx.start();
}
