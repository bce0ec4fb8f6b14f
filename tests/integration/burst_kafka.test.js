// A burst of messages into a real Kafka while the database is away; ALLIM_BURST says how many.
import { test } from 'node:test';
import { burst, lines, size } from './lib/burst.js';
import { kafkaFor, realKafka } from './lib/kafka.js';
import { postgresFor } from './lib/postgres.js';

const count = size(20000);
const skip = !realKafka && 'there is no real Kafka: run make test-kafka';

test(`${count} messages in Kafka`, { skip }, async (context) => {
  const hook = (action) => context.after(action);
  const postgres = await postgresFor(hook);
  const kafka = await kafkaFor(hook);
  const topic = await kafka.create('orders', 4);
  await burst(context, {
    postgres,
    count,
    args: ['--method', 'kafka', '--kafka', kafka.brokers, '--kafka-topic', kafka.topic],
    source: ['--sources-kafka-topic', topic, '--sources-kafka-group', topic],
    send: () => kafka.send(topic, [...lines(count, { keys: true })].join('')),
  });
});
