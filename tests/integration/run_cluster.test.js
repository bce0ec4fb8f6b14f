// `make run-cluster` as somebody who tries it: publish and listen through the balancer, end a node, end all
// of it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stablePort } from './lib/port.js';
import { beforeExit, environment, makeFolder } from './lib/process.js';
import { signal, treeOf, waitUntilGone } from './lib/process_tree.js';
import { ClientStream } from './lib/stream.js';
import { makeToken } from './lib/token.js';
import { eventually } from './lib/wait.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.ALLIM_BINARY ?? join(root, 'build/test/allim');
const folder = join(makeFolder(), 'cluster');
const port = await stablePort();
const url = `http://127.0.0.1:${port}`;
const script = spawn(join(root, 'scripts/run-cluster'), [binary], {
  env: environment({ CLUSTER: folder, PORT: String(port) }), stdio: ['ignore', 'pipe', 'pipe'],
});
let output = '';
for (const stream of [script.stdout, script.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
const ended = new Promise((settle) => { script.on('exit', (code, how) => settle({ code, how })); });
beforeExit(() => { for (const pid of treeOf(script.pid)) signal(pid, 'SIGKILL'); });
after(() => script.exitCode === null && script.kill());

const secret = (name) => readFileSync(join(folder, name), 'utf8').trim();
const commandOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');

async function publish(title) {
  const answer = await fetch(`${url}/v1/notifications`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret('api.key')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to: { user: 'anna' }, type: 'hello', title }),
  }).catch(() => null);
  return answer?.status === 201;
}

test('a node may end, and Ctrl-C ends all', async () => {
  await eventually('the cluster to run', () => {
    assert.equal(script.exitCode, null, output);
    return output.includes('The cluster runs');
  });
  const stream = new ClientStream({
    url, authorization: (user) => ({ authorization: `Bearer ${makeToken(user, secret('jwt.secret'))}` }),
  }, 'anna');
  after(() => stream.close());
  await stream.live();
  assert.ok(await publish('first'));
  await stream.wait('the first', ({ data }) => data.title === 'first');

  const all = treeOf(script.pid);
  const node = all.find((pid) => commandOf(pid).includes(`127.0.0.1:${port + 1}`));
  signal(node, 'SIGKILL');
  await eventually('its end to be told', () => /node-1 ended with status 137; nodes that go on: 2/.test(output));
  await eventually('the others to publish', () => publish('second'));
  await stream.wait('the second', ({ data }) => data.title === 'second');
  stream.close();

  script.kill('SIGINT');
  assert.deepEqual(await ended, { code: 130, how: null }, output);
  await waitUntilGone(all);
});
