// scripts/check-layers must see what it is there for: each broken tree below is caught, and ours is clean.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/check-layers', import.meta.url));

function check(files) {
  const root = mkdtempSync(join(tmpdir(), 'allim-layers-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return spawnSync(script, [root], { encoding: 'utf8' });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('our own sources keep to the layers', () => {
  const result = spawnSync(script, { encoding: 'utf8' });
  assert.equal(result.stderr, '');
  assert.equal(result.status, 0);
});

test('what the table allows passes', () => {
  const result = check({
    'src/core/hub.c': '#include "core/hub.h"\n#include "base/list.h"\n#include <stdlib.h>\n',
    'src/server/route.c': '#  include "store/store.h"\n#include "server/route_internal.h"\n',
    'src/net/loop.c': '#include <sys/epoll.h>\n',
  });
  assert.equal(result.stderr, '');
  assert.equal(result.status, 0);
});

const broken = {
  'a lower layer includes a higher one': ['src/core/hub.c', '#include "store/store.h"\n', /:1: core\/ may not include store\//],
  'an indented include': ['src/base/map.c', '\n #  include "net/loop.h"\n', /:2: base\/ may not include net\//],
  'a path around the table': ['src/wire/sse.c', '#include "../store/store.h"\n', /must be named from src\//],
  'a source file is included': ['src/store/sqlite.c', '#include "store/schema.c"\n', /is no header/],
  'another layer\'s internal header': ['src/server/api.c', '#include "store/sqlite_internal.h"\n', /belongs to store\/ alone/],
  'a header of another layer in a table': ['src/config/settings.def', '#include "server/server.h"\n', /config\/ may not include/],
  'I/O in a layer without': ['src/protocol/http.c', '#include <sys/socket.h>\n', /does no I\/O/],
  'an unknown folder': ['src/util/misc.c', '\n', /no such layer/],
  'a file outside of the layers': ['src/main.c', '\n', /belongs into a layer's folder/],
};

for (const [name, [path, text, complaint]] of Object.entries(broken)) {
  test(`caught: ${name}`, () => {
    const result = check({ [path]: text });
    assert.match(result.stderr, complaint);
    assert.equal(result.status, 1);
  });
}
