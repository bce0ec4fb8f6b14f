// What may go wrong between nodes and the servers that they share. Each fault lets something go wrong, and leaves
// everything mended. What is no `isOutage` of the store must refuse no list and no poll; and under what is
// `strict`, publishing never fails either. With `proxied`, a fault proxy stands before each server.
import { signal } from '../../integration/lib/process_tree.js';
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
