// That the fault proxy does to connections what it says, between a client and a server of the test's own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { eventually, sleep } from '../integration/lib/wait.js';
import { postgresFor } from '../integration/lib/postgres.js';
import { FaultProxy, delay, drip, freeze, pass } from './lib/fault_proxy.js';

// Long enough that something which is not held back would have come.
const MOMENT_MS = 300;

// What came over one end of a connection.
function follow(socket) {
  const end = { socket, text: '', pieces: [], hasEnded: false, error: null, isClosed: false };
  socket.setEncoding('latin1').on('data', (text) => {
    end.text += text;
    end.pieces.push(text);
  });
  socket.on('end', () => { end.hasEnded = true; });
  socket.on('error', (error) => { end.error = error.code; });
  socket.on('close', () => { end.isClosed = true; });
  return end;
}

class Setting {
  static async make(t, options) {
    const setting = new Setting();
    setting.accepted = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => setting.accepted.push(follow(socket)));
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    setting.proxy = await new FaultProxy({ port: server.address().port }, { seed: 1, ...options }).listen();
    t.after(async () => {
      await setting.proxy.close();
      for (const { socket } of [...setting.accepted, ...setting.clients]) socket.destroy();
      await new Promise((done) => { server.close(done); });
    });
    setting.clients = [];
    return setting;
  }

  // A pair of ends, {client, server}, that know each other.
  async connect() {
    const client = follow(connect({ port: this.proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
    this.clients.push(client);
    await once(client.socket, 'connect');
    const count = this.accepted.length;
    client.socket.write('hello');
    const server = await eventually('the server to be greeted', () => this.accepted[count]?.text === 'hello' && this.accepted[count], { every: 5 });
    server.text = '';
    server.pieces = [];
    return { client, server };
  }
}

const came = (end, text) => eventually(`"${text}" to come`, () => end.text === text, { every: 5 });

test('pass: bytes both ways, in order, and each end apart', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  const long = 'abcdefghij'.repeat(100000);
  client.socket.write(long);
  await came(server, long);
  client.socket.end('last');
  await eventually('the end', () => server.hasEnded);
  assert.equal(client.hasEnded, false);
  server.socket.end('an answer');
  await came(client, 'an answer');
  await eventually('the other end', () => client.isClosed && server.isClosed);
  assert.deepEqual([client.error, server.error], [null, null]);
  await eventually('the proxy to forget', () => setting.proxy.links.size === 0);
});

test('delay: later, in order', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  setting.proxy.set(delay(150, 160));
  const begin = performance.now();
  for (const letter of 'abc') {
    client.socket.write(letter);
    await sleep(5);
  }
  server.socket.write('answer');
  await came(client, 'answer');
  assert.ok(performance.now() - begin >= 150);
  await came(server, 'abc');
  setting.proxy.set(delay(3600000, 3600000));
  client.socket.write('d');
  await sleep(MOMENT_MS);
  assert.equal(server.text, 'abc');
  setting.proxy.set(pass);
  await came(server, 'abcd');
});

test('drip: a byte at a time', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  setting.proxy.set(drip(20, 30));
  client.socket.write('0123456789abcdef');
  await came(server, '0123456789abcdef');
  assert.equal(server.pieces[0].length, 1);
  assert.ok(server.pieces.length > 4, `${server.pieces.length} pieces`);
});

test('freeze: nothing moves and nothing ends', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  setting.proxy.set(freeze);
  client.socket.end('question');
  server.socket.write('answer');
  const late = follow(connect({ port: setting.proxy.port, host: '127.0.0.1' }));
  setting.clients.push(late);
  await once(late.socket, 'connect'); // the kernel takes it
  late.socket.write('late');
  await sleep(MOMENT_MS);
  assert.deepEqual([server.text, client.text, server.hasEnded, setting.accepted.length], ['', '', false, 1]);
  assert.deepEqual([client.isClosed, server.isClosed, late.isClosed], [false, false, false]);
  setting.proxy.set(pass);
  await came(server, 'question');
  await came(client, 'answer');
  await eventually('the end', () => server.hasEnded);
  await eventually('the late one', () => setting.accepted[1]?.text === 'late');
});

test('freeze: also hides that the other side is gone', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  setting.proxy.set(freeze);
  server.socket.resetAndDestroy();
  await sleep(MOMENT_MS);
  assert.equal(client.isClosed, false);
  setting.proxy.set(pass);
  await eventually('the reset', () => client.error === 'ECONNRESET');
});

test('reset: both sides are told with RST', async (t) => {
  const setting = await Setting.make(t);
  const { client, server } = await setting.connect();
  setting.proxy.reset();
  await eventually('both ends', () => client.isClosed && server.isClosed);
  assert.deepEqual([client.error, server.error], ['ECONNRESET', 'ECONNRESET']);
  await setting.connect();
});

test('half-close: FIN one way, while the other goes on', async (t) => {
  const setting = await Setting.make(t);
  const first = await setting.connect();
  setting.proxy.halfClose('toClient');
  await eventually('FIN for the client', () => first.client.hasEnded);
  first.server.socket.write('lost');
  first.client.socket.write('more');
  await came(first.server, 'more');
  assert.deepEqual([first.client.text, first.server.hasEnded], ['', false]);
  first.client.socket.destroy();
  await eventually('the proxy to forget', () => setting.proxy.links.size === 0);
  const second = await setting.connect();
  setting.proxy.halfClose('toServer');
  await eventually('FIN for the server', () => second.server.hasEnded);
  second.server.socket.write('more');
  await came(second.client, 'more');
  assert.equal(second.client.hasEnded, false);
});

test('cut: refused until it is mended', async (t) => {
  const setting = await Setting.make(t);
  const { client } = await setting.connect();
  await setting.proxy.cut();
  await eventually('the reset', () => client.error === 'ECONNRESET');
  const refused = follow(connect({ port: setting.proxy.port, host: '127.0.0.1' }));
  await eventually('the refusal', () => refused.error === 'ECONNREFUSED');
  await setting.proxy.mend();
  const { server } = await setting.connect();
  assert.equal(server.isClosed, false);
});

test('a server that is not there looks like one', async (t) => {
  const setting = await Setting.make(t);
  setting.proxy.target.port = 1;
  const client = follow(connect({ port: setting.proxy.port, host: '127.0.0.1' }));
  await eventually('the reset', () => client.isClosed);
  assert.equal(client.error, 'ECONNRESET');
});

test('each connection in its own way', async (t) => {
  const setting = await Setting.make(t);
  const [one, two] = [await setting.connect(), await setting.connect()];
  [...setting.proxy.links][0].set(freeze);
  one.client.socket.write('held');
  two.client.socket.write('passed');
  await came(two.server, 'passed');
  await sleep(MOMENT_MS);
  assert.equal(one.server.text, '');
  setting.proxy.set(pass);
  await came(one.server, 'held');
});

test('chance follows from the seed', async (t) => {
  const draw = async (seed) => {
    const waits = [];
    const setting = await Setting.make(t, { seed, mode: () => drip(0, 1000), onWait: (direction, wait) => waits.push(wait) });
    setting.proxy.mode = (random) => drip(0, random.between(1, 5));
    const { client, server } = await setting.connect();
    client.socket.write('0123456789');
    await came(server, '0123456789');
    return waits.join(' ');
  };
  const first = await draw(7);
  assert.equal(await draw(7), first);
  assert.notEqual(await draw(8), first);
});

test('between psql and PostgreSQL', async (t) => {
  const server = await postgresFor((hook) => t.after(hook), { fsync: false });
  const proxy = await new FaultProxy({ port: server.port }, { seed: 3, mode: drip(0, 1) }).listen();
  t.after(() => proxy.close());
  const url = `postgresql://allim@127.0.0.1:${proxy.port}/postgres`;
  assert.equal(await server.query('SELECT 6 * 7', { url }), '42');
  await eventually('the end of the connection', () => proxy.links.size === 0);
  proxy.set(freeze);
  const answer = server.query('SELECT 1', { url });
  await eventually('the connection', () => proxy.links.size === 1);
  proxy.reset();
  await assert.rejects(answer, /reset|closed/);
  await proxy.cut();
  await assert.rejects(server.query('SELECT 1', { url }), /refused/);
});
