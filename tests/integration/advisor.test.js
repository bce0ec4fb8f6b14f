// Advice and costs over HTTP: the same as the commands print, byte for byte, and one clear refusal of anything else.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { give, makeFolder, run } from './lib/process.js';
import { assertProblem, serverFor } from './lib/server.js';

const server = await serverFor(after);
const folder = makeFolder();

const SYSTEMS = {
  'nothing known': {},
  small: { users: 300, servers: 1, latency: '30s' },
  'growing, measured': {
    users: { value: 3000, source: 'measured', note: 'the peak of a week' }, servers: 4, latency: '2s', redis: true,
    notifications: { value: 12.5, source: 'measured' }, growth: '15%', budget: 300, days: 10,
  },
  chat: { users: 60000, servers: 60, latency: '40ms', bidirectional: true, binary: 'yes', durable: true, notifications: 900, sla: 99.99 },
};

function write(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  give(path);
  return path;
}

async function print(...args) {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

// The answer as it came.
async function ask(path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.adminUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  return text;
}

describe('the commands and the routes say the same', () => {
  for (const [name, figures] of Object.entries(SYSTEMS)) {
    test(name, async () => {
      const measurement = { version: 1, measured_at: '2026-05-01T09:30:00Z', figures };
      const from = ['--from', write('measurement.json', JSON.stringify(measurement)), '--format', 'json'];
      assert.equal(`${await ask('/admin/advise', measurement)}\n`, await print('advise', ...from));
      assert.equal(`${await ask('/admin/advise', { ...measurement, language: 'ko', weights: { cost: 50, scale: 0.5 } })}\n`,
        await print('advise', ...from, '--lang', 'ko', '--weight', 'cost=50', '--weight', 'scale=0.5'));
      assert.equal(`${await ask('/admin/cost', measurement)}\n`, await print('cost', ...from));
      assert.equal(`${await ask('/admin/cost', { ...measurement, prices: 'guide', months: 24 })}\n`,
        await print('cost', ...from, '--prices', 'guide', '--months', '24'));
      assert.equal(`${await ask('/admin/cost', { ...measurement, prices: 'guide', current: 'sse-db' })}\n`,
        await print('cost', ...from, '--prices', 'guide', '--current', 'sse-db'));
    });
  }

  test('with rules and prices of their own', async () => {
    const measurement = { version: 1, figures: SYSTEMS['growing, measured'] };
    const from = ['--from', write('measurement.json', JSON.stringify(measurement)), '--format', 'json'];
    const rules = (await print('advise', '--export-rules')).replaceAll('votes: [sse-db]', 'votes: [rabbitmq]');
    assert.equal(`${await ask('/admin/advise', { ...measurement, rules })}\n`,
      await print('advise', ...from, '--rules', write('rules.yaml', rules)));
    const prices = (await print('cost', '--export')).replace('t3.medium: 30.37', 't3.medium: 31');
    const answer = JSON.parse(await ask('/admin/cost', { ...measurement, prices }));
    const printed = JSON.parse(await print('cost', ...from, '--prices', write('prices.yaml', prices)));
    assert.deepEqual({ ...answer, prices: null }, { ...printed, prices: null });
    assert.equal(answer.prices, 'own');
  });
});

describe('what cannot be asked', () => {
  const post = (path, body) => server.call('POST', path, { admin: true, body });
  const refusals = {
    'another version': { version: 2, figures: {} }, 'no version': { figures: {} }, 'no figures': { version: 1 }, 'a list': [],
    'an unknown figure': { version: 1, figures: { moon: 1 } }, 'a negative number': { version: 1, figures: { users: -1 } },
    'a number that cannot be': { version: 1, figures: { servers: 0 } }, 'more than all': { version: 1, figures: { sla: 101 } },
    'a time without a unit': { version: 1, figures: { latency: '2' } }, 'a text for a number': { version: 1, figures: { users: 'many' } },
  };
  for (const [name, body] of Object.entries(refusals)) {
    for (const path of ['/admin/advise', '/admin/cost']) {
      test(`${path}: ${name}`, async () => assertProblem(await post(path, body), 422, 'invalid_inquiry'));
    }
  }

  const extras = {
    '/admin/advise': [{ weights: { moon: 1 } }, { weights: 1 }, { weights: { cost: -1 } }, { language: 'fr' }, { rules: 'version: 1' },
      { rules: '{' }, { rules: 5 }, { rules: '# '.repeat(40000) }],
    '/admin/cost': [{ prices: 'moon' }, { prices: '' }, { prices: null }, { prices: 'a: [' }, { prices: '# '.repeat(40000) },
      { months: 0 }, { months: 1201 }, { months: 1.5 }, { months: '6' },
      { current: 'pigeon' }, { current: '' }, { current: null }],
  };
  for (const [path, bodies] of Object.entries(extras)) {
    for (const extra of bodies) {
      test(`${path}: ${JSON.stringify(extra).slice(0, 40)}`, async () => {
        const answer = await post(path, { version: 1, figures: {}, ...extra });
        assertProblem(answer, 422, 'invalid_inquiry');
        assert.ok(answer.body.detail.length < 250, answer.body.detail);
        if (JSON.stringify(extra).length > 65536) assert.match(answer.body.detail, / is longer than 65536 bytes;/);
      });
    }
  }

  test('what is no JSON, cut, too large, or nested too deep', async () => {
    for (const body of ['', '{"version":1,"figures":{"users":', '{"version":1,"figures":{"users":1,"users":2}}', '['.repeat(100) + ']'.repeat(100)]) {
      assertProblem(await post('/admin/advise', body), 400, 'invalid_json');
    }
    assertProblem(await post('/admin/cost', `{"version":1,"figures":{},"notes":"${'x'.repeat(5 << 20)}"}`), 413, 'body_too_large');
  });

  test('from a page of another origin, or not by POST', async () => {
    const origin = { origin: 'https://elsewhere.example' };
    assertProblem(await server.call('POST', '/admin/cost', { admin: true, body: { version: 1, figures: {} }, headers: origin }), 403,
      'forbidden_origin');
    assertProblem(await server.call('GET', '/admin/advise', { admin: true }), 405);
    assertProblem(await server.call('POST', '/admin/advise', { body: { version: 1, figures: {} } }), 404);
  });
});

// As many conditions as fit, none of which changes the answer, so that all are tried.
test('the longest rules are answered soon', async () => {
  const branch = '{from: 9e5, up-to: 9e6, votes: [poll], reason: {en: a, ko: b}},\n';
  const question = `{section: a, asks: users, branches: [\n${branch.repeat(480)}{votes: [poll], reason: {en: a, ko: b}}]}\n`;
  const rules = `version: 1\ncriteria: {c: {title: {en: a, ko: b}, weight: 1, scores: {poll: 1}}}\nscenarios: {}\nfits: {}\nmisfits: {}\n`
    + `signals: {}\nrules:\n  a: ${question}  b: ${question}`;
  assert.ok(rules.length > 60000 && rules.length <= 65536);
  const begin = performance.now();
  await ask('/admin/advise', { version: 1, figures: { users: 1000, growth: 1 }, rules });
  assert.ok(performance.now() - begin < 2000);
});
