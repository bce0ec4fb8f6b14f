// A Kafka of the test's own: librdkafka's mock cluster, by the program tests/lib/kafka_mock.c, whose head
// says what it can be told; or the real one that the environment names.
import assert from 'node:assert/strict';
import { builtProgram } from './process.js';
import { RealKafka } from './kafka_real.js';
import { RealServer } from './real_server.js';
import { eventually } from './wait.js';

export const realKafka = process.env.ALLIM_TEST_KAFKA;

export class Kafka extends RealServer {
  constructor({ brokers = 1 } = {}) {
    super();
    this.count = brokers;
    this.input = 'pipe';
    this.told = 0;
    this.topic = 'allim-hints';
  }

  // For the setting kafka.brokers.
  get brokers() { return this.log.match(/^brokers (\S+)$/m)?.[1]; }

  start() { return this.launch([builtProgram('tests/lib/kafka_mock'), String(this.count)]); }

  isReady() { return this.brokers !== undefined; }

  // Gives an order and waits until it is done.
  async tell(order) {
    this.told += 1;
    this.child.stdin.write(`${order}\n`);
    await eventually(`Kafka to ${order}`, () => this.log.match(/^(ok|error .*)$/gm)?.length >= this.told, { every: 5 });
    assert.equal(this.log.match(/^(ok|error .*)$/gm).at(-1), 'ok', order);
  }

  // All brokers, or one.
  down(broker = -1) { return this.tell(`down ${broker}`); }

  up(broker = -1) { return this.tell(`up ${broker}`); }
}

// A cluster with the feed's `topic`; `after` is node:test's.
export async function kafkaFor(after, options) {
  if (realKafka) return new RealKafka();
  const server = new Kafka(options);
  after(() => server.dispose());
  await server.start();
  await server.tell(`create ${server.topic} 4`);
  return server;
}
