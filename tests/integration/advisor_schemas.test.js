// What the advisor's files hold is what docs/schemas says of them: every member is described, and what is described is
// what the program reads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { builtProgram, give, makeFolder, run } from './lib/process.js';
import { serverFor } from './lib/server.js';

const docs = new URL('../../docs/', import.meta.url);
const schemas = readdirSync(new URL('schemas/', docs)).map((name) => JSON.parse(readFileSync(new URL(`schemas/${name}`, docs), 'utf8')));
const OPTIONS = { strict: false, allErrors: true, validateFormats: false };
const folder = makeFolder();

// Readers may meet members that a later version adds; here each of them must stand in the schema.
function close(schema) {
  if (Array.isArray(schema)) return schema.map(close);
  if (schema === null || typeof schema !== 'object') return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, close(value)]));
  return schema.properties && schema.required && schema.additionalProperties === undefined
    ? { ...closed, additionalProperties: false } : closed;
}

const open = new Ajv2020(OPTIONS), closed = new Ajv2020(OPTIONS);
for (const schema of schemas) {
  open.addSchema(schema);
  closed.addSchema(close(schema));
}

function assertFits(name, value, ajv = closed) {
  const validate = ajv.getSchema(`${name}.schema.json`);
  assert.ok(validate(value), ajv.errorsText(validate.errors));
}

function assertDoesNotFit(name, value) {
  assert.equal(open.getSchema(`${name}.schema.json`)(value), false, JSON.stringify(value).slice(0, 500));
}

// A copy in which the member at a path is another one, or is not there.
function changed(value, path, to) {
  const copy = structuredClone(value);
  const last = path.at(-1);
  const holder = path.slice(0, -1).reduce((at, member) => at[member], copy);
  assert.ok(last in holder, path.join('.'));
  if (to === undefined) delete holder[last];
  else holder[last] = to;
  return copy;
}

function write(name, content) {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  give(path);
  return path;
}

async function print(...args) {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

const json = async (...args) => JSON.parse(await print(...args, '--format', 'json'));

const SYSTEMS = {
  'nothing known': {},
  small: { users: 300, servers: 1, latency: '30s' },
  growing: {
    users: { value: 3000, source: 'measured', how: 'a query' }, servers: '4', latency: '2s', redis: true, notifications: 12.5, growth: '15%',
    'average-notifications': { value: null }, days: 10, budget: null,
  },
  'ruled out': { users: 60000, servers: 60, latency: '40ms', bidirectional: true, binary: 'yes', durable: 1, notifications: 900, sla: 99.99 },
};

describe('decision.json and costs', () => {
  for (const [name, figures] of Object.entries(SYSTEMS)) {
    test(name, async () => {
      const measurement = { version: 1, figures };
      assertFits('measurement', measurement, open);
      const from = ['--from', write('measurement.json', measurement)];
      assertFits('decision', await json('advise', ...from));
      assertFits('decision', await json('advise', ...from, '--lang', 'ko'));
      assertFits('cost', await json('cost', ...from));
      assertFits('cost', await json('cost', ...from, '--prices', 'guide', '--months', '24', '--current', 'sse-db'));
      assertFits('report', await json('report', ...from, '--current', 'poll'));
    });
  }

  test('with what the hardware does', async () => {
    const bench = [{ name: 'idle_connection_memory', value: 320, unit: 'bytes', yardstick: 'y', yardstick_value: null, ratio: null }];
    assertFits('bench', bench);
    const decision = await json('advise', '--users', '3000', '--bench', write('bench.json', bench));
    assert.ok(Object.values(decision.capacities).some(({ value }) => value !== null));
    assertFits('decision', decision);
    assertDoesNotFit('decision', changed(decision, ['capacities', Object.keys(decision.capacities)[0], 'unit']));
  });

  test('as others would have them', async () => {
    const from = ['--from', write('measurement.json', { version: 1, figures: SYSTEMS.growing })];
    const decision = await json('advise', ...from);
    for (const [path, to] of [
      [['version'], 2], [['method'], 'sse'], [['rules']], [['rules', 0, 'vote'], 'carrier pigeon'], [['rules', 0, 'decides'], 'yes'],
      [['scores', 'poll'], 11], [['methods', 'kafka']], [['methods', 'poll', 'sizing', 0, 'value'], '1'], [['scenarios', 0, 'nearness'], 2],
      [['changes', 0, 'to'], null], [['forecast', 'month'], 0], [['situation', 'users', 'source'], 'dreamt'],
    ]) assertDoesNotFit('decision', changed(decision, path, to));
    const cost = await json('cost', ...from);
    for (const [path, to] of [
      [['version'], '1'], [['currency'], 'dollars'], [['months'], 0], [['current'], 'pigeon'], [['current']],
      [['methods', 'poll']], [['methods', 'poll', 'total'], '2000'], [['methods', 'poll', 'bill', 0, 'price'], -1],
      [['methods', 'poll', 'bill', 0, 'date']], [['methods', 'sse-db', 'at_peak']],
    ]) assertDoesNotFit('cost', changed(cost, path, to));
  });
});

test('the routes are asked and answer so', async (t) => {
  const server = await serverFor((hook) => t.after(hook));
  const ask = async (path, body) => (await server.call('POST', path, { admin: true, body })).body;
  assertFits('decision', await ask('/admin/advise', { version: 1, figures: SYSTEMS.growing }));
  assertFits('cost', await ask('/admin/cost', { version: 1, figures: SYSTEMS.growing }));
  const openapi = parse(readFileSync(new URL('openapi.yaml', docs), 'utf8'));
  for (const [path, schema] of [['/admin/advise', 'decision'], ['/admin/cost', 'cost']]) {
    const { requestBody, responses } = openapi.paths[path].post;
    assert.equal(requestBody.content['application/json'].schema.allOf[0].$ref, 'schemas/measurement.schema.json');
    assert.equal(responses[200].content['application/json'].schema.$ref, `schemas/${schema}.schema.json`);
  }
});

// What the schema refuses, the program refuses, and the other way round.
describe('measurement.json', () => {
  const both = async (figures, fits) => {
    const { code } = await run(['advise', '--from', write('measurement.json', { version: 1, figures })]);
    assert.equal(code, fits ? 0 : 1, JSON.stringify(figures));
    if (fits) assertFits('measurement', { version: 1, figures }, open);
    else assertDoesNotFit('measurement', { version: 1, figures });
  };

  test('the same figures, within the same bounds', async () => {
    const { properties } = schemas.find(({ $id }) => $id === 'measurement.schema.json').properties.figures;
    const { situation } = await json('advise');
    assert.deepEqual(Object.keys(properties), Object.keys(situation));
    for (const [name, { minimum, maximum }] of Object.entries(properties)) {
      if (minimum === undefined) continue;
      await both({ [name]: minimum }, true);
      await both({ [name]: { value: maximum } }, true);
      await both({ [name]: { value: minimum - 0.001 } }, false);
      await both({ [name]: maximum + 1 }, false);
    }
  });

  test('the same ways of writing them', async () => {
    for (const figures of [
      { latency: '500ms' }, { latency: '1m' }, { latency: '.5h' }, { latency: '1d' }, { latency: 500 }, { latency: { value: '2s' } },
      { sla: '99.9%' }, { sla: '99.9' }, { redis: 'no' }, { redis: false }, { redis: { value: 1, source: 'entered' } }, { users: '3000' }, { servers: '2.0' }, { servers: 2.0 }, { tabs: 1.25 }, { users: null }, { users: { value: null } },
    ]) await both(figures, true);
    for (const figures of [
      { latency: '2' }, { latency: '2 s' }, { sla: '99.9 %' }, { sla: 'much' }, { redis: 'maybe' }, { redis: 2 }, { users: '3,000' },
      { users: true }, { users: [] }, { users: {} }, { servers: 2.5 }, { servers: '2.5' }, { developers: { value: 0.5 } }, { users: { value: 1, source: 'dreamt' } }, { moon: 1 },
    ]) await both(figures, false);
  });

  test('what allim measure writes', async (t) => {
    const server = await serverFor((hook) => t.after(hook));
    await server.publish('anna');
    for (const args of [['--db', server.data, '--admin', server.adminUrl], ['--db', server.data]]) {
      const { code, stderr } = await run(['measure', '--interval', '1s', ...args], { cwd: folder });
      assert.equal(code, 0, stderr);
      const path = join(folder, 'measurement.json');
      const measurement = JSON.parse(readFileSync(path, 'utf8'));
      assert.equal('servers' in measurement.figures, args.includes('--admin'));
      assertFits('measurement', measurement);
      assertFits('decision', await json('advise', '--from', path));
    }
  });

  test('what was seen', () => {
    const seen = { value: 1200, unit: 'users', state: 'sampled', note: '1 % of the rows' };
    const measurement = { version: 1, figures: {}, observations: { 'peak-users': seen, rows: { ...seen, value: null, state: 'open' } } };
    assertFits('measurement', measurement, open);
    assertDoesNotFit('measurement', changed(measurement, ['observations', 'peak-users', 'state'], 'guessed'));
    assertDoesNotFit('measurement', changed(measurement, ['observations', 'peak-users', 'note']));
  });
});

describe('price books, rules and plans', () => {
  // Readers of YAML 1.1 make booleans of yes and no.
  const versions = [{ version: '1.2' }, { version: '1.1' }];

  for (const name of ['guide', 'aws-2026']) {
    test(`the book ${name}`, async () => {
      const text = await print('cost', '--prices', name, '--export');
      for (const version of versions) assertFits('price-book', parse(text, version));
    });
  }

  test('the rules', async () => {
    const text = await print('advise', '--export-rules');
    for (const version of versions) assertFits('rules', parse(text, version));
  });

  test('the plans', async () => {
    const text = await print('report', '--export-plans');
    for (const version of versions) assertFits('plans', parse(text, version));
  });

  test('a book that says where a price comes from', async () => {
    const book = parse(await print('cost', '--export'));
    book.items['t3.small'] = { price: 14, region: 'eu-west-1', date: '2026-03', source: 'our contract' };
    assertFits('price-book', book);
    assert.equal((await json('cost', '--servers', '1', '--users', '1', '--notifications', '1', '--prices', write('own.yaml', book)))
      .methods.poll.bill[0].region, 'eu-west-1');
  });

  // In one sentence of the program's own; a sanitizer ends it with the same status.
  async function assertRefused(args, content, about) {
    const path = write('own.yaml', content);
    const { code, stderr } = await run([...args, path]);
    assert.equal(code, 1, about);
    assert.ok(stderr.startsWith(`allim ${args[0]}: ${path}:`) && stderr.indexOf('\n') === stderr.length - 1, `${about}: ${stderr}`);
  }

  test('as others would write them: refused by both', async () => {
    const book = parse(await print('cost', '--export'));
    await print('cost', '--prices', write('own.yaml', book));
    for (const [path, to] of [
      [['version'], 2], [['currency'], 'Dollar'], [['items']], [['items', 't3.small'], -1], [['items', 't3.small'], { date: 'today' }],
      [['items', 't3.small'], { price: 1, currency: 'EUR' }], [['bills', 'poll'], []], [['bills', 'poll', 1, 'count']],
      [['bills', 'poll', 0, 'per'], { servers: 0 }], [['items', 't3.small'], 2e12], [['bills', 'poll', 0, 'per'], { moons: 1 }], [['labour', 'hour']],
      [['labour', 'hours-a-day'], 25],
      [['work', 'poll', 'maintenance'], -1],
    ]) {
      const other = changed(book, path, to);
      assertDoesNotFit('price-book', other);
      await assertRefused(['cost', '--prices'], other, path.join('.'));
    }
    const rules = parse(await print('advise', '--export-rules'));
    await print('advise', '--rules', write('own.yaml', rules));
    for (const [path, to] of [
      [['version'], 2], [['signals']], [['criteria', 'effort', 'weight'], -1], [['criteria', 'effort', 'scores', 'poll'], 11],
      [['criteria', 'effort', 'title', 'ko']], [['rules', 'decision tree', 'asks']], [['rules', 'decision tree', 'branches'], []],
      [['rules', 'decision tree', 'branches', 0, 'votes'], ['pigeon']], [['scenarios', 'A', 'claims', 0, 'text']],
    ]) {
      const other = changed(rules, path, to);
      assertDoesNotFit('rules', other);
      await assertRefused(['advise', '--rules'], other, path.join('.'));
    }
    const plans = parse(await print('report', '--export-plans'));
    plans.plans = [{ ...plans.plans[0], weeks: { 1: 'test' } }]; // an object would have weeks 1 and 5 before 2-4
    await print('report', '--plans', write('own.yaml', plans));
    for (const [path, to] of [
      [['version'], 2], [['phases']], [['effects', 'poll', 'users'], 0], [['effects', 'poll', 'latency'], 'users'],
      [['risks', 'poll', 0, 'mitigation']], [['phases', 'test', 'title', 'ko']], [['phases', 'test', 'tasks'], 'many'],
      [['plans', 0, 'from'], ['none', 'poll']], [['plans', 0, 'to'], []], [['plans', 0, 'weeks'], {}], [['plans', 0, 'weeks'], { soon: 'test' }],
      [['metrics', 0, 'query']], [['metrics', 0, 'methods'], ['pigeon']],
    ]) {
      const other = changed(plans, path, to);
      assertDoesNotFit('plans', other);
      await assertRefused(['report', '--plans'], other, path.join('.'));
    }
  });
});

test('bench.json', () => {
  const output = join(folder, 'bench.json');
  const { status, stderr } = spawnSync(builtProgram('src/bench/allim-bench'), [
    '--only', 'accept', '--quick', '--rounds', '1', '--folder', join(folder, 'bench'), '--output', output, '--raw', join(folder, 'raw.json'),
    '--allim', builtProgram('allim'), '--bare', builtProgram('src/bench/bare-server'),
  ], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const bench = JSON.parse(readFileSync(output, 'utf8'));
  assert.equal(bench[0].name, 'accept_cpu');
  assertFits('bench', bench);
  for (const [path, to] of [[[0, 'name']], [[0, 'value'], 'fast'], [[0, 'unit'], null]]) assertDoesNotFit('bench', changed(bench, path, to));
});
