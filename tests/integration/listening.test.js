// Who may have a port, who gets in, and under which name.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { makeFolder, start } from './lib/process.js';
import { Server, assertProblem, freePort } from './lib/server.js';
import { eventually } from './lib/wait.js';

const PAIRS = 20;
const IN_USE = /cannot listen on \S+: the port is in use; .*--listen or http\.listen \(make run: PORT=\)/;

test('of two nodes that start at once, one gets the port and the other says what to do', async () => {
  for (let pair = 0; pair < PAIRS; pair++) {
    const port = await freePort();
    const both = Array.from({ length: 2 }, () => start(['serve', '--demo', '--listen', `127.0.0.1:${port}`,
      '--admin-listen', '127.0.0.1:0', '--data', makeFolder(), '--http-workers', '2']));
    const decided = both.map((running) => Promise.race([
      running.ended, eventually('a ready node', () => running.stdout.includes('is ready')).catch(() => null),
    ]));
    await Promise.all(decided);
    const ready = both.filter(({ stdout }) => stdout.includes('is ready'));
    assert.equal(ready.length, 1, both.map(({ stderr }) => stderr).join('\n'));
    const [other] = both.filter((running) => running !== ready[0]);
    assert.equal((await other.ended).code, 1);
    assert.match(other.stderr, IN_USE);
    ready[0].child.kill('SIGTERM');
    assert.equal((await ready[0].ended).code, 0);
  }
});

async function hold(port, count) {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(sockets.map((socket) => new Promise((done) => { socket.once('connect', done).once('close', done); })));
  return sockets;
}

test('idle connections to the admin listener keep no user out', async () => {
  const server = await new Server({ wrapper: ['prlimit', '--nofile=128:128'] }).start();
  const sockets = await hold(server.adminPort, 300);
  for (let count = 0; count < 10; count++) {
    const answer = await fetch(`${server.url}/stats`, { signal: AbortSignal.timeout(5000), headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
    await answer.text();
  }
  await eventually('the warning', () => server.log.includes('administrators have all connections'));
  for (const socket of sockets) socket.destroy();
  await eventually('the admin listener', async () => (await fetch(`${server.adminUrl}/health/live`)).ok);
  await server.stop();
});

// fetch() sends the Host of its address, whatever it is told.
function ask(port, host, path) {
  return new Promise((done, failed) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
        const headers = new Headers(Object.entries(answer.headers));
        const isJson = /json/.test(headers.get('content-type'));
        done({ status: answer.statusCode, headers, body: isJson ? JSON.parse(text) : text });
      });
    }).on('error', failed).end();
  });
}

const LOCAL = ['localhost', 'LocalHost:1234', '127.0.0.1', '127.8.9.10:80', '[::1]', '[::1]:8081'];
const FOREIGN = ['attacker.example', 'attacker.example:8080', 'localhost.attacker.example', '127.0.0.1.attacker.example',
  '128.0.0.1', '127.1', '[::2]:80', '0.0.0.0:8080', '10.0.0.1'];

test('a name that was rebound to this machine is refused where no key is asked for', async () => {
  const server = await new Server().start();
  for (const [port, path] of [[server.port, '/'], [server.port, '/stats'], [server.adminPort, '/metrics'], [server.adminPort, '/stats']]) {
    for (const host of LOCAL) assert.equal((await ask(port, host, path)).status, 200, `${host} ${path}`);
    for (const host of FOREIGN) assertProblem(await ask(port, host, path), 421, 'misdirected');
  }
  assertProblem(await ask(server.port, 'attacker.example', '/v1/inbox'), 421, 'misdirected');
  await server.stop();
});

test('behind a proxy, users come by any name; administrators do not', async () => {
  const server = await new Server({ demo: false }).start();
  assertProblem(await ask(server.port, 'notify.example.com', '/v1/inbox'), 401, 'unauthenticated');
  assertProblem(await ask(server.adminPort, 'notify.example.com', '/stats'), 421, 'misdirected');
  await server.stop();
});
