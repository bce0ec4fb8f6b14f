// What may go wrong between nodes and the servers that they share. Each fault lets something go wrong, and leaves
// everything mended. What is no `isOutage` of the store must refuse no list and no poll; and under what is
// `strict`, publishing never fails either. With `proxied`, a fault proxy stands before each server.
import { signal } from '../../integration/lib/process_tree.js';
import { eventually } from '../../integration/lib/wait.js';
import { STORE_TIMEOUT_MS, disturb, moment } from './survival.js';

// Of nodes, and of the PostgreSQL that they have their store in.
export const storeFaults = (postgres) => ({
  nothing: { strict: true, work: ({ random }) => moment(random, 2000, 2500) },

  'PostgreSQL killed': {
    isOutage: true,
    async work({ random }) {
      for (let round = 0; round < 2; round++) {
        await moment(random);
        await postgres.kill();
        await moment(random, 0, 1000);
        await postgres.start();
      }
    },
  },

  'PostgreSQL frozen': {
    isOutage: true,
    async work({ random }) {
      await moment(random);
      await postgres.freeze();
      await moment(random, STORE_TIMEOUT_MS, 3 * STORE_TIMEOUT_MS);
      postgres.thaw();
    },
  },

  'two nodes killed in turn': {
    async work({ random, cluster }) {
      for (const node of random.pickSome(cluster.nodes, 2)) {
        await moment(random);
        await node.kill();
        await moment(random);
        await node.start();
      }
    },
  },

  // In the middle of a transaction, perhaps, whose locks the others wait for.
  'a node frozen': {
    isOutage: true,
    async work({ random, cluster }) {
      await moment(random);
      const { pid } = random.pick(cluster.nodes);
      signal(pid, 'SIGSTOP');
      await moment(random, 1000, 3000);
      signal(pid, 'SIGCONT');
    },
  },

  'connections to PostgreSQL slow, frozen, reset and half closed': {
    isOutage: true,
    proxied: true,
    work: ({ random, cluster }) => disturb(random, cluster.postgresProxies),
  },
});

export const redisFaults = (redis) => ({
  'Redis killed': {
    strict: true,
    async work({ random }) {
      for (let round = 0; round < 2; round++) {
        await moment(random);
        await redis.kill();
        await moment(random, 0, 1000);
        await redis.start();
      }
    },
  },

  'Redis frozen': {
    strict: true,
    async work({ random }) {
      await moment(random);
      await redis.freeze();
      await moment(random, 1000, 3000);
      redis.thaw();
    },
  },

  'Redis cuts off who subscribes, who publishes, and whose messages are long': {
    strict: true,
    async work({ random }) {
      for (const type of random.pickSome(['pubsub', 'normal', 'pubsub'], 3)) {
        await moment(random);
        await redis.command('CLIENT', 'KILL', 'TYPE', type);
      }
      await moment(random);
      await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1kb 1kb 1');
      await moment(random, 500, 1000);
      await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60');
      await redis.command('FLUSHALL');
    },
  },

  'connections to Redis slow, frozen, reset and half closed': {
    strict: true,
    proxied: true,
    work: ({ random, cluster }) => disturb(random, cluster.redisProxies),
  },
});

const PARTITIONS = [0, 1, 2, 3]; // of each topic
const [PRODUCE, FETCH] = [0, 1];
const CONNECTION_ENDS = -195;
const NOT_LEADER = 6;
const REQUEST_TIMED_OUT = 7;
const NOT_ENOUGH_REPLICAS = 19;

// Of the mock cluster's brokers, and of one topic. It forgets its messages when it is killed, so they are down instead.
export const kafkaFaults = (kafka, topic = 'allim-hints') => ({
  'Kafka down': {
    strict: true,
    async work({ random }) {
      for (const broker of [-1, ...random.pickSome([1, 2, 3], 2)]) {
        await moment(random);
        await kafka.down(broker);
        await moment(random, 0, 1000);
        await kafka.up(broker);
      }
    },
  },

  'Kafka frozen': {
    strict: true,
    async work({ random }) {
      await moment(random);
      await kafka.freeze();
      await moment(random, 1000, 3000);
      kafka.thaw();
    },
  },

  'partitions of Kafka move, and lose their leaders': {
    strict: true,
    async work({ random }) {
      for (let round = 0; round < 4; round++) {
        await moment(random, 100, 400);
        await moveAll(kafka, topic, random, () => random.between(1, 3));
        await moment(random, 100, 400);
        await moveAll(kafka, topic, random, () => random.pick([-1, -1, 1, 2, 3]));
      }
      for (const partition of PARTITIONS) await kafka.tell(`leader ${topic} ${partition} ${random.between(1, 3)}`);
    },
  },

  'Kafka refuses what is produced and fetched': {
    strict: true,
    async work({ random }) {
      const errors = [NOT_LEADER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS, CONNECTION_ENDS];
      for (let round = 0; round < 8; round++) {
        await moment(random, 50, 300);
        await kafka.tell(`error ${random.pick([PRODUCE, FETCH])} ${random.pick(errors)} ${random.between(1, 8)}`);
      }
      await moment(random);
      for (const key of [PRODUCE, FETCH]) await kafka.tell(`clear ${key}`);
    },
  },
});

async function moveAll(kafka, topic, random, chooseBroker) {
  for (const partition of random.pickSome(PARTITIONS, random.between(1, PARTITIONS.length))) {
    await kafka.tell(`leader ${topic} ${partition} ${chooseBroker()}`);
  }
}

const ALARM_SET = 'memory resource limit alarm set';
const ALARM_CLEARED = 'memory resource limit alarm cleared';

export const rabbitmqFaults = (rabbitmq) => ({
  'RabbitMQ killed': {
    strict: true,
    async work({ random }) {
      await moment(random);
      await rabbitmq.kill();
      await moment(random, 0, 1000);
      await rabbitmq.start();
    },
  },

  'RabbitMQ frozen': {
    strict: true,
    async work({ random }) {
      await moment(random);
      await rabbitmq.freeze();
      await moment(random, 1000, 3000);
      rabbitmq.thaw();
    },
  },

  // It takes nothing from who publishes then, until it has memory again.
  'RabbitMQ short of memory': {
    strict: true,
    async work({ random }) {
      await moment(random);
      await rabbitmq.control('set_vm_memory_high_watermark', '0.000001');
      await eventually('the alarm', () => rabbitmq.log.lastIndexOf(ALARM_SET) > rabbitmq.log.lastIndexOf(ALARM_CLEARED));
      await moment(random, 1000, 3000);
      await rabbitmq.control('set_vm_memory_high_watermark', '0.4');
    },
  },

  'connections to RabbitMQ slow, frozen, reset and half closed': {
    strict: true,
    proxied: true,
    work: ({ random, cluster }) => disturb(random, cluster.rabbitmqProxies),
  },
});
