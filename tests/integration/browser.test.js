// A real browser: its own EventSource, two tabs, a server that goes away and comes back, and the demo page
// in both languages.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { openBrowser } from './lib/browser.js';
import { makeFolder } from './lib/process.js';
import { Server, serverFor } from './lib/server.js';
import { eventually } from './lib/wait.js';

const server = await serverFor(after);
const browser = await openBrowser(after, { locale: 'en-GB' });

beforeEach(() => { browser.complaints.length = 0; });

// A browser complains while a server is away, which is not the page's fault.
function assertNoComplaints() {
  const own = browser.complaints.filter((text) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE/.test(text));
  assert.deepEqual(own, []);
}

const bodyOf = (page) => page.locator('#list .row');
const titlesOf = (page) => page.locator('#list .row-title').allTextContents();

async function openAs(user, query = '') {
  const page = await browser.newPage();
  await page.goto(`${server.url}/${query}`);
  await page.locator(`[data-user=${user}]`).click();
  await page.locator(`[data-user=${user}][aria-pressed=true]`).waitFor(); // it may have begun as someone else
  await isConnected(page);
  return page;
}

// By a stream of its own, or by that of another tab.
function isConnected(page) {
  return page.locator('#connection:is([data-state=connected], [data-state=shared])').waitFor();
}

function seeTitles(page, wanted) {
  return eventually(`the titles ${wanted}`, async () => {
    const titles = await titlesOf(page);
    return titles.join('|') === wanted.join('|');
  });
}

// A tab in the background draws rarely, and a click waits for its drawing.
async function click(page, selector) {
  await page.bringToFront();
  await page.locator(selector).click();
}

// Opens a native EventSource on a blank page of the server's origin and collects what it hears.
async function collect(page, query) {
  await page.evaluate((url) => {
    window.heard = [];
    window.source = new EventSource(url);
    for (const name of ['notification', 'change', 'count', 'reset']) {
      window.source.addEventListener(name, (event) => {
        window.heard.push({ name, data: JSON.parse(event.data), id: event.lastEventId });
      });
    }
  }, `/v1/inbox/stream${query}`);
  await page.waitForFunction(() => window.heard.some(({ name }) => name === 'count'));
}

const heardIds = (page) => page.evaluate(() => window.heard
  .filter(({ name }) => name === 'notification').map(({ data }) => data.id));

test('native EventSource: live, and nothing lost or repeated over restarts', async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/demo/demo.css`);
  await browser.context.addCookies([{ name: 'allim_token', value: server.token('native'), url: server.url }]);
  await collect(page, '');
  const published = [await server.publish('native')];
  for (let round = 0; round < 3; round++) {
    await server.restart();
    for (let count = 0; count < 5; count++) published.push(await server.publish('native'));
    await eventually('what was missed', async () => (await heardIds(page)).length >= published.length);
    published.push(await server.publish('native'));
  }
  await eventually('the last one', async () => (await heardIds(page)).includes(published.at(-1)));
  assert.deepEqual(await heardIds(page), published);
  await page.close();
});

test('native EventSource: a ticket instead of a cookie', async () => {
  await browser.context.clearCookies();
  const page = await browser.newPage();
  await page.goto(`${server.url}/demo/demo.css`);
  const { body } = await server.call('POST', '/v1/inbox/ticket', { as: 'ticketed' });
  await collect(page, `?ticket=${body.ticket}`);
  const id = await server.publish('ticketed');
  await eventually('the notification', async () => (await heardIds(page)).includes(id));
  await page.close();
});

test('the page shows what arrives, and its badge', async () => {
  const page = await openAs('anna');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await page.locator('#badge').isVisible(), false);
  await server.publish('anna', { title: 'First <b>one</b>', body: 'A body', type: 'comment', priority: 'urgent' });
  await seeTitles(page, ['First <b>one</b>']);
  await server.publish('anna', { title: 'Second' });
  await seeTitles(page, ['Second', 'First <b>one</b>']);
  assert.equal(await page.locator('#badge').textContent(), '2');
  assert.equal(await page.title(), '(2) allim');
  assert.equal(await page.locator('#announcer').textContent(), 'New notification: Second');
  const text = await bodyOf(page).nth(1).textContent();
  for (const part of ['A body', 'comment', 'Urgent', 'Unread']) assert.ok(text.includes(part), `${part} in ${text}`);
  const names = await page.locator('#log .log-name').allTextContents();
  assert.ok(names.includes('notification') && names.includes('list'));
  assertNoComplaints();
  await page.close();
});

test('two tabs stay in step', async () => {
  const first = await openAs('minjun');
  const second = await browser.newPage();
  await second.goto(server.url);
  await isConnected(second);
  const id = await server.publish('minjun', { title: 'One' });
  await server.publish('minjun', { title: 'Two' });
  for (const page of [first, second]) await seeTitles(page, ['Two', 'One']);

  await click(first, `[data-id="${id}"] [data-action=read]`);
  for (const page of [first, second]) {
    await page.locator(`[data-id="${id}"]:not(.unread)`).waitFor();
    await eventually('the badge', async () => (await page.locator('#badge').textContent()) === '1');
  }
  await click(second, `[data-id="${id}"] [data-action=archive]`);
  for (const page of [first, second]) await seeTitles(page, ['Two']);
  await second.locator('#mark-all').click();
  for (const page of [first, second]) {
    await page.locator('#badge').waitFor({ state: 'hidden' });
    await page.locator('.row:not(.unread)').waitFor();
  }
  await click(first, '[data-filter=archived]');
  await seeTitles(first, ['One']);
  await click(first, '[data-filter=unread]');
  await seeTitles(first, []);
  assertNoComplaints();
  await first.close();
  await second.close();
});

test('when one tab logs in as someone else, the other follows', async () => {
  const first = await openAs('minjun');
  const second = await openAs('sofia');
  await first.locator('[data-user=sofia][aria-pressed=true]').waitFor();
  await isConnected(first);
  await server.publish('sofia', { title: 'For Sofia' });
  for (const page of [first, second]) await seeTitles(page, ['For Sofia']);
  await first.close();
  await second.close();
});

test('the form publishes to one and to everyone', async () => {
  const page = await openAs('test');
  await page.locator('[name=to]').selectOption('test');
  await page.locator('[name=title]').fill('From the form');
  await page.locator('[name=body]').fill('Hello');
  await page.locator('[name=priority]').selectOption('high');
  await page.locator('[name=link]').fill('/somewhere');
  await page.locator('#publish [type=submit]').click();
  await seeTitles(page, ['From the form']);
  assert.match(await page.locator('#sent').textContent(), /^Sent as notification \d+\.$/);
  assert.equal(await bodyOf(page).locator('a').getAttribute('href'), `${server.url}/somewhere`);
  await page.locator('[name=to]').selectOption('*');
  await page.locator('[name=title]').fill('To all');
  await page.locator('[name=title]').press('Enter');
  await seeTitles(page, ['To all', 'From the form']);
  assert.ok((await server.list('anna')).notifications.some(({ title }) => title === 'To all'));
  const { notifications: [{ id }] } = await server.list('anna');
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  await seeTitles(page, ['From the form']);
  assertNoComplaints();
  await page.close();
});

test('a dangerous link is not shown', async () => {
  const page = await openAs('test');
  const before = await bodyOf(page).count();
  await server.call('POST', '/v1/notifications', {
    as: 'publisher', body: { to: { user: 'test' }, type: 't', title: 'Bait', link: 'javascript:alert(1)' },
  });
  await server.publish('test', { title: 'Outside', link: 'https://example.org/a?b=c' });
  await eventually('the last one', async () => (await titlesOf(page)).includes('Outside'));
  assert.ok(await bodyOf(page).count() > before);
  const links = await page.locator('#list a').evaluateAll((anchors) => anchors.map(({ href }) => href));
  assert.ok(links.includes('https://example.org/a?b=c'));
  assert.ok(links.every((link) => /^https?:/.test(link)), links.join());
  await page.close();
});

test('more than a page is loaded on demand', async () => {
  const items = Array.from({ length: 45 }, (_, index) => ({ to: { user: 'sofia' }, type: 't', title: `Number ${index}` }));
  await server.call('POST', '/v1/notifications', { as: 'publisher', body: items });
  const page = await openAs('sofia');
  await eventually('a page', async () => (await bodyOf(page).count()) === 20);
  await page.locator('#more').click();
  await eventually('two pages', async () => (await bodyOf(page).count()) === 40);
  await page.locator('#more').click();
  await page.locator('#more').waitFor({ state: 'hidden' });
  const titles = await titlesOf(page);
  assert.deepEqual(titles.slice(0, 45), items.map(({ title }) => title).reverse());
  await page.close();
});

// Answers a request with what the server said at once, but only after `until`.
async function delay(page, path, until) {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    await until;
    await route.fulfill({ response });
  });
}

test('an older page that comes late undoes nothing that happened meanwhile', async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({ to: { user: 'sofia' }, type: 't', title: `Number ${index}` }));
  const other = await new Server().start();
  const { body: { results } } = await other.call('POST', '/v1/notifications', { as: 'publisher', body: items });
  const page = await browser.newPage();
  await page.goto(other.url);
  await page.locator('[data-user=sofia]').click();
  await isConnected(page);
  let release;
  await delay(page, '**/v1/inbox?*before=*', new Promise((done) => { release = done; }));
  const asked = page.waitForRequest(/before=/);
  await page.locator('#more').click();
  await asked;
  await page.waitForTimeout(500); // so that the server has answered, which nobody here can see
  await page.locator('#mark-all').click();
  await page.locator('#badge').waitFor({ state: 'hidden' });
  await other.call('DELETE', `/v1/notifications/${results[0].id}`, { as: 'publisher' });
  const corrected = results[1].id;
  await other.call('PATCH', `/v1/notifications/${corrected}`, { as: 'publisher', body: { title: 'Corrected' } });
  await page.locator('#log .log-detail').getByText('Corrected').waitFor();
  release();
  await page.locator('#more').waitFor({ state: 'hidden' });
  assert.equal(await bodyOf(page).count(), 29);
  assert.equal(await page.locator('.row.unread').count(), 0);
  assert.equal(await page.locator(`[data-id="${corrected}"] .row-title`).textContent(), 'Corrected');
  await page.close();
  await other.stop();
});

test('a broadcast that is corrected keeps what its user did to it', async () => {
  const page = await openAs('test', '?lang=en');
  const id = await server.publish({ everyone: true }, { title: 'To be corrected' });
  await page.locator(`[data-id="${id}"] [data-action=read]`).click();
  await page.locator(`[data-id="${id}"]:not(.unread)`).waitFor();
  await server.call('PATCH', `/v1/notifications/${id}`, { as: 'publisher', body: { title: 'Corrected' } });
  await page.locator(`[data-id="${id}"] .row-title`).getByText('Corrected').waitFor();
  assert.equal(await page.locator(`[data-id="${id}"].unread`).count(), 0);
  await server.call('DELETE', `/v1/notifications/${id}`, { as: 'publisher' });
  await page.locator(`[data-id="${id}"]`).waitFor({ state: 'detached' });
  await page.close();
});

test('the page survives a restart with nothing lost or repeated', async () => {
  const page = await openAs('minjun');
  await page.locator('[data-filter=inbox]').click();
  await server.stop();
  await page.locator('#connection[data-state=reconnecting]').waitFor();
  assert.equal(await page.locator('#connection').textContent().then((text) => text.trim()), 'Reconnecting');
  await server.start();
  const before = (await server.list('minjun')).notifications.map(({ title }) => title);
  await server.publish('minjun', { title: 'Meanwhile' });
  await isConnected(page);
  await page.locator('#alert').waitFor({ state: 'hidden' });
  await server.publish('minjun', { title: 'Afterwards' });
  await seeTitles(page, ['Afterwards', 'Meanwhile', ...before]);
  await page.close();
});

test('where streams fail, the page polls', async () => {
  const page = await browser.newPage();
  await page.route('**/v1/inbox/stream*', (route) => route.fulfill({ status: 503, body: 'no' }));
  await page.goto(server.url);
  await page.locator('[data-user=test]').click();
  await page.locator('#connection[data-state=polling]').waitFor();
  const id = await server.publish('test', { title: 'By poll' });
  await page.locator(`[data-id="${id}"]`).waitFor();
  await page.locator(`[data-id="${id}"] [data-action=read]`).click();
  await page.locator(`[data-id="${id}"]:not(.unread)`).waitFor();
  await page.close();
});

test('where the server refuses streams by an empty one, the page polls, and streams when it may', async () => {
  const other = await new Server({ variables: { ALLIM_LIMITS_CONNECTIONS_PER_USER: '1' } }).start();
  const abort = new AbortController();
  const held = await fetch(`${other.url}/v1/inbox/stream`, { headers: other.authorization('anna'), signal: abort.signal });
  const page = await browser.newPage();
  await page.clock.install(); // a minute passes before it tries a stream again
  await page.goto(`${other.url}/?lang=en`);
  await page.locator('[data-user=anna]').click();
  const state = (name) => eventually(name, async () => {
    await page.clock.runFor(1000);
    return (await page.locator('#connection').getAttribute('data-state')) === name;
  });
  await state('polling');
  const id = await other.publish('anna', { title: 'By a short poll' });
  await eventually('the row', async () => {
    await page.clock.runFor(1000);
    return (await page.locator(`[data-id="${id}"]`).count()) === 1;
  });
  abort.abort();
  await held.body.cancel().catch(() => {});
  await state('connected');
  await page.close();
  await other.stop();
});

test('tabs share a stream, so more than six of them load, and one of them takes over', async () => {
  const tabs = [await openAs('sofia')];
  for (let count = 1; count < 8; count++) {
    const tab = await browser.newPage();
    await tab.goto(server.url);
    await isConnected(tab);
    tabs.push(tab);
  }
  const streams = async () => (await server.call('GET', '/stats', { admin: true })).body.streams;
  await eventually('one stream', async () => (await streams()) === 1);
  const first = await server.publish('sofia', { title: 'To eight tabs' });
  for (const tab of tabs) await tab.locator(`[data-id="${first}"]`).waitFor();
  await tabs.shift().close();
  await eventually('a new leader', async () => (await streams()) === 1);
  const second = await server.publish('sofia', { title: 'To seven tabs' });
  for (const tab of tabs) await tab.locator(`[data-id="${second}"]`).waitFor();
  await click(tabs[0], `[data-id="${second}"] [data-action=archive]`);
  for (const tab of tabs) await tab.locator(`[data-id="${second}"]`).waitFor({ state: 'detached' });
  for (const tab of tabs) await tab.close();
});

test('the form counts bytes, and says at the form what went wrong, in both languages', async () => {
  const page = await openAs('test', '?lang=en');
  const title = page.locator('[name=title]');
  const send = page.locator('#publish [type=submit]');
  await title.fill('가'.repeat(167));
  assert.match(await title.evaluate((field) => field.validationMessage), /501 bytes.* 500 are allowed/);
  await title.fill('가'.repeat(166));
  await send.click();
  await page.locator('#sent').getByText(/^Sent as notification \d+\.$/).waitFor();
  await page.locator('[data-language=ko]').click();
  assert.match(await page.locator('#sent').textContent(), /번 알림으로 보냈습니다/);
  assert.match(await page.locator('#log').textContent(), /읽지 않음 \d+개/);

  await page.route('**/v1/notifications', (route) => route.fulfill({
    status: 507, contentType: 'application/problem+json', body: JSON.stringify({ code: 'store_full', detail: 'Make room' }),
  }));
  await title.fill('Refused');
  await send.click();
  await page.locator('#publish-alert').getByText('처리하지 못했습니다. 서버의 디스크가 가득 찼습니다.').waitFor();
  assert.equal(await page.locator('#sent').textContent(), '');
  await page.locator('[data-language=en]').click();
  assert.equal(await page.locator('#publish-alert').textContent(), 'That did not work: Make room');
  await page.unroute('**/v1/notifications');
  await send.click();
  await page.locator('#publish-alert').waitFor({ state: 'hidden' });
  await page.close();
});

test('"the server does not answer" goes away when it answers again', async () => {
  const page = await openAs('test', '?lang=en');
  await server.stop();
  await page.locator('[name=title]').fill('Nobody hears it');
  await page.locator('#publish [type=submit]').click();
  await page.locator('#publish-alert').getByText('the server does not answer').waitFor();
  await server.start();
  await page.locator('#publish-alert').waitFor({ state: 'hidden' });
  await isConnected(page);
  await page.close();
});

test('the bell takes the mark "New" off, in all tabs', async () => {
  await server.mark('anna', 'archive', { all: true });
  await server.publish('anna', { title: 'Unseen' });
  const first = await openAs('anna', '?lang=en');
  const second = await openAs('anna', '?lang=en');
  for (const page of [first, second]) await page.locator('.row .new').getByText('New').waitFor();
  await click(first, '#bell');
  for (const page of [first, second]) {
    await page.locator('.row .new').waitFor({ state: 'detached' });
    await page.locator('.row.unread').waitFor();
    await page.close();
  }
});

test('after a reset the page shows the inbox of the new store', async () => {
  const other = await new Server().start();
  const page = await browser.newPage();
  await page.goto(other.url);
  await page.locator('[data-user=anna]').click();
  await isConnected(page);
  await other.publish('anna', { title: 'Before' });
  await seeTitles(page, ['Before']);
  await other.stop();
  other.data = makeFolder();
  await other.start();
  await other.publish('anna', { title: 'After' });
  await seeTitles(page, ['After']);
  assert.ok((await page.locator('#log .log-name').allTextContents()).includes('reset'));
  await isConnected(page);
  await other.publish('anna', { title: 'Later' });
  await seeTitles(page, ['Later', 'After']);
  assert.equal(await page.locator('#badge').textContent(), '2');
  await page.close();
  await other.stop();
});

test('Korean by ?lang=, by the switch, and by the browser', async () => {
  const page = await openAs('anna', '?lang=ko');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
  assert.equal(await page.locator('#inbox-heading').textContent(), '받은 알림');
  assert.equal((await page.locator('#connection').textContent()).trim(), '연결됨');
  await page.locator('[data-language=en]').click();
  assert.equal(await page.locator('#inbox-heading').textContent(), 'Inbox');
  assert.match(page.url(), /lang=en/);
  await page.locator('[data-language=ko]').click();
  await server.publish('anna', { title: '안녕하세요', priority: 'high' });
  await eventually('the arrival', async () => (await page.locator('#announcer').textContent()) === '새 알림: 안녕하세요');
  assert.match(await page.locator('#bell').getAttribute('aria-label'), /^읽지 않은 알림 \d+개$/);
  await page.close();

  const korean = await openBrowser(after, { locale: 'ko-KR' });
  const fresh = await korean.newPage();
  await fresh.goto(server.url);
  assert.equal(await fresh.locator('#people-heading').textContent(), '누구로 시작할까요?');
  await fresh.close();
});

test('every text of the page exists in both languages, and nothing stays untranslated', async () => {
  const page = await openAs('anna', '?lang=en');
  const texts = () => page.locator('[data-text]').evaluateAll((nodes) => nodes.map((node) => [node.dataset.text, node.textContent]));
  const english = new Map(await texts());
  await page.locator('[data-language=ko]').click();
  for (const [key, text] of await texts()) {
    assert.ok(text && text !== 'undefined', key);
    assert.notEqual(text, english.get(key), key);
    assert.match(text, /[가-힣]/, key);
  }
  await page.close();
});

test('keyboard alone is enough, and focus is never lost', async () => {
  await server.mark('anna', 'archive', { all: true });
  const id = await server.publish('anna', { title: 'By keyboard' });
  const page = await openAs('anna', '?lang=en');
  await page.locator(`[data-id="${id}"] [data-action=read]`).focus();
  await page.keyboard.press('Enter');
  await page.locator(`[data-id="${id}"]:not(.unread)`).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.id), String(id));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.locator(`[data-id="${id}"]`).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.id), 'inbox-heading');
  const unnamed = await page.locator('button, input, select, textarea, a').evaluateAll((nodes) => nodes
    .filter((node) => !(node.textContent.trim() || node.ariaLabel || node.labels?.length)).map((node) => node.outerHTML));
  assert.deepEqual(unnamed, []);
  assert.equal(await page.locator('h1').count(), 1);
  await server.publish('anna', { title: 'Linked', link: '/here' });
  await page.getByRole('link', { name: 'Open link: Linked' }).waitFor();
  await page.close();
});

test('the page obeys a strict content security policy', async () => {
  const types = { '/': 'text/html', '/demo/demo.css': 'text/css', '/demo/demo.js': 'text/javascript', '/demo/inbox.js': 'text/javascript' };
  for (const [path, type] of Object.entries(types)) {
    const { status, headers } = await server.call('GET', path);
    assert.equal(status, 200, path);
    assert.equal(headers.get('content-type'), `${type}; charset=utf-8`, path);
    assert.match(headers.get('content-security-policy'), /default-src '(self|none)'/, path);
    assert.doesNotMatch(headers.get('content-security-policy'), /unsafe|\*/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
  }
  const { body } = await server.call('GET', '/');
  assert.doesNotMatch(body, /<style|\son\w+=|\sstyle=|https?:/);
});

test('the page has the files that it has, and no others', async () => {
  for (const name of ['demo', 'demo.j', 'demo.jss', 'package.json', '..%2fpackage.json', 'demo.js%00', 'demo.js/', '.']) {
    assert.equal((await server.call('GET', `/demo/${name}`)).status, 404, name);
  }
});
