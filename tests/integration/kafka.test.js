// Two nodes that hear each other by Kafka, while it is well and while it is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaFor } from './lib/kafka.js';
import { postgresFor } from './lib/postgres.js';
import { serverFor } from './lib/server.js';
import { SocketStream } from './lib/web_socket.js';
import { eventually } from './lib/wait.js';

const titlesOf = (stream) => stream.named('notification').map(({ data }) => data.title);

async function metric(node, name) {
  const { body } = await node.call('GET', '/metrics', { admin: true });
  return Number(body.match(new RegExp(`^${name} (\\d+)$`, 'm'))[1]);
}

const isConnected = async (node) => await metric(node, 'allim_feed_connected') === 1;

async function startTwo(context) {
  const hook = (action) => context.after(action);
  const [postgres, kafka] = [await postgresFor(hook), await kafkaFor(hook, { brokers: 2 })];
  const options = { store: await postgres.createDatabase(), args: ['--method', 'kafka', '--kafka', kafka.brokers, '--kafka-topic', kafka.topic] };
  const near = await serverFor(hook, options);
  const secrets = { ALLIM_API_KEY: near.apiKey, ALLIM_JWT_SECRET: near.secret };
  const far = await serverFor(hook, { ...options, variables: secrets });
  const stream = await new SocketStream(far, 'anna').live();
  hook(() => stream.close());
  await eventually('the feed to be connected', async () => await isConnected(near) && await isConnected(far));
  return { kafka, near, far, stream };
}

test('what one node commits the other delivers', async (context) => {
  const { near, far, stream } = await startTwo(context);
  for (let i = 0; i < 20; i += 1) await near.publish('anna', { title: `title ${i}` });
  await near.publish({ everyone: true }, { title: 'to all' });
  await eventually('all to arrive', () => titlesOf(stream).length === 21);
  // Broadcasts go by a partition of their own, and are in no order with the others.
  assert.deepEqual(titlesOf(stream).filter((title) => title !== 'to all'), Array.from({ length: 20 }, (_, i) => `title ${i}`));
  assert.ok(await metric(far, 'allim_feed_received_total') > 0);
  assert.equal(await metric(near, 'allim_feed_failures_total'), 0);
  const ready = await eventually('the canary to come back', async () => {
    const { body } = await near.call('GET', '/health/ready', { admin: true });
    return body.status === 'ready' && body;
  });
  assert.equal(ready.status, 'ready');
});

test('publishing goes on without Kafka, and nothing is lost', async (context) => {
  const { kafka, near, far, stream } = await startTwo(context);
  await kafka.down();
  await eventually('the outage to be noticed', async () => !await isConnected(far));
  await near.publish('anna', { title: 'meanwhile' });
  await eventually('the sweep to bring it', () => titlesOf(stream).includes('meanwhile'));
  await eventually('a reason to be told', () => far.log.includes('Kafka cannot be used'));
  await kafka.up();
  await eventually('the feed to be connected again', async () => await isConnected(near) && await isConnected(far));
  const before = await metric(far, 'allim_feed_received_total');
  await near.publish('anna', { title: 'afterwards' });
  await eventually('it to be heard', async () => titlesOf(stream).includes('afterwards')
    && await metric(far, 'allim_feed_received_total') > before);
  assert.deepEqual(titlesOf(stream), ['meanwhile', 'afterwards']);
});
