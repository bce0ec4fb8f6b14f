// The decision document in a real browser, in both languages: it stands alone, fits a phone and a page,
// and axe finds nothing. It is made from files and flags alone, without a server.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBrowser } from './lib/browser.js';
import { give, makeFolder, run } from './lib/process.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FIGURES = ['--users', '3000', '--servers', '4', '--latency', '2s', '--redis', 'no', '--growth', '15%',
  '--notifications', '20', '--prices', 'guide', '--current', 'poll'];
const folder = makeFolder();
// The page's policy allows no script, axe's neither.
const browser = await openBrowser(after, { bypassCSP: true });
const strict = await openBrowser(after);

async function write(name, args) {
  const file = join(folder, name);
  const result = await run(['report', ...args, '-o', file]);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout + result.stderr, '');
  return file;
}

async function open(where, file, size = { width: 1280, height: 900 }) {
  const page = await where.newPage();
  await page.setViewportSize(size);
  await page.goto(pathToFileURL(file).href);
  return page;
}

const CASES = [
  ['a system that is known, in English', ['--lang', 'en', ...FIGURES]],
  ['a system that is known, in Korean', ['--lang', 'ko', ...FIGURES]],
  ['nothing known at all', ['--lang', 'en']],
  ['what no method does', ['--lang', 'ko', '--durable', 'yes', '--users', '3000', '--rules', 'NONE']],
];

// Rules of their own, in which the last methods are ruled out, too; and whose texts try to be markup.
async function ruleAllOut() {
  const { stdout } = await run(['advise', '--export-rules']);
  const file = join(folder, 'rules.yaml');
  const out = '- {figure: durable, is: yes, rules-out: yes, text: {en: "<img src=x onerror=alert(1)>", ko: "<b>없음</b>"}}';
  writeFileSync(file, stdout.replaceAll(/^ {2}(kafka|rabbitmq):\n(?= {4}- \{figure: developers)/gm, `  $1:\n    ${out}\n`));
  return file;
}

const files = [];
for (const [name, args] of CASES) {
  const rules = args.includes('NONE') ? await ruleAllOut() : '';
  files.push([name, await write(`${files.length}.html`, args.map((arg) => arg === 'NONE' ? rules : arg))]);
}

for (const [name, file] of files) {
  test(`${name}: nothing to complain about`, async () => {
    const page = await open(strict, file);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth), '896px');
    assert.deepEqual(strict.complaints, []);
    await page.close();
  });

  test(`${name}: it fits a phone and a screen`, async () => {
    for (const width of [360, 1280]) {
      const page = await open(browser, file, { width, height: 800 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await page.close();
    }
  });

  test(`${name}: axe finds nothing, in light and dark`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const page = await open(browser, file);
      await page.emulateMedia({ colorScheme });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`), []);
      await page.close();
    }
  });

  test(`${name}: it prints on A4`, async () => {
    const page = await open(browser, file);
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
    assert.ok(pdf.match(/\/Type \/Page\b/g).length > 2);
    assert.match(pdf, /\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 665, height: 900 }); // what is left of A4 between its margins
    assert.equal(await page.evaluate(() => [...document.querySelectorAll('.table')]
      .filter((table) => table.scrollWidth > table.clientWidth).length), 0, 'a table is cut');
    await page.close();
  });
}

test('its charts are there, and named', async () => {
  const page = await open(browser, files[0][1]);
  const charts = page.getByRole('img');
  assert.equal(await charts.count(), 3);
  await page.getByRole('img', { name: /^Users by month/ }).waitFor();
  assert.ok(await charts.evaluateAll((all) => all.every((chart) => chart.getBoundingClientRect().width > 700)));
  assert.equal(await page.locator('circle.mark').count(), 2);
  await page.close();
});

test('what is in use is not built again, in the table and the chart', async () => {
  const notes = ['In use, and not built again: REST polling.', '이미 사용 중이라 다시 만들지 않는 방식: REST 폴링.'];
  for (const [i, note] of notes.entries()) {
    const page = await open(browser, files[i][1]);
    await page.getByText(note, { exact: true }).waitFor();
    const row = page.locator('tr', { hasText: '$1,680' });
    assert.deepEqual((await row.locator('td').allInnerTexts()).slice(-5), ['0', '0.5', '$480', '$1,200', '$1,680']);
    assert.equal(await page.locator('svg text', { hasText: '$1,680' }).count(), 1);
    await page.close();
  }
  const page = await open(browser, files[2][1]);
  assert.equal(await page.getByText('In use').count(), 0);
  await page.close();
});

test('texts of rules stay texts', async () => {
  const page = await open(strict, files[3][1]);
  assert.equal(await page.locator('main b, img').count(), 0);
  assert.ok((await page.locator('main').innerText()).includes('<b>없음</b>'));
  await page.close();
});

test('a file stays as it was where writing fails, and a folder is refused', async () => {
  const file = join(folder, 'kept.md');
  writeFileSync(file, 'old');
  give(file);
  const misused = await run(['report', '--weight', 'speed=1', '-o', file]);
  assert.equal(misused.code, 2);
  assert.equal(readFileSync(file, 'utf8'), 'old');
  const refused = await run(['report', '-o', folder]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^allim[^\n]+: Is a directory\n$/);
  await write('kept.md', []);
  assert.match(readFileSync(file, 'utf8'), /^# /);
});
