// Hints may get lost; the next one shows the gap, and behind the last one the sweep does. Runs a server
// that loses hints on purpose (fault.c).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sleep } from '../integration/lib/wait.js';
import { checkedServer } from './lib/checked_server.js';
import { CALM } from './lib/client.js';
import { Scenario } from './lib/scenario.js';

const SWEEP_MS = 500;

function serverThatLoses(every, sweep = 'works') {
  return checkedServer(after, {
    variables: { FAULT_HINTS: String(every), FAULT_SWEEP: sweep, ALLIM_DELIVERY_SWEEP_INTERVAL: `${SWEEP_MS}ms` },
  });
}

for (const [name, every] of [['every third hint is lost', 3], ['all hints are lost', 1]]) {
  test(`${name}: nothing to report`, async (context) => {
    const server = await serverThatLoses(every);
    const scenario = new Scenario({ server }).start();
    await sleep(4000);
    await scenario.verify(context);
    await server.stop();
  });
}

// Nothing else may wake the streams: no marks, no polls, no clients that come back.
for (const [sweep, kind] of [['works', null], ['none', 'lost']]) {
  test(`all hints are lost, and the sweep ${kind ? 'is broken' : sweep}: ${kind ?? 'nothing to report'}`, async (context) => {
    const server = await serverThatLoses(1, sweep);
    const scenario = new Scenario({
      server, methods: { sse: 1 }, habits: CALM, ...(kind ? { patience: 6 * SWEEP_MS, badgePatience: 100 } : {}),
      publisher: { weights: { single: 4, everyone: 1 }, operations: 40 },
    });
    await scenario.open();
    scenario.publisher.start();
    await scenario.publisher.running;
    const { violations, counts } = await scenario.check();
    context.diagnostic(`seed ${scenario.seed}, at rest after ${scenario.settled} ms: ${JSON.stringify(counts)}`);
    assert.deepEqual([...new Set(violations.map((one) => one.kind))], kind ? [kind] : []);
    await server.stop();
  });
}
