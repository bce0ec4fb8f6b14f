// Sources that break their promises (fault_source.c) must be found out, where one that keeps them is not. A worker
// is killed when the fault has done its harm.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { kafkaFor } from '../integration/lib/kafka.js';
import { postgresFor } from '../integration/lib/postgres.js';
import { rabbitmqFor } from '../integration/lib/rabbitmq.js';
import { eventually, sleep } from '../integration/lib/wait.js';
import { CALM } from './lib/client.js';
import { freeze, pass } from './lib/fault_proxy.js';
import { SOURCES, SourceRun } from './lib/source_run.js';

const COMMITTED_MS = 1500; // by then a member of a group has committed the offsets that it stored
const OPERATIONS = 200;
const [OFFSET_COMMIT, TIMED_OUT] = [8, 7]; // as Kafka numbers requests and errors

const postgres = await postgresFor(after);
const KINDS = {
  kafka: SOURCES.kafka(await kafkaFor(after, { brokers: 3 })),
  rabbitmq: SOURCES.rabbitmq(await rabbitmqFor(after)),
};

async function publishOnly({ scenario }) {
  await publishSome(scenario);
}

async function publishSome({ publisher }) {
  publisher.operations = OPERATIONS;
  publisher.start();
  await publisher.running;
}

// What it has taken and not published yet is gone with it, where that is acknowledged.
async function killBeforeCommit({ scenario, cluster: { workers: [worker] } }) {
  await postgres.freeze();
  await publishSome(scenario);
  await sleep(COMMITTED_MS);
  await worker.kill();
  postgres.thaw();
  await worker.start();
}

// Has what the worker tells its broker get lost, and returns a function that ends that.
const SILENCES = {
  async kafka({ broker }) {
    await broker.tell(`error ${OFFSET_COMMIT} ${TIMED_OUT} 1000`);
    return () => broker.tell(`clear ${OFFSET_COMMIT}`);
  },

  rabbitmq({ cluster: { rabbitmqProxies } }) {
    const proxy = rabbitmqProxies.at(-1);
    proxy.set(freeze);
    return () => {
      proxy.reset();
      proxy.set(pass);
    };
  },
};

// What it has published comes again, since its broker does not hear that it did.
async function killBeforeAcknowledging(run) {
  const { scenario, source, cluster: { workers: [worker] } } = run;
  const before = await worker.metric('allim_source_published_total');
  await postgres.freeze();
  await publishSome(scenario);
  await eventually('messages to wait', async () => await worker.metric('allim_source_waiting') > 0);
  const mend = await SILENCES[source.method](run);
  postgres.thaw();
  await eventually('them to be published', async () => await worker.metric('allim_source_published_total') > before);
  await worker.kill();
  await mend();
  await worker.start();
}

for (const [name, source] of Object.entries(KINDS)) {
  for (const [fault, act, kind] of [
    ['none', killBeforeAcknowledging, null],
    ['early', killBeforeCommit, 'lost'],
    ['keyless', killBeforeAcknowledging, 'doubled'],
    ['swap', publishOnly, 'reordered'],
  ]) {
    test(`${name}, ${fault}, ${act.name}: ${kind ?? 'nothing to report'}`, async (context) => {
      const run = await new SourceRun({
        postgres, source, cluster: { variables: { FAULT_SOURCE: fault } },
        habits: CALM, users: 2, clientsPerUser: 2,
        ...(kind ? { patience: 20000, badgePatience: 300 } : {}),
      }).start((hook) => context.after(hook));
      await act(run);
      await run.cluster.ready();
      const { violations, counts } = await run.scenario.check();
      context.diagnostic(`seed ${run.seed}: ${JSON.stringify(counts)}`);
      const kinds = [...new Set(violations.map((one) => one.kind))];
      assert.deepEqual(kinds, kind ? [kind] : [], JSON.stringify(violations.slice(0, 5), null, 1));
      await run.stop();
    });
  }
}
