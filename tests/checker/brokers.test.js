// Three nodes on one PostgreSQL that hear each other by a message broker, and whatever may happen between them: nothing
// is lost, doubled, reordered or somebody else's, and while the broker is away publishing goes on and streams
// stay open. CHECKER_RUNS says how often each test runs, with another seed each time, and has what the tests
// of other methods show as well (cluster.test.js) tried with these, too; ALLIM_SEED repeats the
// decisions of a run.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { kafkaFor } from '../integration/lib/kafka.js';
import { postgresFor } from '../integration/lib/postgres.js';
import { rabbitmqFor } from '../integration/lib/rabbitmq.js';
import { CALM } from './lib/client.js';
import { clusterFor } from './lib/cluster.js';
import { kafkaFaults, rabbitmqFaults, storeFaults } from './lib/faults_of_servers.js';
import { STREAMS, Scenario } from './lib/scenario.js';
import { PATIENT_MS, survive, variablesOf } from './lib/survival.js';

const RUNS = Number(process.env.CHECKER_RUNS ?? 1);
const isThorough = process.env.CHECKER_RUNS !== undefined;
const SOME = ['nothing', 'PostgreSQL killed', 'two nodes killed in turn']; // of the store's and the nodes' faults

const postgres = await postgresFor(after);
const kafka = await kafkaFor(after, { brokers: 3 });
const rabbitmq = await rabbitmqFor(after);

const METHODS = {
  kafka: { kind: { method: 'kafka', postgres, kafka }, broker: kafka, faults: kafkaFaults(kafka) },
  rabbitmq: { kind: { method: 'rabbitmq', postgres, rabbitmq }, broker: rabbitmq, faults: rabbitmqFaults(rabbitmq) },
};

const STORE_FAULTS = Object.entries(storeFaults(postgres)).filter(([name]) => isThorough || SOME.includes(name));

for (let run = 1; run <= RUNS; run++) {
  for (const [name, { kind, faults }] of Object.entries(METHODS)) {
    for (const [fault, how] of [...STORE_FAULTS, ...Object.entries(faults)]) {
      test(`${name}, ${fault} (${run} of ${RUNS})`, (context) => survive(context, kind, how));
    }
  }
}

// Streams alone, which nothing but the node itself may end.
for (const [name, { kind, broker, faults }] of Object.entries(METHODS)) {
  test(`${name}: while the broker is away publishing goes on and streams stay open`, async (context) => {
    const cluster = await clusterFor((hook) => context.after(hook), { ...kind, variables: variablesOf(undefined, PATIENT_MS) });
    const scenario = new Scenario({
      server: cluster, users: 3, clientsPerUser: 3, methods: STREAMS, habits: CALM,
      clientsUrl: cluster.url, publisherUrl: cluster.url, options: { statuses: [] },
    });
    await scenario.open();
    scenario.publisher.start();
    await broker.freeze();
    await scenario.publisher.insist(null);
    broker.thaw();
    const [killed] = Object.values(faults);
    await killed.work({ random: scenario.random.fork(), cluster });
    await scenario.publisher.insist(null);
    await cluster.ready();
    const counts = await scenario.verify(context);
    assert.equal(counts.sessions, counts.clients, 'a stream was opened again');
    await cluster.assertAgreement(scenario);
    await cluster.stop();
  });
}
