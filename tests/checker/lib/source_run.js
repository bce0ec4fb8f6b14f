// A queue from end to end: a producer, its broker, workers that read the queue, PostgreSQL, and nodes that
// deliver to clients, with the checker at both ends.
import assert from 'node:assert/strict';
import { Producer } from '../../integration/lib/producer.js';
import { eventually, sleep } from '../../integration/lib/wait.js';
import { clusterFor } from './cluster.js';
import { kafkaFaults, rabbitmqFaults } from './faults_of_servers.js';
import { QueuePublisher } from './queue_publisher.js';
import { chooseSeed } from './random.js';
import { Scenario } from './scenario.js';
import { variablesOf } from './survival.js';

const METHODS = { sse: 1, websocket: 1 };
const PARTITIONS = 4;
const SETTLING_MS = 2000; // a quorum queue that is killed sooner may lose its only leader for good

let queues = 0;

const pick = (faults, ...names) => Object.fromEntries(names.map((name) => [name, faults[name].work]));

// What each kind of broker wants, given a server of it: how its queue is made, who fills it, who reads it, and what
// `mishaps` it has of its own. The mock cluster takes a message again that it has, as Kafka would not: what its
// producer waited for longer than `repeatsAfter` milliseconds may be there twice.
export const SOURCES = {
  kafka: (kafka) => ({
    method: 'kafka',
    broker: kafka,
    down: () => kafka.down(),
    up: () => kafka.up(),
    prepare: (queue) => kafka.tell(`create ${queue} ${PARTITIONS}`),
    producer: (queue) => new Producer('kafka_producer', kafka.brokers, queue),
    repeatsAfter: 50, // see kafka_producer.c
    flags: (queue) => ['--sources-kafka-topic', queue, '--sources-kafka-group', queue],
    mishaps: (queue) => pick(kafkaFaults(kafka, queue),
      'partitions of Kafka move, and lose their leaders', 'Kafka refuses what is produced and fetched'),
  }),
  rabbitmq: (rabbitmq) => ({
    method: 'rabbitmq',
    broker: rabbitmq,
    down: () => rabbitmq.kill(),
    up: () => rabbitmq.start(),
    prepare: () => {},
    producer: (queue) => new Producer('rabbitmq_producer', String(rabbitmq.port), queue),
    repeatsAfter: Infinity,
    flags: (queue) => ['--sources-rabbitmq-queue', queue],
    mishaps: () => pick(rabbitmqFaults(rabbitmq),
      'RabbitMQ short of memory', 'connections to RabbitMQ slow, frozen, reset and half closed'),
  }),
};

export class SourceRun {
  // `source` is one of the above. `publisher` and further options are those of a Scenario; `cluster` are some of a Cluster.
  constructor({ postgres, source, workers = 1, seed = chooseSeed(), publisher = {}, cluster = {}, ...options }) {
    Object.assign(this, { postgres, source, workers, seed, publisher, cluster, options });
  }

  get broker() { return this.source.broker; }

  async start(after) {
    queues += 1;
    const queue = `orders-${queues}`;
    await this.source.prepare(queue);
    this.mishaps = this.source.mishaps(queue);
    this.producer = this.source.producer(queue).start();
    after(() => this.producer.close());
    const { method, broker } = this.source;
    this.cluster = await clusterFor(after, {
      method, postgres: this.postgres, [method]: broker, count: 2, workers: this.workers, source: this.source.flags(queue),
      proxied: true, seed: this.seed, variables: variablesOf(), ...this.cluster,
    });
    this.scenario = new Scenario({
      server: this.cluster, seed: this.seed, methods: METHODS, clientsPerUser: 3, clientsUrl: this.cluster.url,
      makePublisher: (chosen) => new QueuePublisher({ producer: this.producer, ...chosen }), publisher: this.publisher,
      options: { statuses: [503], readStatuses: [503] }, ...this.options,
    });
    this.random = this.scenario.random.fork();
    await this.scenario.open();
    await sleep(SETTLING_MS);
    return this;
  }

  // Waits until the queue brings each user something that is sent now.
  async flows() {
    const { publisher, clients, users } = this.scenario;
    await Promise.all(users.map(async (user) => {
      const { mark } = await publisher.publish(this.random, user, [user], { insists: true });
      await eventually(`${mark} to come through the queue, seed ${this.seed}`, () => clients.some((client) => client.user === user && client.has(mark)));
    }));
  }

  // Each message that is no JSON and that the broker has became one dead letter, and no other did.
  async assertBuried() {
    const { junk } = this.scenario.publisher;
    const read = async () => (await this.postgres.query("SELECT convert_from(body, 'UTF8') FROM allim.dead_letter ORDER BY id", { url: this.cluster.database }))
      .split('\n').filter(Boolean);
    await eventually('dead letters', async () => {
      const letters = new Set(await read());
      return junk.every(({ body, outcome }) => outcome === 'unknown' || letters.has(body));
    });
    const letters = await read();
    const once = new Set(junk.filter(({ took }) => !(took >= this.source.repeatsAfter)).map(({ body }) => body));
    assert.deepEqual(letters.filter((body, index) => once.has(body) && letters.indexOf(body) !== index), [], 'buried twice');
    assert.deepEqual(letters.filter((body) => !junk.some((one) => one.body === body)), [], 'buried without cause');
    return letters.length;
  }

  async verify(context) {
    const counts = await this.scenario.verify(context);
    const letters = await this.assertBuried();
    await this.cluster.assertAgreement(this.scenario);
    context.diagnostic(`${letters} dead letters; the producer was started ${this.producer.starts} times; ${await this.#told()}`);
    return counts;
  }

  // What the workers say that they did.
  async #told() {
    const sum = async (name) => (await Promise.all(this.cluster.workers.map((worker) => worker.metric(`allim_source_${name}_total`))))
      .reduce((total, value) => total + value, 0);
    return `since the last start of each worker ${await sum('received')} received, ${await sum('repeated')} repeated, ${await sum('retries')} retries`;
  }

  async stop() {
    await this.producer.close();
    await this.cluster.stop();
  }
}
