// Runs in a network namespace and keeps it alive: takes connections at a Unix socket, and passes each on to
// the address and port that its first line names ("HOST PORT\n"). See namespaces.js.
import { connect, createServer } from 'node:net';

function open(outer, line, rest) {
  const [host, port] = line.split(' ');
  const inner = connect(Number(port), host);
  inner.write(rest);
  outer.pipe(inner).pipe(outer);
  inner.on('error', () => {});
  inner.on('close', () => outer.destroy());
  outer.on('close', () => inner.destroy());
}

createServer((outer) => {
  outer.on('error', () => {});
  outer.once('data', (data) => {
    const end = data.indexOf('\n');
    open(outer, data.subarray(0, end).toString(), data.subarray(end + 1));
  });
}).listen(process.argv[2], () => process.stdout.write('ready\n'));
