// Nodes on one PostgreSQL, and on one Redis, Kafka or RabbitMQ where their method wants it. To a Scenario it is the server:
// its clients and publishers take any node for each request and stream, and where that one is down, the
// next attempt takes another, as it would behind a balancer that has not noticed yet.
import { randomBytes } from 'node:crypto';
import { haproxyFor } from '../../integration/lib/haproxy.js';
import { eventually } from '../../integration/lib/wait.js';
import { CheckedServer } from './checked_server.js';
import { FaultProxy } from './fault_proxy.js';

export class Cluster {
  // `postgres`, `redis`, `kafka` and `rabbitmq` are servers (tests/integration/lib). `proxied`: a fault proxy stands
  // between each node and each of them but Kafka, whose brokers say themselves where they are, in `postgresProxies`,
  // `redisProxies` and `rabbitmqProxies`. `balanced`: haproxy stands in front.
  // `remote`: {namespace, host}: node 1 lives in that namespace, and the servers are at `host` for it. `workers`: so many
  // processes beside the nodes only publish what queues bring, with `source`, flags that say which.
  constructor({ method, feed, count = 3, postgres, redis, kafka, rabbitmq, proxied = false, balanced = false, seed, remote, workers = 0, source = [], variables = {}, ...options }) {
    Object.assign(this, { method, feed, postgres, redis, kafka, rabbitmq, proxied, balanced, seed, remote, source, logs: '', users: [] });
    this.apiKey = `key-${randomBytes(12).toString('hex')}`;
    this.secret = randomBytes(32).toString('hex');
    this.makeNode = (more) => this.#makeNode(variables, { ...options, ...more });
    this.nodes = Array.from({ length: count }, () => this.makeNode());
    this.workers = Array.from({ length: workers }, () => this.makeNode({ command: 'consume', demo: false }));
    this.postgresProxies = [];
    this.redisProxies = [];
    this.rabbitmqProxies = [];
  }

  #makeNode(variables, options) {
    return new CheckedServer({
      variables: { ALLIM_API_KEY: this.apiKey, ALLIM_JWT_SECRET: this.secret, ALLIM_HTTP_WORKERS: '2', ...variables }, ...options,
    });
  }

  // Either one address, or a choice for each request.
  get url() { return this.haproxy?.url ?? ((random) => random.pick(this.nodes).url); }

  get all() { return [...this.nodes, ...this.workers]; }

  get log() { return this.all.map((node, index) => `== ${node.command} ${index + 1}\n${node.logs}${node.running?.stderr}\n`).join(''); }

  authorization(as) { return this.nodes[0].authorization(as); }

  async start(after) {
    this.database = await this.postgres.createDatabase();
    for (const [index, node] of this.all.entries()) await this.#place(node, index);
    await Promise.all(this.all.map((node) => node.start()));
    if (this.balanced) this.haproxy = await haproxyFor(after, this.nodes);
    return this;
  }

  // One more worker, which runs when this returns.
  async addWorker() {
    const worker = this.makeNode({ command: 'consume', demo: false });
    this.workers.push(worker);
    await this.#place(worker, this.all.length - 1);
    return worker.start();
  }

  async removeWorker(worker) {
    await worker.stop();
    this.workers.splice(this.workers.indexOf(worker), 1);
    this.logs += worker.log;
  }

  // Tells a node where its servers are.
  async #place(node, index) {
    const addressOf = async (server, proxies) => {
      if (this.remote && index === 0) return `${this.remote.host}:${server.port}`;
      if (!this.proxied) return `127.0.0.1:${server.port}`;
      proxies.push(await new FaultProxy({ port: server.port }, { seed: this.seed }).listen());
      return `127.0.0.1:${proxies.at(-1).port}`;
    };
    const store = new URL(this.database);
    node.store = `postgresql://allim@${await addressOf(this.postgres, this.postgresProxies)}${store.pathname}`;
    if (this.remote && index === 0) node.namespace = this.remote.namespace;
    node.args = ['--method', this.method, ...(this.feed ? ['--feed', this.feed] : []), ...(this.workers.includes(node) ? this.source : [])];
    if (this.redis) node.args.push('--redis', `redis://${await addressOf(this.redis, this.redisProxies)}`);
    if (this.kafka) node.args.push('--kafka', this.kafka.brokers);
    if (this.rabbitmq) node.args.push('--rabbitmq', `amqp://${await addressOf(this.rabbitmq, this.rabbitmqProxies)}`);
  }

  // Waits until each node is well again.
  async ready() {
    for (const node of this.all) {
      await eventually(`${node.adminUrl} to be ready`, () => fetch(`${node.adminUrl}/health/ready`).then(({ ok }) => ok, () => false));
    }
  }

  // One figure of /metrics, summed over the nodes.
  async metric(name) {
    const values = await Promise.all(this.nodes.map((node) => node.metric(name)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  // In order. What is not running then has failed. Of its database nothing stays either: PostgreSQL would
  // look at every file of it whenever it starts after a kill.
  async stop() {
    await Promise.all(this.all.map((node) => node.stop()));
    await this.#closeProxies();
    await this.postgres.query(`DROP DATABASE ${new URL(this.database).pathname.slice(1)} WITH (FORCE)`, { inTransaction: false });
  }

  async #closeProxies() {
    for (const proxy of [...this.postgresProxies, ...this.redisProxies, ...this.rabbitmqProxies]) await proxy.close();
  }

  async abandon() {
    for (const user of this.users) await user.abandon();
    await this.#closeProxies();
    for (const { running } of this.all.filter((node) => node.running)) {
      if (running.child.exitCode !== null || running.child.signalCode !== null) continue;
      running.child.kill('SIGKILL');
      await running.ended;
    }
  }

  // That each node comes to say of each user what the scenario's check was told.
  async assertAgreement(scenario) {
    const wanted = JSON.stringify(scenario.histories.server);
    for (const [index, node] of this.nodes.entries()) {
      await eventually(`node ${index + 1} to agree, seed ${scenario.seed}`,
        async () => JSON.stringify(await scenario.inboxesAt(node.url)) === wanted, { within: 5000 });
    }
  }
}

// A cluster for one test; `after` is node:test's.
export async function clusterFor(after, options) {
  const cluster = new Cluster(options);
  after(() => cluster.abandon());
  return cluster.start(after);
}
