// Files that the advisor cannot use: one sentence on standard error that names the file, and status 1.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { give, makeFolder, run } from './lib/process.js';

const FAILED = 1, MISUSED = 2;
const folder = makeFolder();

function write(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  give(path);
  return path;
}

async function assertRefused(args, path, sentence) {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, FAILED, stdout);
  assert.equal(stdout, '');
  assert.match(stderr, /^[^\n]+\n$/, 'one line');
  assert.ok(stderr.startsWith(`allim ${args[0]}: ${path}:`), stderr);
  assert.match(stderr, sentence);
}

const figures = (text) => `{"version":1,"figures":{${text}}}`;

// What each kind of file says of the same misfortunes.
const KINDS = [
  { what: 'measurement.json', args: ['advise', '--from'], good: figures('"users":3000') },
  { what: 'measurement.json for costs', args: ['cost', '--from'], good: figures('"users":3000') },
  { what: 'a price book', args: ['cost', '--prices'], good: (await run(['cost', '--export'])).stdout, isYaml: true },
  { what: 'rules', args: ['advise', '--rules'], good: (await run(['advise', '--export-rules'])).stdout, isYaml: true },
];

for (const { what, args, good, isYaml } of KINDS) {
  describe(what, () => {
    const refuse = async (content, sentence) => {
      const path = write('file', content);
      await assertRefused([...args, path], path, sentence);
    };

    test('as it should be', async () => {
      const { code, stderr } = await run([...args, write('file', good)]);
      assert.equal(code, 0, stderr);
    });

    test('empty, or of white space', async () => {
      await refuse('', /: nothing stands in it$/m);
      await refuse(' \n', isYaml ? /: nothing stands in it$/m : /the text ends too early$/m);
    });

    test('cut, wherever that is', async () => {
      const shortest = isYaml ? 40 : 1; // a version alone is no file, but well-formed
      for (let part = 1; part < 12; part++) {
        await refuse(good.slice(0, Math.max(shortest, Math.floor((good.trimEnd().length - 1) * part / 12))),
          isYaml ? /:\d+:\d+: |nothing stands/ : /the text ends too early$/m);
      }
    });

    test('not UTF-8', async () => {
      const at = good.indexOf('s');
      const bytes = Buffer.concat([Buffer.from(good.slice(0, at)), Buffer.from([0xff, 0xfe]), Buffer.from(good.slice(at))]);
      await refuse(bytes, /not UTF-8/);
    });

    test('nested deep', async () => {
      await refuse(`${isYaml ? 'a: ' : '{"a":'}${'['.repeat(5000)}`, /deep/);
      await refuse(`${isYaml ? 'a: ' : '{"a":'}${'['.repeat(70)}${']'.repeat(70)}${isYaml ? '' : '}'}`, /deep/);
    });

    test('larger than any such file', async () => {
      await refuse(`${good}${isYaml ? '#' : ' '.repeat(10)}${' '.repeat(1 << 20)}`, /: larger than 1 MiB; is it the right file\?$/m);
    });

    test('of another version, or none', async () => {
      await refuse(good.replace(/("?version"?: ?)1/, '$12'), /version 2; this allim reads version 1$/m);
      await refuse(good.replace(/"?version"?: ?1/, isYaml ? 'moon: 1' : '"moon":1'), /version is missing/);
      await refuse(good.replace(/("?version"?: ?)1/, '$1"1"'), isYaml ? /"1" is a text; a number has no quotes$/m : /version is no number/);
    });

    test('of another kind', async () => {
      await refuse(isYaml ? 'hello' : '"hello"', isYaml ? /is written as NAME: VALUE pairs$/m : /an object is expected/);
      await refuse('[1]', isYaml ? /is written as NAME: VALUE pairs$/m : /an object is expected/);
    });

    test('a folder, or not there', async () => {
      const path = join(folder, 'folder');
      mkdirSync(path, { recursive: true });
      await assertRefused([...args, path], path, /cannot be read: Is a directory$/m);
      await assertRefused([...args, `${path}/nothing`], `${path}/nothing`, /cannot be read: No such file or directory$/m);
    });
  });
}

describe('figures', () => {
  const refusals = {
    '"growth":-5': /growth is -5; accepted is 0 to 1000 % a month$/m,
    '"servers":0': /servers is 0; accepted is 1 to 100000 servers$/m,
    '"users":-1': /users is -1; accepted is 0 to 1000000000 users$/m,
    '"users":1e999': /real number overflow/,
    '"users":"many"': /users is "many"; accepted is a number, such as 12.5$/m,
    '"users":[1]': /users is no number$/m,
    '"users":{}': /users has no value$/m,
    '"users":{"value":1,"source":"dreamt"}': /the source of users is unknown, assumed, entered or measured$/m,
    '"users":1,"users":2': /duplicate object key/,
    '"sla":101': /sla is 101; accepted is 0 to 100 %$/m,
    '"latency":"2"': /latency is "2"; accepted is a time with its unit, such as 500ms, 2s or 5m$/m,
    '"redis":2': /redis is 2; accepted is yes or no$/m,
    '"moon":1': /"moon" is no figure; allim advise --help lists all$/m,
  };
  for (const [text, sentence] of Object.entries(refusals)) {
    test(text, async () => {
      const path = write('figures.json', figures(text));
      await assertRefused(['advise', '--from', path], path, sentence);
      await assertRefused(['cost', '--from', path], path, sentence);
    });
  }

  test('as flags: one line and how to find help', async () => {
    for (const flag of ['--growth=-100', '--servers=0', '--users=-1', '--sla=101', '--latency=2', '--redis=maybe', '--users=1e999']) {
      for (const command of ['advise', 'cost']) {
        const { code, stdout, stderr } = await run([command, flag]);
        assert.equal(code, MISUSED, flag);
        assert.equal(stdout, '');
        assert.match(stderr, /^allim \w+: \w+ is .*; accepted is .*\n$/);
      }
    }
  });
});

describe('what a price book lacks, or cannot say', () => {
  const { good } = KINDS[2];
  const without = (from, to) => good.slice(0, good.indexOf(from)) + (to ? good.slice(good.indexOf(to)) : '');
  const refusals = {
    'an item': [good.replace('  t3.medium: 30.37\n', ''), /:\d+:\d+: "t3.medium" has no price; add it to items$/m],
    'a negative price': [good.replace('30.37', '-30.37'), /t3.medium is -30.37; accepted is 0 to 1e\+12$/m],
    'a price beyond all': [good.replace('30.37', '1e300'), /t3.medium is 1e\+300; accepted is 0 to 1e\+12$/m],
    'a price in words': [good.replace('30.37', 'cheap'), /"cheap" is no number$/m],
    'an unknown currency': [good.replace('USD', 'XYZ'), /"XYZ" is no currency; write its three letters, such as USD or KRW$/m],
    'an item twice': [good.replace('  t3.medium: 30.37\n', '  t3.medium: 1\n  t3.medium: 2\n'), /t3.medium is given twice; the first one is on line \d+$/m],
    'no bills': [without('bills:', 'labour:'), /bills is missing here$/m],
    'no items': [without('items:', 'bills:'), /items is missing here$/m],
    'no labour': [without('labour:', 'work:'), /labour is missing here$/m],
    'no work': [without('work:'), /work is missing here$/m],
    'an empty bill': [good.replace(/ {2}poll:\n(?: {4}.*\n)+/, '  poll: []\n'), /a bill is a list of lines$/m],
    'an unknown method': [good.replace('  poll:', '  pigeon:'), /pigeon is no method/],
    'an unknown quantity': [good.replace('servers: 1', 'moons: 1'), /moons is no member of per; accepted are servers, /],
  };
  for (const [name, [content, sentence]] of Object.entries(refusals)) {
    test(name, async () => {
      assert.notEqual(content, good);
      const path = write('prices.yaml', content);
      await assertRefused(['cost', '--prices', path], path, sentence);
    });
  }
});

describe('what rules lack', () => {
  const { good } = KINDS[3];
  for (const part of ['criteria', 'fits', 'misfits', 'signals', 'scenarios', 'rules']) {
    test(part, async () => {
      const path = write('rules.yaml', good.replace(new RegExp(`^${part}:\\n(?:[ #].*\\n|\\n)*`, 'm'), ''));
      await assertRefused(['advise', '--rules', path], path, new RegExp(`${part} is missing here$`, 'm'));
    });
  }

  test('a language, a vote, a last branch', async () => {
    for (const [content, sentence] of [
      [good.replace(/, ko: [^}]*}/, '}'), /ko is missing here$/m], [good.replace('votes: [poll]', 'votes: []'), /a list of methods is expected here$/m],
      [good.replace('asks: users', 'asks: moons'), /"moons" is no figure/],
    ]) {
      assert.notEqual(content, good);
      const path = write('rules.yaml', content);
      await assertRefused(['advise', '--rules', path], path, sentence);
    }
  });
});
