// Starts and ends the program under test, unprivileged even where the tests run as root, so that files
// of mode 0600 and read-only folders mean what they mean in production.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const NOBODY = 65534;
const isRoot = process.getuid() === 0;
const unprivileged = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const children = new Set();
const folders = new Set();
const actions = new Set();

process.on('exit', () => {
  for (const action of actions) action();
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

// Node 18 may loop for ever when it closes its handles behind the last listener, so that one ends it first. It
// stands behind the test runner's, which says by process.exitCode what came of the tests.
process.once('beforeExit', () => process.on('exit', () => process.exit()));

// Has something done when the test program ends, before its folders are removed. Returns a function that
// takes it back.
export function beforeExit(action) {
  actions.add(action);
  return () => actions.delete(action);
}

// The beginning of a command line that runs something as nobody; `options` are setpriv's.
export function asNobody(...options) {
  return ['setpriv', ...options, ...(isRoot ? unprivileged : []), '--'];
}

export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'allim-test-'));
  folders.add(folder);
  give(folder);
  return folder;
}

// Makes a file or folder the server's own.
export function give(path, mode) {
  if (mode !== undefined) chmodSync(path, mode);
  if (isRoot) chownSync(path, NOBODY, NOBODY);
}

const allim = resolve(process.env.ALLIM_BINARY ?? fileURLToPath(new URL('../../../build/test/allim', import.meta.url)));

// The build folder is the one of allim, or above it.
function findBuilt(name) {
  for (let folder = dirname(allim); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`${join(dirname(allim), name)} is missing: run "make test", or set ALLIM_BINARY`);
}

// The path of a program of the same build, copied where the unprivileged user cannot reach it (a clone in /root).
export function builtProgram(name) {
  const path = findBuilt(name);
  if (!isRoot || spawnSync('setpriv', [...unprivileged, 'test', '-x', path]).status === 0) return path;
  const copy = join(makeFolder(), basename(name));
  copyFileSync(path, copy);
  chmodSync(copy, 0o755);
  if (existsSync(join(dirname(path), 'po'))) cpSync(join(dirname(path), 'po'), join(dirname(copy), 'po'), { recursive: true });
  return copy;
}

const binary = builtProgram(basename(allim));

// That of this program without what is for allim, and more.
export function environment(variables) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ALLIM_'));
  return { ...Object.fromEntries(kept), NO_COLOR: undefined, ...variables };
}

// Runs one command line in the background. The result has `child`, the texts so far in `stdout` and
// `stderr`, and `ended`, a promise of {code, signal}. `wrapper` is a command that runs the program;
// `outside` is one more, which still has the rights of the test.
export function start(args, { variables = {}, cwd = '/', wrapper = [], outside = [] } = {}) {
  const command = [...outside, ...(isRoot ? ['setpriv', ...unprivileged] : []), ...wrapper, binary, ...args];
  const child = spawn(command[0], command.slice(1), { env: environment(variables), cwd });
  const running = { child, stdout: '', stderr: '' };
  children.add(child);
  child.stdout.setEncoding('utf8').on('data', (text) => { running.stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { running.stderr += text; });
  running.ended = new Promise((settle) => {
    child.on('error', (error) => settle({ code: null, signal: String(error) }));
    child.on('close', (code, signal) => {
      children.delete(child);
      settle({ code, signal });
    });
  });
  return running;
}

// Runs one command line to its end: {code, signal, stdout, stderr}.
export async function run(args, { input = '', ...options } = {}) {
  const running = start(args, options);
  running.child.stdin.on('error', () => {}); // it may end without reading
  running.child.stdin.end(input);
  const { code, signal } = await running.ended;
  return { code, signal, stdout: running.stdout, stderr: running.stderr };
}
