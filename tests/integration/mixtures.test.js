// Settings that work, and are hardly what was wanted: the log says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresFor } from './lib/postgres.js';
import { serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';

test('a feed for several nodes on a store that only one can use', async (context) => {
  const hook = (action) => context.after(action);
  const node = await serverFor(hook, { args: ['--method', 'sse-db'] });
  assert.match(node.log, /"level":"warning","message":"the feed hears nobody: [^"]+","feed":"dbpoll"/);
  const alone = await serverFor(hook, { args: ['--method', 'sse'] });
  assert.doesNotMatch(alone.log, /hears nobody/);
});

test('nodes with different feeds on one store', async (context) => {
  const hook = (action) => context.after(action);
  const postgres = await postgresFor(hook, { fsync: false });
  const store = await postgres.createDatabase();
  const first = await serverFor(hook, { store, args: ['--method', 'sse-db'] });
  const second = await serverFor(hook, { store, args: ['--method', 'sse', '--feed', 'pgnotify'] });
  for (const [node, feed, other] of [[first, 'dbpoll', 'pgnotify'], [second, 'pgnotify', 'dbpoll']]) {
    await eventually('the other feed to be noticed', () => node.log.includes('another node of this store has another feed'));
    assert.match(node.log, new RegExp(`another feed[^}]*"feed":"${feed}","other":"${other}"`));
  }
});
