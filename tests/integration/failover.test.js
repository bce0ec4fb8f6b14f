// PostgreSQL's primary dies and a standby takes over, under nodes that know both: what was acknowledged is
// there, and clients learn that the history is another one now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresFor, standbyFor } from './lib/postgres.js';
import { serverFor } from './lib/server.js';
import { ClientStream } from './lib/stream.js';
import { eventually } from './lib/wait.js';

const FEEDS = {
  dbpoll: ['--method', 'sse-db'],
  pgnotify: ['--method', 'sse', '--feed', 'pgnotify'],
};

function publish(node, title) {
  return node.call('POST', '/v1/notifications', {
    as: 'publisher', body: { to: { user: 'anna' }, type: 'test', title }, headers: { 'idempotency-key': title },
  });
}

const titlesOf = (stream) => stream.named('notification').map(({ data }) => data.title);

for (const [feed, args] of Object.entries(FEEDS)) {
  test(`${feed}: a standby takes over`, async (context) => {
    const hook = (action) => context.after(action);
    const primary = await postgresFor(hook);
    const standby = await standbyFor(hook, primary);
    const store = `postgresql://allim@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres?target_session_attrs=read-write`;
    const variables = { ALLIM_STORE_TIMEOUT: '1s' };
    const near = await serverFor(hook, { store, args, variables });
    const secrets = { ALLIM_API_KEY: near.apiKey, ALLIM_JWT_SECRET: near.secret };
    const far = await serverFor(hook, { store, args, variables: { ...variables, ...secrets } });
    const stream = await new ClientStream(far, 'anna').live();
    hook(() => stream.close());
    const acknowledged = ['before 1', 'before 2'];
    for (const title of acknowledged) assert.equal((await publish(near, title)).status, 201);
    await eventually('both to arrive', () => titlesOf(stream).length === 2);

    await primary.kill();
    const refused = await publish(near, 'between');
    assert.equal(refused.status, 503, JSON.stringify(refused.body));
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    await standby.promote();
    await eventually('the standby to be used', async () => (await publish(near, 'between')).status === 201);
    acknowledged.push('between');

    await stream.wait('the reset', ({ name }) => name === 'reset');
    await eventually('the new history to be listed', async () => (await far.list('anna')).notifications.length === 3);
    for (const node of [near, far]) {
      const { notifications, unread } = await node.list('anna');
      assert.deepEqual(notifications.map(({ title }) => title).reverse(), acknowledged);
      assert.equal(unread, 3);
    }
    await eventually('a publish to be heard live again', async () => {
      const title = `after ${acknowledged.length}`;
      acknowledged.push(title);
      assert.equal((await publish(near, title)).status, 201);
      return titlesOf(stream).some((seen) => seen.startsWith('after'));
    }, { every: 500 });
    assert.equal(stream.named('reset').length, 1);
    assert.equal(new Set(titlesOf(stream)).size, titlesOf(stream).length);
    assert.match(near.log, /the database has another history than before/);
  });
}
