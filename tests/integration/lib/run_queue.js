// `make run-kafka` and `make run-rabbitmq` as somebody who tries them: listen through the balancer, have the
// broker take a message by the command that is printed, end all of it.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stablePort } from './port.js';
import { beforeExit, environment, makeFolder } from './process.js';
import { signal, treeOf, waitUntilGone } from './process_tree.js';
import { run } from './real_server.js';
import { ClientStream } from './stream.js';
import { makeToken } from './token.js';
import { eventually } from './wait.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const binary = process.env.ALLIM_BINARY ?? join(root, 'build/test/allim');

function start(queue, folder, port) {
  const child = spawn(join(root, 'scripts/run-queue'), [queue, binary], {
    cwd: root, env: environment({ QUEUE_DATA: folder, PORT: String(port) }), stdio: ['ignore', 'pipe', 'pipe'],
  });
  const script = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { script.output += text; });
  script.ended = new Promise((settle) => { child.on('exit', (code, how) => settle({ code, how })); });
  beforeExit(() => { for (const pid of treeOf(child.pid)) signal(pid, 'SIGKILL'); });
  after(() => child.exitCode === null && child.kill());
  return script;
}

// Messages go by the rules that are in the settings: an order to its customer, and nothing of the type debug. Each
// time that the command is run it is another message, with a key of its own.
async function sendAndWatch(script, folder, port) {
  const secret = readFileSync(join(folder, 'jwt.secret'), 'utf8').trim();
  const watch = (user) => new ClientStream({
    url: `http://127.0.0.1:${port}`, authorization: () => ({ authorization: `Bearer ${makeToken(user, secret)}` }),
  }, user).live();
  const streams = await Promise.all(['anna', 'minjun'].map(watch));
  const send = script.output.match(/^ {2}send +(.*)$/m)[1];
  await run(['sh', '-c', send.replace('"type":"order.paid"', '"type":"debug","to":{"user":"anna"}')], { cwd: root });
  assert.match(send, /"idempotency_key":"/);
  for (let i = 0; i < 2; i += 1) await run(['sh', '-c', send], { cwd: root });
  for (const stream of streams) {
    await eventually('the orders', () => stream.named('notification').length >= 2);
    assert.deepEqual(stream.named('notification').map(({ data }) => data.type), ['order.paid', 'order.paid']);
    stream.close();
  }
}

export async function tryQueue(queue) {
  const [folder, port] = [join(makeFolder(), queue), await stablePort()];
  const script = start(queue, folder, port);
  await eventually('all to run', () => {
    assert.equal(script.child.exitCode, null, script.output);
    return script.output.includes('All runs');
  });
  await sendAndWatch(script, folder, port);
  const all = treeOf(script.child.pid);
  script.child.kill('SIGINT');
  assert.deepEqual(await script.ended, { code: 130, how: null }, script.output);
  await waitUntilGone(all);
}

export async function tryTakenPort(queue) {
  const port = await stablePort();
  const other = createServer().listen(port + 30, '127.0.0.1');
  await new Promise((done) => { other.once('listening', done); });
  const script = start(queue, join(makeFolder(), queue), port);
  assert.deepEqual(await script.ended, { code: 1, how: null });
  other.close();
  assert.equal(script.output, `run-queue: port ${port + 30} is taken; end what listens there, such as an earlier run, or choose another PORT\n`);
}
