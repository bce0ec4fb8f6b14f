// A rolling deploy: three nodes behind haproxy are restarted one by one while EventSource clients and the
// demo page are connected and publishing goes on. Nothing is lost, repeated or out of order, and nobody is
// shown an error.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterFor } from '../checker/lib/cluster.js';
import { openBrowser } from './lib/browser.js';
import { postgresFor } from './lib/postgres.js';
import { rabbitmqFor } from './lib/rabbitmq.js';
import { redisFor } from './lib/redis.js';
import { ClientStream } from './lib/stream.js';
import { eventually, sleep } from './lib/wait.js';

const USERS = ['anna', 'minjun', 'sofia'];
const STREAMS_PER_USER = 4;

const postgres = await postgresFor(after);
const BROKERS = { 'sse-redis': { redis: await redisFor(after) }, rabbitmq: { rabbitmq: await rabbitmqFor(after) } };
const browser = await openBrowser(after, { locale: 'en-GB' });

// Publishes to one user after the other through the balancer, and tries again what was not answered, under
// the same key. `ids` has what was acknowledged to each, in order.
class Publisher {
  constructor(cluster) {
    Object.assign(this, { cluster, count: 0, repeats: 0, ids: Object.fromEntries(USERS.map((user) => [user, []])) });
  }

  start() {
    this.running = this.run();
  }

  async run() {
    for (; !this.isStopping; this.count++) {
      const user = USERS[this.count % USERS.length];
      this.ids[user].push(await this.insist({ to: { user }, type: 'test', title: `Number ${this.count}` }));
      await sleep(20);
    }
  }

  async insist(body) {
    for (;;) {
      const answer = await fetch(`${this.cluster.url}/v1/notifications`, {
        method: 'POST',
        headers: { ...this.cluster.authorization('publisher'), 'content-type': 'application/json', 'idempotency-key': `number-${this.count}` },
        body: JSON.stringify(body),
      }).catch(() => null);
      if (answer?.status === 201) return (await answer.json()).id;
      if (answer) assert.ok([502, 503, 504].includes(answer.status), `${answer.status} ${await answer.text()}`);
      this.repeats += 1;
      await sleep(50);
    }
  }

  stop() {
    this.isStopping = true;
    return this.running;
  }
}

async function openPage(url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.locator('[data-user=anna]').click();
  await page.locator('[data-user=anna][aria-pressed=true]').waitFor();
  await isConnected(page);
  return page;
}

const isConnected = (page) => page.locator('#connection:is([data-state=connected], [data-state=shared])').waitFor();

const rowsOf = (page) => page.locator('#list .row').evaluateAll((rows) => rows.map((row) => Number(row.dataset.id)));

for (const method of ['sse-redis', 'rabbitmq', 'sse-db']) {
  test(`${method}: nodes are restarted one by one`, async (context) => {
    const hook = (action) => context.after(action);
    const cluster = await clusterFor(hook, { method, postgres, ...BROKERS[method], balanced: true, demo: true });
    browser.complaints.length = 0;
    const pages = [await openPage(cluster.url), await openPage(cluster.url)];
    const streams = USERS.flatMap((user) => Array.from({ length: STREAMS_PER_USER }, () => ({ user, stream: new ClientStream(cluster, user) })));
    hook(() => { for (const { stream } of streams) stream.close(); });
    await Promise.all(streams.map(({ stream }) => stream.live()));

    const publisher = new Publisher(cluster);
    publisher.start();
    for (const node of cluster.nodes) {
      const { count } = publisher;
      await node.restart();
      await eventually('the publisher to go on', () => publisher.count > count + 10);
    }
    await publisher.stop();

    const wanted = publisher.ids;
    const idsOf = (stream) => stream.named('notification').map(({ data }) => data.id);
    for (const { user, stream } of streams) {
      await eventually(`the last one of ${user}`, () => idsOf(stream).includes(wanted[user].at(-1)));
      assert.deepEqual(idsOf(stream), wanted[user]);
      assert.deepEqual(stream.named('reset'), []);
    }
    const opened = streams.reduce((sum, { stream }) => sum + stream.opened, 0);
    assert.ok(opened > streams.length, 'no stream had to come back');

    for (const page of pages) {
      await page.locator(`[data-id="${wanted.anna.at(-1)}"]`).waitFor();
      await isConnected(page);
      const rows = await rowsOf(page);
      assert.deepEqual(rows, wanted.anna.slice(-rows.length).reverse());
      assert.equal(await page.locator('#badge').textContent(), String(Math.min(wanted.anna.length, 99)) + (wanted.anna.length > 99 ? '+' : ''));
      assert.equal(await page.locator('#publish-alert').isVisible(), false);
      await page.close();
    }
    const complaints = browser.complaints.filter((text) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE/.test(text));
    assert.deepEqual(complaints, []);
    context.diagnostic(`${publisher.count} published, ${publisher.repeats} of them tried again; ${streams.length} streams were opened ${opened} times`);
    for (const { stream } of streams) stream.close();
    await cluster.stop();
  });
}
