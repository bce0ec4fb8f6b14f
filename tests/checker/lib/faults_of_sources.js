// What may go wrong between a producer, its broker, the workers that read the queue, the database and the
// nodes that deliver. Each leaves everything mended.
import { signal } from '../../integration/lib/process_tree.js';
import { eventually } from '../../integration/lib/wait.js';
import { STORE_TIMEOUT_MS, disturb, moment } from './survival.js';

// As a supervisor would start it: again, where PostgreSQL is too slow for it.
const comeBack = (node) => eventually('a node to start', () => node.start().then(() => true, (error) => {
  if (!/did not answer in time/.test(error.message)) throw error;
  return false;
}));

// Of whatever the broker is, and however many workers there are.
export const commonFaults = (postgres, { down, up }) => ({
  async 'a worker killed'({ random, cluster }) {
    const worker = random.pick(cluster.workers);
    await worker.kill();
    await moment(random, 0, 500);
    await comeBack(worker);
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
    await comeBack(node);
  },
});

// Where there are several: the others take over what one had, and give it back.
export const sharedFaults = {
  async 'a worker killed that comes back late'({ random, cluster }) {
    const worker = random.pick(cluster.workers);
    await worker.kill();
    await moment(random, 1000, 2000);
    await comeBack(worker);
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
