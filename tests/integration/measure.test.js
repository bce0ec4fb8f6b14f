// `allim measure` against real databases whose figures are known: what it finds, what it leaves open and why, and
// that it leaves everything as it was.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { give, makeFolder, run, start } from './lib/process.js';
import { run as runProgram } from './lib/real_server.js';
import { serverFor } from './lib/server.js';
import { ClientStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const DONE = 0, FAILED = 1, MISUSED = 2, UNREACHABLE = 4;
const TERMINATE = 'X\0\0\0\x04'; // of PostgreSQL's protocol (55.7)
const QUICK = ['--interval', '1s'];
const postgres = await postgresFor(after, { fsync: false });

// In each of the last 300 minutes 40 users do something, and 6 notifications are made; in one of them 250 users do, and in
// another 96 are made.
const ACTIVITY = `CREATE TABLE user_activity (id bigserial PRIMARY KEY, user_id bigint NOT NULL, created_at timestamptz NOT NULL);
  INSERT INTO user_activity (user_id, created_at) SELECT u, date_trunc('minute', now()) - m * interval '1 minute'
    FROM generate_series(1, 300) m, generate_series(1, 40) u;
  INSERT INTO user_activity (user_id, created_at) SELECT u, date_trunc('minute', now()) - interval '100 minutes 55 seconds'
    FROM generate_series(1, 250) u;`;
const NOTIFICATIONS = `CREATE TABLE notification (id bigserial PRIMARY KEY, user_id bigint NOT NULL, title text, created_at timestamptz NOT NULL);
  INSERT INTO notification (user_id, title, created_at) SELECT n, 'Hello', date_trunc('minute', now()) - m * interval '1 minute'
    FROM generate_series(1, 300) m, generate_series(1, 6) n;
  INSERT INTO notification (user_id, title, created_at) SELECT n % 6 + 1, 'Much', date_trunc('minute', now()) - interval '50 minutes 10 seconds'
    FROM generate_series(1, 90) n;`;
const ALL = 'SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) || \' \' || count(*) FROM pg_stat_all_tables';

// So many rows of the hours before `began`, looked at some time later.
function assertHourly({ value }, rows, hours, began) {
  const later = (Date.now() - began) / 3_600_000 + 1 / 60;
  assert.ok(value >= rows / (hours + later) && value <= rows / (hours - 1 / 60), `${value} notifications in an hour`);
}

async function makeDatabase(sql = '') {
  const url = await postgres.createDatabase();
  const query = (text, options) => postgres.query(text, { url, ...options });
  if (sql) await query(sql);
  return { url, query };
}

async function measure(args, options = {}) {
  const folder = makeFolder();
  const file = join(folder, 'measurement.json');
  const ended = await run(['measure', ...QUICK, '--output', file, ...args], { variables: { LC_ALL: 'C' }, ...options });
  let json;
  try { json = JSON.parse(readFileSync(file, 'utf8')); } catch { /* it was refused */ }
  return { ...ended, file, json, seen: (name) => json.observations[name] };
}

test('figures of a PostgreSQL are what was put there, and it stays as it was', async () => {
  const began = Date.now();
  const database = await makeDatabase(ACTIVITY + NOTIFICATIONS);
  await database.query('ANALYZE');
  // Newer ones begin and end with a key that is drawn each time.
  const dump = async () => (await runProgram([join(postgres.binaries, 'pg_dump'), database.url])).replace(/^\\(un)?restrict .*$/gm, '');
  const [before, counted] = [await dump(), await database.query(ALL)];
  const { code, stderr, json, seen, stdout } = await measure(['--db', database.url]);
  assert.equal(code, DONE, stderr);
  assert.equal(json.version, 1);
  assert.equal(json.interrupted, null);
  assert.deepEqual(seen('daily-users'), { value: 250, unit: 'users', state: 'measured', note: 'in public.user_activity' });
  assert.equal(seen('peak-users').value, 250);
  assert.equal(seen('average-users').value.toFixed(6), ((299 * 40 + 250) / 300).toFixed(6));
  assert.equal(seen('peak-notifications').value, 96);
  assertHourly(seen('hourly-notifications'), 1890, 5, began);
  assert.equal(seen('rows').value, 1890);
  assert.equal(seen('row-bytes').value, null);
  assert.match(seen('row-bytes').note, /has too few rows/);
  assert.ok(seen('query-time').value > 0);
  assert.equal(seen('connections-most').value, Number(await database.query('SHOW max_connections')));
  assert.ok(seen('cores').value >= 1 && seen('memory').value > 0);
  assert.equal(json.hours.length, 24);
  assert.equal(json.hours.reduce((sum, hour) => sum + hour, 0), 1890);
  assert.deepEqual(json.figures.users, { value: 250, source: 'measured' });
  assert.equal(json.figures.notifications.value, 1.6);
  assert.equal(json.figures.servers, undefined);
  assert.match(json.query.sql, /^SELECT \* FROM public\.notification WHERE created_at > pg_catalog\.to_timestamp\(\d+\) AND user_id IN \('\d+'(, '\d+'){2,4}\) ORDER BY created_at ASC$/);
  assert.equal(json.query.plan[0].Plan['Node Type'], 'Sort');
  assert.match(stdout, /^Users\n {2}\[x\] users who were active in the last day +250 users\n/);
  assert.match(stdout, /\[ \] CPU that the database uses +______ %\n/);
  assert.equal(await dump(), before);
  assert.equal(await database.query(ALL), counted);
});

test('the users who are asked for are not those whom an index brings first', async () => {
  // Rows so wide that the index is read sooner than they are.
  const database = await makeDatabase(`CREATE TABLE notification (user_id bigint NOT NULL, created_at timestamptz NOT NULL, body text);
    INSERT INTO notification SELECT CASE WHEN n % 2 = 0 THEN 1 ELSE n END, now() - n * interval '1 second', repeat('x', 500)
      FROM generate_series(1, 20000) n;
    CREATE INDEX ON notification (user_id);`);
  await database.query('VACUUM ANALYZE notification', { inTransaction: false });
  const { code, json, seen, stderr } = await measure(['--db', database.url]);
  assert.equal(code, DONE, stderr);
  assert.match(json.query.sql, / user_id IN \('\d+'(, '\d+'){4}\) /);
  assert.equal(seen('query-time').note, 'the last 10 s of up to 5 users, the median of three');
});

// A pooler of connections keeps a session and lends it to one client after the other.
async function startPooler(t, port) {
  const session = connect(port, '127.0.0.1');
  const server = createServer((client) => {
    client.on('data', (bytes) => { if (String(bytes) !== TERMINATE) session.write(bytes); });
    client.on('error', () => {});
    session.on('data', (bytes) => client.destroyed || client.write(bytes));
  });
  await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
  t.after(() => { session.destroy(); server.close(); });
  return { port: server.address().port, session };
}

test('nothing is left in the session for whom a pooler lends it to next', async (t) => {
  const database = await makeDatabase(ACTIVITY + NOTIFICATIONS);
  const pooler = await startPooler(t, postgres.port);
  const { code, stderr } = await measure(['--db', `${database.url.replace(/:\d+\//, `:${pooler.port}/`)}?sslmode=disable&gssencmode=disable`]);
  assert.equal(code, DONE, stderr);
  const answered = once(pooler.session, 'data');
  const statement = Buffer.from("INSERT INTO notification (user_id, created_at) SELECT 1, now() WHERE current_setting('statement_timeout') = '0'\0");
  pooler.session.write(Buffer.concat([Buffer.from('Q'), Buffer.from([0, 0, 0, statement.length + 4]), statement]));
  assert.match(String((await answered)[0]), /INSERT 0 1/);
});

test('transactions are those of the time between two samples', async (t) => {
  const database = await makeDatabase(ACTIVITY + NOTIFICATIONS);
  let goesOn = true, written = 0;
  const writing = (async () => {
    while (goesOn) {
      await database.query("INSERT INTO notification (user_id, title, created_at) VALUES (1, 'Now', now())");
      written += 1;
    }
  })();
  t.after(() => { goesOn = false; });
  const before = written;
  const { code, seen, stderr } = await measure(['--db', database.url, '--interval', '3s']);
  goesOn = false;
  await writing;
  assert.equal(code, DONE, stderr);
  assert.ok(written > before, 'nothing was written meanwhile');
  assert.ok(seen('transactions').value > 0, JSON.stringify(seen('transactions')));
  assert.match(seen('transactions').note, /^two samples, \d+\.\d s apart$/);
});

test('what is missing is said for each figure, and the rest is measured', async () => {
  const empty = await makeDatabase();
  const nothing = await measure(['--db', empty.url]);
  assert.equal(nothing.code, DONE, nothing.stderr);
  assert.equal(nothing.seen('daily-users').note, 'there is no table user_activity');
  assert.equal(nothing.seen('peak-notifications').note, 'there is no table notification');
  assert.equal(nothing.json.query, null);

  const hollow = await makeDatabase(`CREATE TABLE user_activity (user_id text, created_at timestamp);
    CREATE TABLE notification (user_id text, created_at bigint)`);
  const none = await measure(['--db', hollow.url]);
  assert.equal(none.code, DONE, none.stderr);
  assert.equal(none.seen('daily-users').value, 0);
  assert.equal(none.seen('peak-users').note, 'public.user_activity has no row of that time');
  assert.equal(none.seen('query-time').note, 'public.notification has no row to ask for');
  assert.equal(none.json.figures.users, undefined);

  const other = await makeDatabase(`CREATE TABLE user_activity (uid text, made_at text);
    CREATE TABLE notification (user_id text, created_at text); INSERT INTO notification VALUES ('a', 'yesterday')`);
  const renamed = await measure(['--db', other.url]);
  assert.equal(renamed.seen('daily-users').note, 'public.user_activity has no column user_id; it has uid, made_at');
  assert.match(renamed.seen('rows').note, /^public\.notification\.created_at is of the type text; name a column that is a timestamp/);
});

test('a table that may not be read stays closed', async () => {
  const database = await makeDatabase(`${ACTIVITY}${NOTIFICATIONS} CREATE ROLE reader LOGIN; GRANT SELECT ON notification TO reader`);
  const { code, seen, stderr } = await measure(['--db', database.url.replace('allim@', 'reader@')]);
  assert.equal(code, DONE, stderr);
  assert.equal(seen('daily-users').note, 'public.user_activity may not be read; give the user SELECT on it');
  assert.equal(seen('rows').value, 1890);
});

test('rows that a policy hides are not counted in silence', async () => {
  const database = await makeDatabase(`${NOTIFICATIONS} CREATE ROLE tenant LOGIN; GRANT SELECT ON notification TO tenant;
    ALTER TABLE notification ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON notification USING (user_id = 1)`);
  const { code, seen, stderr } = await measure(['--db', database.url.replace('allim@', 'tenant@')]);
  assert.equal(code, DONE, stderr);
  assert.match(seen('rows').note, /row-level security policy for table "notification"; give the user SELECT on it, and BYPASSRLS where policies hide rows$/);
});

test('an odd number among the times does not decide what they are', async () => {
  const database = await makeDatabase(`CREATE TABLE notification (user_id bigint, created_at bigint); INSERT INTO notification VALUES (1, 1);
    INSERT INTO notification SELECT 1, (extract(epoch FROM now()) * 1000)::bigint - n * 1000 FROM generate_series(1, 50) n`);
  const { seen, stderr } = await measure(['--db', database.url]);
  assert.ok(seen('peak-notifications').value >= 25, `${stderr}${JSON.stringify(seen('peak-notifications'))}`);
});

test('whole numbers are times, and names may be anything', async () => {
  const database = await makeDatabase(`CREATE SCHEMA "my; app"; CREATE TABLE "my; app"."a ""b"" c" ("the user" uuid, "at" bigint);
    INSERT INTO "my; app"."a ""b"" c" SELECT md5(u::text)::uuid, (extract(epoch FROM now()) * 1000)::bigint - m * 60000
      FROM generate_series(1, 9) u, generate_series(1, 20) m;
    CREATE TABLE notification (user_id bigint, created_at bigint);
    INSERT INTO notification SELECT 1, (extract(epoch FROM now()) * 1000000)::bigint - n * 1000000 FROM generate_series(1, 50) n`);
  const { code, seen, stderr } = await measure(['--db', database.url, '--activity-table', '"my; app"."a ""b"" c"',
    '--activity-user-column', 'the user', '--activity-time-column', 'at']);
  assert.equal(code, DONE, stderr);
  assert.equal(seen('daily-users').value, 9, seen('daily-users').note);
  assert.equal(seen('peak-users').value, 9);
  assert.equal(seen('rows').value, 50);
  assert.ok(seen('peak-notifications').value >= 25);
});

test('of a large table a part is read, and the figure says so', async () => {
  const database = await makeDatabase(`${ACTIVITY}${NOTIFICATIONS}
    INSERT INTO user_activity (user_id, created_at) SELECT u, date_trunc('hour', now()) - interval '30 hours' + m * interval '1 minute'
      FROM generate_series(0, 59) m, generate_series(1, 100 + (m = 13)::integer * 20) u;
    CREATE INDEX ON user_activity (created_at)`);
  await database.query('ANALYZE');
  const { code, seen, json, stderr } = await measure(['--db', database.url, '--sample-above', '1000']);
  assert.equal(code, DONE, stderr);
  // The minute with 250 is in an hour that is not among the busiest by its other minutes; the one with 120 is.
  assert.equal(seen('peak-users').state, 'sampled');
  assert.ok([120, 250].includes(seen('peak-users').value), JSON.stringify(seen('peak-users')));
  assert.match(seen('peak-users').note, /^some minutes of each hour, and the busiest hours, of public\.user_activity$/);
  assert.equal(seen('daily-users').value, 250);
  assert.equal(seen('rows').state, 'sampled');
  assert.equal(seen('peak-notifications').value, null);
  assert.match(seen('peak-notifications').note, /^public\.notification has about 1890 rows and no index that begins with created_at; add one, or read all of it with --exact$/);
  assert.equal(seen('hourly-notifications').state, 'sampled');
  assert.match(seen('hourly-notifications').note, /% of public\.notification was read$/);
  assert.equal(json.figures['query-time'].source, 'measured');
  const young = await makeDatabase(`CREATE TABLE notification (user_id bigint, created_at timestamptz);
    INSERT INTO notification SELECT n % 9, now() - n * interval '1 second' FROM generate_series(1, 36000) n; ANALYZE`);
  const tenHours = (await measure(['--db', young.url, '--sample-above', '20000'])).seen('hourly-notifications');
  assert.ok(tenHours.state === 'sampled' && tenHours.value > 2400 && tenHours.value < 5400, JSON.stringify(tenHours));
  const exact = await measure(['--db', database.url, '--sample-above', '1000', '--exact']);
  assert.equal(exact.seen('peak-users').value, 250);
  assert.equal(exact.seen('peak-notifications').value, 96);
});

test('functions of the database write nothing, and are not taken for those of PostgreSQL', async () => {
  const database = await makeDatabase(`${ACTIVITY}CREATE TABLE written (at timestamptz);
    CREATE FUNCTION write() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
      PERFORM set_config('default_transaction_read_only', 'off', false);
      BEGIN INSERT INTO written VALUES (now()); EXCEPTION WHEN read_only_sql_transaction THEN NULL; END;
      RETURN current_setting('transaction_read_only'); END $$;
    CREATE VIEW notification AS SELECT write() AS user_id, now() AS created_at;
    CREATE FUNCTION to_timestamp(integer) RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz 'epoch' $$`);
  const { code, json, seen, stderr } = await measure(['--db', database.url]);
  assert.equal(code, DONE, stderr);
  assert.match(json.query.sql, / IN \('on'\) /);
  assert.equal(await database.query('SELECT count(*) FROM written'), '0');
  assert.equal(seen('daily-users').value, 250);
});

test('an index that is missing is shown, and not made', async () => {
  const database = await makeDatabase(`CREATE TABLE notification (user_id bigint, created_at timestamp);
    INSERT INTO notification SELECT n % 100, now() - n * interval '1 second' FROM generate_series(1, 20000) n`);
  const { json, seen, stdout } = await measure(['--db', database.url]);
  assert.equal(json.query.reads_whole_table, true);
  assert.match(seen('query-time').note, /; it reads the whole table$/);
  assert.deepEqual(json.missing_indexes, [
    'CREATE INDEX CONCURRENTLY notification_by_user ON public.notification (user_id, created_at);',
    'CREATE INDEX CONCURRENTLY notification_by_time ON public.notification (created_at);']);
  assert.match(stdout, /\nIndexes that it lacks \(nothing was changed\)\n {2}CREATE INDEX /);
  assert.ok(seen('row-bytes').value > 30 && seen('row-bytes').value < 100);
  for (const statement of json.missing_indexes) await postgres.query(statement, { url: database.url, inTransaction: false });
  const mended = await measure(['--db', database.url]);
  assert.deepEqual(mended.json.missing_indexes, []);
  assert.equal(mended.json.query.reads_whole_table, false);
});

test('a statement that takes too long costs its figure alone', async () => {
  const database = await makeDatabase(`${NOTIFICATIONS}
    CREATE FUNCTION slow() RETURNS SETOF bigint LANGUAGE sql AS 'SELECT u FROM pg_sleep(0.6), generate_series(1::bigint, 3) u';
    CREATE VIEW user_activity AS SELECT u AS user_id, now() - interval '1 minute' AS created_at FROM slow() u`);
  const { code, seen, stderr } = await measure(['--db', database.url, '--timeout', '300ms']);
  assert.equal(code, DONE, stderr);
  assert.equal(seen('daily-users').value, null);
  assert.equal(seen('daily-users').note, 'PostgreSQL: canceling statement due to statement timeout; give it longer with --timeout');
  assert.equal(seen('rows').value, 1890);
});

test('where the database goes away half-way, what was measured is kept and marked', async (t) => {
  const own = await postgresFor((end) => t.after(end), { fsync: false });
  await own.query(ACTIVITY + NOTIFICATIONS);
  const file = join(makeFolder(), 'measurement.json');
  const cut = start(['measure', '--db', own.url(), '--interval', '10s', '--output', file], { variables: { LC_ALL: 'C' } });
  await eventually('the tables to be read', async () => (await own.query(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'allim measure' AND query LIKE '%xact_commit%' AND state = 'idle'")) === '1');
  await own.kill();
  assert.deepEqual(await cut.ended, { code: FAILED, signal: null }, cut.stderr);
  assert.match(cut.stderr, /^allim measure: the database went away half-way; what was measured before is in .*measurement\.json\n$/);
  const json = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(json.interrupted, 'the database went away half-way');
  assert.equal(json.figures.users.value, 250);
  assert.equal(json.observations.transactions.note, 'the database went away half-way');
});

test('what cannot be reached or is wrong is one sentence', async () => {
  const cases = [
    [[], MISUSED, /^allim measure: say what to measure: --db postgresql:.*, --admin .*, or both/],
    [['--db', 'postgresql://allim:secret@127.0.0.1/x'], FAILED, /^allim measure: --db holds a password, which others would see; put it into PGPASSWORD or ~\/\.pgpass\n$/],
    [['--db', 'postgresql://127.0.0.1:1/x'], UNREACHABLE, /^allim measure: PostgreSQL: .*; check --db and that the server runs\n$/],
    [['--db', postgres.url('nowhere')], UNREACHABLE, /database "nowhere" does not exist/],
    [['--db', '/nowhere/allim.db'], FAILED, /^allim measure: \/nowhere\/allim\.db cannot be opened: No such file or directory\n$/],
    [['--db', '/etc/passwd'], FAILED, /is no database of SQLite's; --db is such a file, or postgresql:/],
    [['--db', postgres.url(), '--since', '7'], MISUSED, /--since/],
    [['--db', postgres.url(), '--output', '/nowhere/x.json'], FAILED, /^allim measure: cannot write \/nowhere\/x\.json: No such file or directory\n$/],
    [['--db', postgres.url(), '--lang', 'fr'], MISUSED, /--lang is en or ko/],
  ];
  for (const [args, code, sentence] of cases) {
    const ended = await run(['measure', ...QUICK, ...(args.includes('--output') ? [] : ['--output', join(makeFolder(), 'm.json')]), ...args],
      { variables: { LC_ALL: 'C' } });
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
    assert.match(ended.stderr, sentence);
    assert.equal(ended.stderr.split('\n').length, 2, ended.stderr);
  }
});

// The files of a folder with what is in them.
function contents(folder) {
  return readdirSync(folder).sort().map((name) => `${name} ${createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')}`);
}

async function makeSqlite(sql) {
  const folder = makeFolder();
  const file = join(folder, 'app 100%.db');
  await runProgram(['python3', '-c', 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.stdin.read()); c.close()', file], { input: sql });
  give(file);
  return { folder, file };
}

const MINUTES = 'WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m WHERE n < 300), u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u WHERE n < 40)';

test('figures of an SQLite file are what was put there, however it writes its times', async () => {
  const kinds = {
    text: "strftime('%Y-%m-%d %H:%M:%S', 'now', '-' || m.n || ' minutes')",
    iso: "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-' || m.n || ' minutes')",
    seconds: "unixepoch('now') - m.n * 60",
    milliseconds: "(unixepoch('now') - m.n * 60) * 1000",
    microseconds: "(unixepoch('now') - m.n * 60) * 1000000",
  };
  for (const [kind, time] of Object.entries(kinds)) {
    const began = Date.now();
    const { folder, file } = await makeSqlite(`PRAGMA journal_mode = wal; CREATE TABLE user_activity (user_id INTEGER, created_at);
      CREATE TABLE notification (user_id INTEGER, created_at); ${MINUTES} INSERT INTO user_activity SELECT u.n, ${time} FROM m, u;
      ${MINUTES} INSERT INTO notification SELECT u.n, ${time} FROM m, u WHERE u.n <= 6`);
    const before = contents(folder);
    const { code, seen, stderr, json } = await measure(['--db', file]);
    assert.equal(code, DONE, stderr);
    assert.equal(seen('daily-users').value, 40, `${kind}: ${seen('daily-users').note}`);
    assert.equal(seen('peak-users').value, 40, kind);
    assert.equal(seen('peak-notifications').value, 6, kind);
    assert.equal(seen('rows').value, 1800, kind);
    assertHourly(seen('hourly-notifications'), 1800, 5, began);
    assert.equal(seen('transactions').note, 'this database does not count them');
    assert.ok(json.query.plan[0].startsWith('SCAN'), JSON.stringify(json.query));
    assert.deepEqual(contents(folder), before);
  }
});

test('what is wrong with an SQLite file is said', async () => {
  const { file } = await makeSqlite("CREATE TABLE notification (uid INTEGER, created_at); CREATE TABLE user_activity (user_id, created_at); INSERT INTO user_activity VALUES (1, 'soon')");
  const { code, seen, stderr } = await measure(['--db', file]);
  assert.equal(code, DONE, stderr);
  assert.equal(seen('rows').note, 'notification has no column user_id; it has uid, created_at');
  assert.match(seen('daily-users').note, /^"user_activity"\."created_at" is no time; name a column that holds texts/);
});

test('a running node tells of its users, and its own store of what it keeps', async (t) => {
  // On several workers a user may count for each.
  const node = await serverFor((end) => t.after(end), { variables: { ALLIM_HTTP_WORKERS: '1' } });
  const streams = await Promise.all(['anna', 'anna', 'anna', 'minjun'].map((user) => new ClientStream(node, user).live()));
  t.after(() => streams.forEach((stream) => stream.close()));
  for (let i = 0; i < 12; i += 1) await node.publish('anna', { type: 'note', title: `Note ${i}` });
  await eventually('the beat to tell of them', async () => (await (await fetch(`${node.adminUrl}/stats`)).json()).cluster.users === 2);
  const { code, seen, stderr, json } = await measure(['--db', node.data, '--admin', node.adminUrl, '--interval', '2s']);
  assert.equal(code, DONE, stderr);
  assert.equal(seen('servers').value, 1);
  assert.deepEqual([seen('peak-users').value, seen('peak-users').state], [2, 'sampled']);
  assert.equal(seen('tabs').value, 2);
  assert.equal(seen('rows').value, 12);
  assert.equal(seen('peak-notifications').value, 12);
  assert.equal(json.figures.users.value, 2);
  const gone = await measure(['--admin', 'http://127.0.0.1:1']);
  assert.equal(gone.code, UNREACHABLE, gone.stderr);
  assert.match(gone.stderr, /^allim measure: cannot connect to 127\.0\.0\.1:1: Connection refused\n$/);
  assert.match(gone.seen('servers').note, /127\.0\.0\.1:1/);
  assert.equal(gone.seen('rows').note, 'no database was named; give --db');
});

test('a node that does not answer is given up soon', async (t) => {
  const server = createServer(() => {});
  await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
  t.after(() => server.close());
  const began = Date.now();
  const { code, stderr } = await measure(['--admin', `http://127.0.0.1:${server.address().port}`]);
  assert.equal(code, UNREACHABLE, stderr);
  assert.match(stderr, /^allim measure: no answer from 127\.0\.0\.1:\d+: Connection timed out\n$/);
  assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
});

test('what is printed fits 100 columns, in both languages, and the file is JSON that is printed too', async () => {
  const database = await makeDatabase(ACTIVITY + NOTIFICATIONS);
  for (const language of ['en', 'ko']) {
    const { stdout, stderr, code } = await measure(['--db', database.url, '--lang', language]);
    assert.equal(code, DONE, stderr);
    for (const line of stdout.split('\n')) {
      if (line.includes('measurement.json')) continue;
      const columns = [...line].reduce((sum, letter) => sum + (letter.codePointAt(0) >= 0x1100 ? 2 : 1), 0);
      assert.ok(columns <= 100, `${columns}: ${line}`);
    }
    assert.match(stdout, language === 'ko' ? /^사용자\n/ : /^Users\n/);
  }
  const { stdout, json } = await measure(['--db', database.url, '--format', 'json']);
  assert.deepEqual(JSON.parse(stdout), json);
});

test('what was seen is shown where the file cannot be written', async () => {
  const { code, stdout, stderr } = await run(['measure', ...QUICK, '--db', postgres.url(), '--output', '/nowhere/x.json'], { variables: { LC_ALL: 'C' } });
  assert.equal(code, FAILED);
  assert.match(stdout, /^Users\n/);
  assert.doesNotMatch(stdout, /has it all/);
  assert.match(stderr, /^allim measure: cannot write [^\n]*\n$/);
});

test('a path is shown without what a terminal would obey', async () => {
  const file = join(makeFolder(), 'a\x1b[31m.json');
  const { code, stdout, stderr } = await run(['measure', ...QUICK, '--db', postgres.url(), '--output', file], { variables: { LC_ALL: 'C' } });
  assert.equal(code, DONE, stderr);
  assert.match(stdout, /a\\x1b\[31m\.json has it all/);
});

test('pool settings come from the environment', async () => {
  const database = await makeDatabase();
  const { seen } = await measure(['--db', database.url], { variables: { LC_ALL: 'C', DB_POOL_SIZE: '20', DB_MAX_OVERFLOW: 'ten' } });
  assert.equal(seen('pool').value, 20);
  assert.equal(seen('pool-overflow').note, 'DB_MAX_OVERFLOW is no whole number');
});
