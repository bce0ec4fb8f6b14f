// What the machine tells of a process, and what it lets a test do.
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

// CPU time so far, in milliseconds (proc(5), stat: utime and stime, in ticks of 10 ms).
export function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

// Memory that is its own, in MiB.
export function memory(pid) {
  return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

// A small file system of its own, or null where the machine does not let us.
export function mountSmall(folder, size) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'tmpfs', folder]).status === 0;
}

export function unmount(folder) {
  spawnSync('umount', ['-l', folder]);
}

// The library of Debian's package faketime, or null.
export function findFaketime() {
  const found = spawnSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketimeMT.so.1'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim().split('\n')[0] : null;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
