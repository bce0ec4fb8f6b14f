// From evidence to decision, in sequence: what `allim measure` saw of a generated system is what `advise`, `cost` and `report`
// go by, and they agree with one another.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { makeFolder, run } from './lib/process.js';

const postgres = await postgresFor(after, { fsync: false });

// Ten minutes with 7,000 users each, and 1,200 notifications in one of them.
const SYSTEM = `CREATE TABLE user_activity (user_id integer, created_at timestamptz);
  INSERT INTO user_activity SELECT u, date_trunc('minute', now()) - m * interval '1 minute'
    FROM generate_series(1, 10) m, generate_series(1, 7000) u;
  CREATE TABLE notification (id serial PRIMARY KEY, user_id integer, title text, created_at timestamptz);
  INSERT INTO notification (user_id, title, created_at) SELECT n, 'Hello', date_trunc('minute', now()) - interval '5 minutes'
    FROM generate_series(1, 1200) n;`;

async function allim(...args) {
  const { code, stdout, stderr } = await run(args, { variables: { LC_ALL: 'C' } });
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('the four commands agree with one another', async () => {
  const url = await postgres.createDatabase();
  await postgres.query(SYSTEM, { url });
  const file = join(makeFolder(), 'measurement.json');
  await allim('measure', '--db', url, '--interval', '1s', '--output', file);
  const given = ['--from', file, '--servers', '5', '--latency', '1s', '--redis', 'no'];
  const decision = JSON.parse(await allim('advise', ...given, '--format', 'json'));
  const cost = JSON.parse(await allim('cost', ...given, '--format', 'json'));
  const report = JSON.parse(await allim('report', ...given, '--format', 'json'));

  assert.deepEqual(decision.situation.users, { value: 7000, unit: 'users', source: 'measured' });
  assert.equal(decision.situation.notifications.value, 20);
  assert.equal(decision.situation.notifications.source, 'measured');
  assert.equal(decision.situation.servers.source, 'entered');
  assert.equal(decision.method, 'sse-db');
  assert.equal(decision.decided_by, 'decision tree');
  assert.deepEqual(report.decision, decision);
  assert.deepEqual(report.costs, cost);

  const document = await allim('report', ...given, '--format', 'md');
  assert.match(document, /7,000 users \(measured; in public\.user\\_activity\)/);
  const { infrastructure_per_month: monthly } = cost.methods['sse-db'];
  assert.ok(document.includes(`$${Math.round(monthly)}`), `$${monthly} is not in the document`);
  // They have REST polling today.
  const today = [...given, '--current', 'poll'], staying = JSON.parse(await allim('cost', ...today, '--format', 'json'));
  assert.equal(cost.current, null);
  assert.equal(staying.current, 'poll');
  assert.equal(staying.methods.poll.development_days, 0);
  assert.ok(staying.methods.poll.total < cost.methods.poll.total);
  assert.deepEqual(staying.methods['sse-db'], cost.methods['sse-db']);
  assert.deepEqual(JSON.parse(await allim('report', ...today, '--format', 'json')).costs, staying);
  assert.match(await allim('cost', ...today), /^REST polling: in use, and not built again$/m);
  assert.match(await allim('report', ...today, '--format', 'md'), /^\*In use, and not built again: REST polling\.\*$/m);

  assert.equal(readFileSync(file, 'utf8').includes('"interrupted": null'), true);
});
