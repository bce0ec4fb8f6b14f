// What may go wrong between a producer, its broker, the workers that read the queue, the database and the
// nodes that deliver. Each leaves everything mended.
import { signal } from '../../integration/lib/process_tree.js';
import { STORE_TIMEOUT_MS, disturb, moment } from './survival.js';

// Of whatever the broker is, and however many workers there are.
export const commonFaults = (postgres, { down, up }) => ({
  async 'a worker killed'({ random, cluster }) {
    const worker = random.pick(cluster.workers);
    await worker.kill();
    await moment(random, 0, 500);
    await worker.start();
  },

  async 'the producer killed'({ producer }) {
    await producer.kill();
  },

  async 'the broker killed'({ random, broker }) {
    await down(broker);
    await moment(random, 0, 1000);
    await up(broker);
  },

  async 'the broker frozen'({ random, broker }) {
    await broker.freeze();
    await moment(random, 500, 2000);
    broker.thaw();
  },

  async 'PostgreSQL killed'({ random }) {
    await postgres.kill();
    await moment(random, 0, 1000);
    await postgres.start();
  },

  async 'PostgreSQL frozen'({ random }) {
    await postgres.freeze();
    await moment(random, STORE_TIMEOUT_MS, 2 * STORE_TIMEOUT_MS);
    postgres.thaw();
  },

  async 'PostgreSQL restarted'() {
    await postgres.restart();
  },

  async 'connections to PostgreSQL slow, frozen, reset and half closed'({ random, cluster }) {
    await disturb(random, cluster.postgresProxies);
  },

  async 'a node killed'({ random, cluster }) {
    const node = random.pick(cluster.nodes);
    await node.kill();
    await moment(random, 0, 500);
    await node.start();
  },
});

// Where there are several: the others take over what one had, and give it back.
export const sharedFaults = {
  async 'a worker killed that comes back late'({ random, cluster }) {
    const worker = random.pick(cluster.workers);
    await worker.kill();
    await moment(random, 1000, 2000);
    await worker.start();
  },

  // It may have messages in hand that are another one's when it goes on.
  async 'a worker frozen'({ random, cluster }) {
    const { pid } = random.pick(cluster.workers);
    signal(pid, 'SIGSTOP');
    await moment(random, 1000, 3000);
    signal(pid, 'SIGCONT');
  },

  async 'a third worker joins and leaves'({ random, cluster }) {
    const worker = await cluster.addWorker();
    await moment(random, 2000, 4000);
    await cluster.removeWorker(worker);
  },
};

// For longer than a group waits for its members.
export const slowFaults = {
  async 'a worker frozen until it is given up'({ random, cluster }) {
    const { pid } = random.pick(cluster.workers);
    signal(pid, 'SIGSTOP');
    await moment(random, 11000, 14000);
    signal(pid, 'SIGCONT');
  },
};
