// The demo page of a node whose method is a WebSocket, in a real browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openBrowser } from './lib/browser.js';
import { serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';

const server = await serverFor(after, { args: ['--method', 'websocket'] });
const browser = await openBrowser(after, { locale: 'en-GB' });

const titlesOf = (page) => page.locator('#list .row-title').allTextContents();
const acknowledged = async () => {
  const { body } = await server.call('GET', '/metrics', { admin: true });
  return Number(/^allim_acknowledgements_total (\d+)$/m.exec(body)[1]);
};

async function openAs(user, prepare = () => {}) {
  const page = await browser.newPage();
  page.sockets = [];
  page.on('websocket', (socket) => page.sockets.push(socket.url()));
  await prepare(page);
  await page.goto(server.url);
  await page.locator(`[data-user=${user}]`).click();
  return page;
}

const isConnected = (page) => page.locator('#connection[data-state=connected]').waitFor();

const seeTitles = (page, wanted) => eventually(`the titles ${wanted}`, async () => (
  (await titlesOf(page)).join('|') === wanted.join('|')));

test('the page is told over a WebSocket, and survives restarts', async () => {
  const page = await openAs('anna');
  await isConnected(page);
  assert.ok(page.sockets.length > 0 && page.sockets.every((url) => url.includes('/v1/inbox/socket?after=')));
  const before = await acknowledged();
  const id = await server.publish('anna', { title: 'One' });
  await seeTitles(page, ['One']);
  await eventually('its acknowledgement', async () => (await acknowledged()) > before);
  await page.locator(`[data-id="${id}"] [data-action=read]`).click();
  await page.locator(`[data-id="${id}"]:not(.unread)`).waitFor();
  await page.locator('#badge').waitFor({ state: 'hidden' });
  await server.stop();
  await page.locator('#connection[data-state=reconnecting]').waitFor();
  await server.start();
  await server.publish('anna', { title: 'Meanwhile' });
  await isConnected(page);
  await server.publish('anna', { title: 'Afterwards' });
  await seeTitles(page, ['Afterwards', 'Meanwhile', 'One']);
  assert.deepEqual(browser.complaints.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text)), []);
  await page.close();
});

test('where WebSockets fail, the page polls', async () => {
  const page = await openAs('sofia', (fresh) => fresh.addInitScript(() => {
    window.WebSocket = class extends EventTarget {
      constructor() { super(); setTimeout(() => this.onclose?.(), 10); }

      close() { this.readyState = 3; }
    };
  }));
  await page.waitForRequest(/wait=25/);
  await server.publish('sofia', { title: 'By poll' });
  await page.locator('#connection[data-state=polling]').waitFor();
  await seeTitles(page, ['By poll']);
  await page.close();
});
