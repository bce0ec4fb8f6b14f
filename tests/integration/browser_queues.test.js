// From a producer to a screen: a message goes into a queue, a worker publishes it, and real browsers at two
// nodes, which hear of it by the same broker, show it once.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterFor } from '../checker/lib/cluster.js';
import { SOURCES } from '../checker/lib/source_run.js';
import { openBrowser } from './lib/browser.js';
import { kafkaFor } from './lib/kafka.js';
import { postgresFor } from './lib/postgres.js';
import { rabbitmqFor } from './lib/rabbitmq.js';
import { eventually } from './lib/wait.js';

const QUEUE = 'orders';
const COUNT = 30;

const postgres = await postgresFor(after);
const KINDS = {
  kafka: SOURCES.kafka(await kafkaFor(after, { brokers: 3 })),
  rabbitmq: SOURCES.rabbitmq(await rabbitmqFor(after)),
};
// Cookies are shared between ports, so each user has a browser.
const browsers = { anna: await openBrowser(after, { locale: 'en-GB' }), sofia: await openBrowser(after, { locale: 'en-GB' }) };

async function openAs(user, node) {
  const page = await browsers[user].newPage();
  page.seen = []; // titles, each time that a row is added
  await page.exposeFunction('onRow', (title) => page.seen.push(title));
  await page.goto(node.url);
  await page.locator(`[data-user=${user}]`).click();
  await page.locator('#connection[data-state=connected]').waitFor();
  await page.evaluate(() => new MutationObserver((changes) => {
    for (const row of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      const title = row.querySelector?.('.row-title')?.textContent;
      if (title) window.onRow(title);
    }
  }).observe(document.querySelector('#list'), { childList: true }));
  return page;
}

const titlesOf = (page) => page.locator('#list .row-title').allTextContents();

const message = (to, title) => JSON.stringify({ to, type: 'order.shipped', title });

for (const [method, source] of Object.entries(KINDS)) {
  test(`${method}: what a producer sends, Chromium shows once`, async (context) => {
    const hook = (action) => context.after(action);
    await source.prepare(QUEUE);
    const producer = source.producer(QUEUE).start();
    hook(() => producer.close());
    const cluster = await clusterFor(hook, {
      method, postgres, [method]: source.broker, count: 2, workers: 1, source: source.flags(QUEUE), demo: true,
    });
    const pages = [await openAs('anna', cluster.nodes[0]), await openAs('anna', cluster.nodes[1]), await openAs('sofia', cluster.nodes[1])];
    const wanted = { anna: [], sofia: [] };
    for (let i = 1; i <= COUNT; i++) {
      const user = i % 3 === 0 ? 'sofia' : 'anna';
      wanted[user].push(`Number ${i}`);
      assert.ok(await producer.send({ key: user, id: `number-${i}`, body: message({ user }, `Number ${i}`) }));
    }
    for (const page of pages) {
      const titles = page === pages[2] ? wanted.sofia : wanted.anna;
      await eventually('the last one', async () => (await titlesOf(page)).includes(titles.at(-1)));
      assert.deepEqual(await titlesOf(page), [...titles].reverse());
      assert.deepEqual(page.seen, titles);
    }
    // What was sent again, and what is no JSON, nobody sees.
    await producer.send({ key: 'anna', id: 'number-1', body: message({ user: 'anna' }, 'Number 1') });
    await producer.send({ key: 'anna', id: 'junk', body: 'no JSON' });
    await producer.send({ key: 'anna', id: 'last', body: message({ user: 'anna' }, 'The last') });
    for (const page of pages.slice(0, 2)) {
      await eventually('the last one', async () => page.seen.includes('The last'));
      assert.deepEqual(page.seen, [...wanted.anna, 'The last']);
      assert.equal(await page.locator('#badge').textContent(), String(wanted.anna.length + 1));
    }
    for (const { complaints } of Object.values(browsers)) assert.deepEqual(complaints, []);
    for (const page of pages) await page.close();
    await producer.close();
    await cluster.stop();
  });
}
