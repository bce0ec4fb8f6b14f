// `allim adopt` as its users meet it: what it prints and asks, what it refuses with which exit status, and
// an application's INSERT on the screen of a user.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { run } from './lib/process.js';
import { serverFor } from './lib/server.js';
import { ClientStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const DONE = 0, FAILED = 1, MISUSED = 2, REFUSED = 3, UNREACHABLE = 4;
const TABLE = `CREATE TABLE public.notification (id bigserial PRIMARY KEY, user_id integer NOT NULL, type text,
  title text, message text, data jsonb, is_read boolean DEFAULT false, created_at timestamptz DEFAULT now())`;
const MAPPING = ['--table', 'public.notification', '--user-column', 'user_id', '--body-column', 'message',
  '--type-column', 'type', '--data-column', 'data', '--created-column', 'created_at', '--read-column', 'is_read'];
const postgres = await postgresFor(after, { fsync: false });

async function makeDatabase() {
  const url = await postgres.createDatabase();
  return { url, query: (sql) => postgres.query(`SET client_min_messages = error;\n${sql}`, { url }) };
}

function adopt(url, ...args) {
  return run(['adopt', '--store', url, ...args], { variables: {} });
}

test('what an application inserts arrives on a stream, and reading it comes back', async (t) => {
  const database = await makeDatabase();
  const node = await serverFor((end) => t.after(end), { store: database.url, args: ['--method', 'sse-db'] });
  await database.query(TABLE);
  const adopted = await adopt(database.url, ...MAPPING, '--yes');
  assert.equal(adopted.code, DONE, adopted.stderr);
  assert.match(adopted.stderr, /^allim adopt: public\.notification is adopted; [^\n]+\n$/);
  const stream = await new ClientStream(node, '42').live();
  await database.query(`BEGIN; INSERT INTO public.notification (user_id, type, title, message, data)
    VALUES (42, 'comment', 'Minjun replied', 'See you', '{"post": 7}'), (43, 'comment', 'For another', '', NULL);
    INSERT INTO public.notification (user_id, title) VALUES (42, 'Second'); COMMIT`);
  const [first] = await eventually('both to arrive', () => {
    const events = stream.named('notification');
    return events.length === 2 && events;
  });
  const { type, title, body, data } = first.data;
  assert.deepEqual({ type, title, body, data },
    { type: 'comment', title: 'Minjun replied', body: 'See you', data: { post: 7 } });
  await node.mark('42', 'read', { ids: [first.data.id] });
  assert.equal(await database.query('SELECT string_agg(title, $$,$$) FROM public.notification WHERE is_read'),
    'Minjun replied');
  await database.query("UPDATE public.notification SET is_read = true WHERE title = 'Second'");
  await eventually('the badge to fall', async () => (await node.list('42')).unread === 0);
  await stream.close();
  const undone = await adopt(database.url, '--undo', '--table', 'public.notification', '--yes');
  assert.equal(undone.code, DONE, undone.stderr);
  assert.match(undone.stderr, /is no longer adopted; what was delivered stays\n$/);
  assert.equal((await node.list('42')).notifications.length, 2);
});

test('--dry-run prints all of it and changes nothing; a DBA may run what it prints', async () => {
  const database = await makeDatabase();
  await database.query(TABLE);
  const shown = await adopt(database.url, ...MAPPING, '--dry-run');
  assert.equal(shown.code, DONE, shown.stderr);
  assert.equal(shown.stderr, '');
  assert.match(shown.stdout, /^BEGIN;\n[^]*CREATE TABLE allim\.notification[^]*CREATE TRIGGER allim_insert[^]*\nCOMMIT;\n$/);
  assert.equal(await database.query("SELECT to_regclass('allim.meta') IS NULL"), 't');
  await postgres.query(shown.stdout.replace(/^BEGIN;$|^COMMIT;$/gm, ''), { url: database.url });
  await database.query("INSERT INTO public.notification (user_id, title) VALUES (1, 'By hand')");
  assert.equal(await database.query('SELECT title FROM allim.notification'), 'By hand');
  const undo = await adopt(database.url, '--undo', '--table', 'notification', '--dry-run');
  assert.equal(undo.code, DONE, undo.stderr);
  assert.ok(undo.stdout.length < 2000);
  await postgres.query(undo.stdout.replace(/^BEGIN;$|^COMMIT;$/gm, ''), { url: database.url });
  assert.equal(await database.query('SELECT count(*) FROM allim.adopted'), '0');
});

test('the password is read as a node reads it', async (t) => {
  const guarded = await postgresFor((end) => t.after(end), { password: 'right', fsync: false });
  const args = ['adopt', '--store', guarded.url(), '--table', 'note', '--user-column', 'u', '--yes'];
  await guarded.query('CREATE TABLE note (u text, title text)');
  const wrong = await run(args, { variables: { ALLIM_STORE_PASSWORD: 'wrong' } });
  assert.equal(wrong.code, REFUSED, wrong.stderr);
  assert.match(wrong.stderr, /^allim adopt: [^\n]*password authentication failed[^\n]*\n$/);
  const right = await run(args, { variables: { ALLIM_STORE_PASSWORD: 'right' } });
  assert.equal(right.code, DONE, right.stderr);
});

test('on a terminal it asks', async () => {
  const database = await makeDatabase();
  await database.query(TABLE);
  const ask = (answer) => run(['adopt', '--store', database.url, '--table', 'notification', '--user-column', 'user_id'],
    { variables: {}, wrapper: ['sh', '-c', 'script -qec "$*" /dev/null', 'sh'], input: `${answer}\n` });
  const refused = await ask('n');
  assert.equal(refused.code, FAILED, refused.stdout);
  assert.match(refused.stdout, /COMMIT;\s+Apply this\? \[y\/N\] allim adopt: nothing was changed\s+$/);
  assert.equal(await database.query("SELECT to_regclass('allim.meta') IS NULL"), 't');
  const agreed = await ask('yes');
  assert.equal(agreed.code, DONE, agreed.stdout);
  assert.equal(await database.query('SELECT name FROM allim.adopted'), 'public.notification');
});

test('a wrong command line is status 2 before anything is asked', async () => {
  for (const [args, complaint] of [
    [[], /--table NAME/],
    [['--table', 'x'], /--user-column NAME/],
    [['--table', 'x', '--user-column', 'y'], /standard input is no terminal[^\n]+--yes[^\n]+--dry-run/],
    [['--table', 'x', '--undo', '--user-column', 'y', '--yes'], /--undo needs --table alone/],
    [['--table', 'x', '--user-column', 'y', '--yes', '--dry-run'], /not both/],
    [['--table', 'x', '--user-colum', 'y'], /--user-column/],
  ]) {
    const result = await adopt('postgresql://nobody@127.0.0.1:1/none', ...args);
    assert.equal(result.code, MISUSED, result.stderr);
    assert.match(result.stderr, complaint);
    assert.match(result.stderr, /^allim adopt: [^\n]+\n$/);
  }
});

test('what the database is not fit for is one sentence', async () => {
  const database = await makeDatabase();
  await database.query(TABLE);
  await database.query('CREATE ROLE stranger LOGIN');
  const stranger = database.url.replace('allim@', 'stranger@');
  for (const [url, args, code, complaint] of [
    [database.url, ['--table', 'notificaton', '--user-column', 'user_id'], REFUSED, /no table notificaton; did you mean notification\?/],
    [database.url, ['--table', 'notification', '--user-column', 'userid'], REFUSED, /called userid; did you mean user_id\?/],
    [database.url, ['--table', 'notification', '--undo'], REFUSED, /is not adopted/],
    [stranger, ['--table', 'notification', '--user-column', 'user_id'], REFUSED, /stranger does not own public\.notification/],
    [`${database.url}x`, ['--table', 'notification', '--user-column', 'user_id'], REFUSED, /does not exist/],
    ['postgresql://allim@127.0.0.1:1/x', ['--table', 'x', '--user-column', 'y'], UNREACHABLE, /refused/],
    ['postgresql://a:secret@127.0.0.1/x', ['--table', 'x', '--user-column', 'y'], REFUSED, /holds a password; put it/],
    ['./folder', ['--table', 'x', '--user-column', 'y'], FAILED, /is no PostgreSQL database; give --store/],
  ]) {
    const result = await adopt(url, ...args, '--yes');
    assert.equal(result.code, code, result.stderr);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, complaint);
    assert.match(result.stderr, /^allim adopt: [^\n]+\n$/);
    assert.doesNotMatch(result.stderr, /secret/);
  }
  const mapping = ['--table', 'notification', '--user-column', 'user_id', '--yes'];
  assert.equal((await adopt(database.url, ...mapping)).code, DONE);
  const twice = await adopt(database.url, ...mapping);
  assert.equal(twice.code, REFUSED);
  assert.match(twice.stderr, /adopted already[^\n]+allim adopt --undo --table public\.notification\n$/);
});
