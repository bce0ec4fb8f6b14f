// Queues as sources, and whatever may happen between a producer and a screen: what the broker acknowledged is
// shown once to everyone entitled, and in each user's order. CHECKER_RUNS says how often each test runs, with another
// seed each time and with all faults instead of some; ALLIM_SEED repeats the decisions of a run, the choice and
// the order of its faults included.
import { after, test } from 'node:test';
import { kafkaFor } from '../integration/lib/kafka.js';
import { postgresFor } from '../integration/lib/postgres.js';
import { rabbitmqFor } from '../integration/lib/rabbitmq.js';
import { commonFaults, sharedFaults, slowFaults } from './lib/faults_of_sources.js';
import { SOURCES, SourceRun } from './lib/source_run.js';
import { moment } from './lib/survival.js';

const RUNS = Number(process.env.CHECKER_RUNS ?? 1);
const isThorough = process.env.CHECKER_RUNS !== undefined;
const [SOME, FEW] = isThorough ? [Infinity, 3] : [6, 1]; // of what may happen to one worker, and that where there are two

const postgres = await postgresFor(after);
const KINDS = {
  kafka: SOURCES.kafka(await kafkaFor(after, { brokers: 3 })),
  rabbitmq: SOURCES.rabbitmq(await rabbitmqFor(after)),
};

// All of the faults, one after the other. Each finds the queue flowing.
async function surviveAll(context, source, workers, choose, publisher) {
  const run = await new SourceRun({ postgres, source, workers, publisher }).start((hook) => context.after(hook));
  const faults = choose(run);
  context.diagnostic(`${faults.map(([name]) => name).join(', ')}`);
  run.scenario.publisher.start();
  for (const [, work] of faults) {
    await moment(run.random);
    await work(run);
    await run.flows();
  }
  await run.cluster.ready();
  await run.verify(context);
  await run.stop();
}

for (let run = 1; run <= RUNS; run++) {
  for (const [name, source] of Object.entries(KINDS)) {
    const common = commonFaults(postgres, source);
    test(`${name}, one worker: what is unknown is sent again (${run} of ${RUNS})`, (context) => (
      surviveAll(context, source, 1, ({ random, mishaps }) => (
        random.pickSome([...Object.entries(common), ...Object.entries(mishaps)], SOME)), { retries: true })));
    test(`${name}, two workers: what is unknown stays unknown (${run} of ${RUNS})`, (context) => (
      surviveAll(context, source, 2, ({ random }) => random.pickSome([
        ...Object.entries(sharedFaults), ...random.pickSome(Object.entries(common), FEW), ...(isThorough ? Object.entries(slowFaults) : []),
      ], Infinity), { retries: false })));
  }
}
