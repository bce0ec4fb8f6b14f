// A process and all that came from it, as /proc tells of them.
import { readFileSync } from 'node:fs';
import { eventually } from './wait.js';

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

// 'R', 'S', 'T', ...; '' where the process is gone. What nobody has waited for yet is gone, too.
export function stateOf(pid) {
  const state = /\) (\w)/.exec(read(`/proc/${pid}/stat`))?.[1] ?? '';
  return state === 'Z' || state === 'X' ? '' : state;
}

function childrenOf(pid) {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

// The process itself comes first.
export function treeOf(pid) {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export async function waitUntilGone(pids) {
  await eventually(`the end of ${pids.join(', ')}`, () => pids.every((pid) => stateOf(pid) === ''), { every: 5 });
}

// Parents first: what does not run has no more children.
export async function freezeTree(pid) {
  signal(pid, 'SIGSTOP');
  await eventually(`${pid} to stop`, () => ['T', 't', ''].includes(stateOf(pid)), { every: 2 });
  for (const child of childrenOf(pid)) await freezeTree(child);
}

export function thawTree(pid) {
  for (const each of treeOf(pid).reverse()) signal(each, 'SIGCONT');
}

// Returns when nothing is left of it.
export async function killTree(pid) {
  await freezeTree(pid);
  const all = treeOf(pid);
  for (const each of all) signal(each, 'SIGKILL');
  await waitUntilGone(all);
}
