// A burst of messages into RabbitMQ while the database is away; ALLIM_BURST says how many.
import { test } from 'node:test';
import { run } from './lib/real_server.js';
import { burst, lines, size } from './lib/burst.js';
import { postgresFor } from './lib/postgres.js';
import { rabbitmqFor } from './lib/rabbitmq.js';

const count = size(20000);

test(`${count} messages in RabbitMQ`, async (context) => {
  const hook = (action) => context.after(action);
  const postgres = await postgresFor(hook);
  const rabbitmq = await rabbitmqFor(hook);
  await burst(context, {
    postgres,
    count,
    args: ['--method', 'rabbitmq', '--rabbitmq', rabbitmq.url],
    source: ['--sources-rabbitmq-queue', 'orders'],
    send: () => run(['amqp-publish', `--url=${rabbitmq.url}`, '--routing-key=orders', '--persistent', '--line-buffered'],
      { input: [...lines(count)].join('') }),
  });
});
