// The schema in PostgreSQL, which the first node makes and others wait for.
import { test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';

const LOCK = 418329913709n; // see src/store/postgres_schema.c
const HELD_SECONDS = 4;

test('a node waits for another one that makes the schema, longer than for a request', async (t) => {
  const postgres = await postgresFor((hook) => t.after(hook), { fsync: false });
  const url = await postgres.createDatabase();
  const held = postgres.query(`SELECT pg_advisory_xact_lock(${LOCK}); SELECT pg_sleep(${HELD_SECONDS})`, { url });
  const count = (granted) => postgres.query(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = ${granted}`);
  await eventually('the lock to be held', async () => await count(true) === '1');
  const starting = serverFor((hook) => t.after(hook), { store: url, variables: { ALLIM_STORE_TIMEOUT: '1s' } });
  await eventually('the node to wait', async () => await count(false) === '1' || await count(true) !== '1');
  await held;
  await (await starting).publish('anna');
});
