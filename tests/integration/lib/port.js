// Free ports on loopback for servers that are ended and started again.
import { createServer } from 'node:net';

const given = new Set(); // a server that is not started yet holds no port

// Below the range that the kernel takes ports of outgoing connections from: a client that tries to reach
// a dead server must not become its own peer, and keep the port from it.
export async function stablePort() {
  for (;;) {
    const port = 15000 + Math.floor(Math.random() * 15000);
    if (given.has(port)) continue;
    given.add(port);
    const probe = createServer();
    const isFree = await new Promise((settle) => {
      probe.once('error', () => settle(false));
      probe.listen(port, '127.0.0.1', () => settle(true));
    });
    if (isFree) await new Promise((done) => { probe.close(done); });
    if (isFree) return port;
  }
}
