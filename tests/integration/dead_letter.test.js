// Messages that could not be handled: looked at, published after all, and dropped, over HTTP and by the command
// line, on both stores. What buries them is a source; here the test writes them into the database itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { run } from './lib/process.js';
import { Server, assertProblem, serverFor } from './lib/server.js';
import { RawStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const DONE = 0, MISUSED = 2, REFUSED = 3;
const ROUTE = '/admin/dead-letters';

const message = (user, title) => JSON.stringify({ to: { user }, type: 'order', title });
const textOf = (sql) => `'${sql.replaceAll("'", "''")}'`;

// How each store is made and comes to have letters. SQLite takes no second writer beside a node that runs, so that
// node makes way.
const stores = {
  sqlite: () => ({
    hex: (bytes) => `X'${bytes.toString('hex')}'`,
    table: 'dead_letter',
    async run(server, sql) {
      await server.stop();
      const { status, stderr } = spawnSync('sqlite3', [join(server.data, 'allim.db')], { input: sql, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      await server.start();
    },
  }),
  postgresql: async () => {
    const postgres = await postgresFor(after, { fsync: false });
    return {
      store: await postgres.createDatabase(),
      hex: (bytes) => `'\\x${bytes.toString('hex')}'::bytea`,
      table: 'allim.dead_letter',
      run(server, sql) { return postgres.query(sql, { url: this.store }); },
    };
  },
};

for (const [name, make] of Object.entries(stores)) {
  describe(name, async () => {
    const store = await make();
    // The letters are old, so that their times are known.
    const server = await serverFor(after, { store: store.store, variables: { ALLIM_STORE_DEAD_LETTER_AGE: '0' } });
    const admin = (method, path, body, headers) => server.call(method, path, { admin: true, body, headers });
    const list = async (query = '') => (await admin('GET', `${ROUTE}${query}`)).body.dead_letters;
    const titles = async (user) => (await server.list(user)).notifications.map(({ title }) => title).reverse();
    const allim = (...args) => run(['deadletter', ...args], { variables: { ALLIM_ADMIN_URL: server.adminUrl } });

    // Of all letters, the newest first.
    async function ids() {
      const all = [];
      for (let page = { more: true }; page.more;) {
        page = (await admin('GET', `${ROUTE}?limit=100${all.length > 0 ? `&before=${all.at(-1)}` : ''}`)).body;
        all.push(...page.dead_letters.map(({ id }) => id));
      }
      return all;
    }

    async function metric(wanted) {
      const { body } = await admin('GET', '/metrics');
      return Number(new RegExp(`^${wanted} (.*)$`, 'm').exec(body)[1]);
    }

    // Buries {source, position, body} and waits until the node counts them. Returns their ids, in that order.
    async function bury(...letters) {
      const newest = (await list('?limit=1'))[0]?.id ?? 0;
      const rows = letters.map(({ source, position, body, key = '', type = 'application/json' }) => `(5, 1700000000000000,
        1700000001000000, ${textOf(source)}, ${textOf(position)}, ${store.hex(Buffer.from(key))},
        ${store.hex(Buffer.from(type))}, 'it''s "wrong"', ${store.hex(Buffer.from(body))})`);
      await store.run(server, `INSERT INTO ${store.table} (tries, first_at, buried_at, source, position, key, content_type,
        reason, body) VALUES ${rows.join(',')};`);
      const all = await ids();
      await eventually('the letters to be counted', async () => await metric('allim_dead_letters') === all.length);
      return all.filter((id) => id > newest).reverse();
    }

    test('what came is shown as it came', async () => {
      const binary = Buffer.from([0, 0xff, 0x41]);
      const [first, second, third] = await bury(
        { source: 'kafka:shown', position: '0/1', body: '{"한국어": "\\n' },
        { source: 'kafka:shown', position: '0/2', body: binary, key: 'a key', type: 'image/png' },
        { source: 'rabbitmq:shown', position: 'x', body: 'data:text/plain,a' });
      assert.deepEqual(await list('?source=kafka:shown&limit=1'), [{
        id: second, source: 'kafka:shown', position: '0/2', key: 'a key', content_type: 'image/png', reason: 'it\'s "wrong"',
        tries: 5, first_at: '2023-11-14T22:13:20.000Z', buried_at: '2023-11-14T22:13:21.000Z', body_bytes: 3,
      }]);
      assert.deepEqual((await list(`?before=${third}&limit=2`)).map(({ id }) => id), [second, first]);
      const bodies = await Promise.all([first, second, third].map(async (id) => (await admin('GET', `${ROUTE}/${id}`)).body.body));
      assert.deepEqual(bodies, ['{"한국어": "\\n', 'data:image/png;base64,AP9B',
        `data:application/json;base64,${Buffer.from('data:text/plain,a').toString('base64')}`]);

      const table = await allim('list', '--source', 'kafka:shown');
      assert.equal(table.code, DONE, table.stderr);
      assert.ok(table.stdout.split('\n').every((line) => [...line].length <= 100), table.stdout);
      assert.match(table.stdout, new RegExp(`^ +ID .*\n +${second} +2023-11-14T22:13 +5 +kafka:shown +0/2 +it's "wrong"\n +${first} `));
      assert.match((await allim('show', String(first))).stdout, /\n\n\{"한국어": "\\n\n$/);
      assert.equal((await allim('show', String(second), '--body')).stdout, binary.toString('utf8'));

      assert.equal((await allim('drop', '--all', '--source', 'kafka:shown')).code, MISUSED);
      const dropped = await allim('drop', '--all', '--source', 'kafka:shown', '--yes');
      assert.deepEqual([dropped.code, dropped.stdout], [DONE, '2\n']);
      assert.deepEqual([(await allim('drop', String(third))).stdout], [`${third}\n`]);
      assertProblem(await admin('GET', `${ROUTE}/${third}`), 404, 'not_found');
      assert.equal((await allim('drop', String(third))).code, REFUSED);
    });

    test('published after all, once, and delivered; then the letter is gone', async () => {
      const letter = { source: 'kafka:orders', position: '3/1042', body: message('once', 'The order') };
      const [id] = await bury(letter);
      const stream = await (await RawStream.open(server, 'once')).live();
      const answers = await Promise.all([1, 2, 3].map(() => admin('POST', `${ROUTE}/${id}/retry`)));
      const published = answers.filter(({ status }) => status === 201);
      assert.ok(published.length > 0, JSON.stringify(answers));
      assert.ok(answers.every(({ status }) => [200, 201, 404].includes(status)), JSON.stringify(answers));
      assert.equal(published.length, 1, JSON.stringify(answers));
      await stream.waitNotification(published[0].body.id);
      await stream.close();
      assert.deepEqual(await titles('once'), ['The order']);
      assertProblem(await admin('GET', `${ROUTE}/${id}`), 404);

      // As it is found where a node ended between the two.
      const [again] = await bury(letter);
      const repeated = await admin('POST', `${ROUTE}/${again}/retry`);
      assert.deepEqual([repeated.status, repeated.body], [200, { repeated: true }]);
      assert.deepEqual(await titles('once'), ['The order']);
      assertProblem(await admin('GET', `${ROUTE}/${again}`), 404);
    });

    test('what was acknowledged survives kill -9', async () => {
      const [id] = await bury({ source: 'kafka:killed', position: '0/1', body: message('killed', 'Kept') });
      assert.equal((await admin('POST', `${ROUTE}/${id}/retry`)).status, 201);
      server.running.child.kill('SIGKILL');
      await server.running.ended;
      await server.start();
      assert.deepEqual(await titles('killed'), ['Kept']);
      assert.deepEqual(await list('?source=kafka:killed'), []);
    });

    test('refused again: the letter stays, and says why', async () => {
      const [id, array] = await bury(
        { source: 'kafka:wrong', position: '0/1', body: '{"to":{"user":"wrong"},"type":"order"}' },
        { source: 'kafka:wrong', position: '0/2', body: `[${message('wrong', 'An array')}]` });
      const refused = await admin('POST', `${ROUTE}/${id}/retry`);
      assertProblem(refused, 422, 'invalid_notification');
      const kept = (await admin('GET', `${ROUTE}/${id}`)).body;
      assert.equal(kept.reason, refused.body.detail);
      assert.equal(kept.tries, 6);
      assertProblem(await admin('POST', `${ROUTE}/${array}/retry`), 422, 'invalid_notification');
      assert.deepEqual(await titles('wrong'), []);

      assertProblem(await admin('POST', `${ROUTE}/${id}/retry`, { to: 'nobody' }), 422);
      assertProblem(await admin('POST', `${ROUTE}/${id}/retry`, '{'), 400, 'invalid_json');
      assert.deepEqual((await admin('GET', `${ROUTE}/${id}`)).body, kept);
      const corrected = await admin('POST', `${ROUTE}/${id}/retry`, message('wrong', 'Corrected'));
      assert.equal(corrected.status, 201, JSON.stringify(corrected.body));
      const other = await run(['deadletter', 'retry', String(array), '--file', '-'], {
        variables: { ALLIM_ADMIN_URL: server.adminUrl }, input: message('wrong', 'No array'),
      });
      assert.deepEqual([other.code, other.stdout], [DONE, `${array}\n`], other.stderr);
      assert.deepEqual(await titles('wrong'), ['Corrected', 'No array']);
      assert.deepEqual(await list('?source=kafka:wrong'), []);
    });

    test('all at once, from the oldest on', async () => {
      const letters = Array.from({ length: 120 }, (_, n) => ({ source: 'kafka:many', position: `0/${n}`, body: message('many', `${n}`) }));
      letters[60].body = 'no JSON';
      for (let n = 0; n < letters.length; n += 60) await bury(...letters.slice(n, n + 60));
      const result = await allim('retry', '--all', '--source', 'kafka:many');
      assert.equal(result.code, REFUSED);
      assert.match(result.stderr, /^allim deadletter retry: dead letter \d+: the server refused \(422\): The message is not valid JSON\. Line 1[^\n]*\n$/);
      assert.equal(result.stdout.trim().split('\n').length, 119);
      const { notifications } = await server.list('many', '?limit=100');
      assert.deepEqual(notifications.map(({ title }) => title), letters.map((_, n) => `${119 - n}`).filter((n) => n !== '60').slice(0, 100));
      assert.deepEqual((await list('?source=kafka:many')).map(({ position, tries }) => [position, tries]), [['0/60', 6]]);
      assert.equal((await allim('drop', '--all', '--yes')).stdout, '1\n');
      await eventually('none to be counted', async () => await metric('allim_dead_letters') === 0);
    });

    test('nobody else reaches them', async () => {
      const [id] = await bury({ source: 'kafka:safe', position: '0/1', body: message('safe', 'Safe') });
      for (const [method, path] of [['GET', ''], ['GET', `/${id}`], ['POST', `/${id}/retry`], ['DELETE', `/${id}`], ['DELETE', '?all=1']]) {
        assertProblem(await server.call(method, `${ROUTE}${path}`, { as: 'publisher' }), 404, 'not_found');
        assertProblem(await admin(method, `${ROUTE}${path}`, undefined, { origin: 'http://evil.example' }), 403, 'forbidden_origin');
      }
      assertProblem(await admin('DELETE', ROUTE), 400, 'invalid_parameter');
      assert.deepEqual((await list()).map((letter) => letter.id), [id]);
    });

    test('what nobody looked at is forgotten in the end, and counted', async () => {
      await bury({ source: 'kafka:old', position: '0/1', body: 'x' }, { source: 'kafka:old', position: '0/2', body: 'x' });
      const there = (await list()).length;
      assert.ok(there >= 2);
      const young = new Server({ store: store.store, data: server.data, variables: { ...server.variables, ALLIM_STORE_DEAD_LETTER_AGE: '1h' } });
      await server.stop();
      Object.assign(young, { port: server.port, adminPort: server.adminPort });
      try {
        await young.start();
        await eventually('the letters to go', async () => await metric('allim_dead_letters') === 0);
        assert.equal(await metric('allim_store_dead_letters_forgotten_total'), there);
        assert.deepEqual(await list(), []);
      } finally {
        await young.stop();
        await server.start();
      }
    });
  });
}
