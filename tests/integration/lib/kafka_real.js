// The real Kafka that ALLIM_TEST_KAFKA names (HOST:PORT), shared by all tests of a run, so that each has
// topics of names of its own. scripts/kafka runs it in the folder ALLIM_TEST_KAFKA_FOLDER.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { run } from './real_server.js';

const script = fileURLToPath(new URL('../../../scripts/kafka', import.meta.url));
const unique = (word) => `${word}-${randomBytes(6).toString('hex')}`;

export class RealKafka {
  constructor() {
    this.brokers = process.env.ALLIM_TEST_KAFKA;
    this.folder = process.env.ALLIM_TEST_KAFKA_FOLDER;
    this.topic = unique('hints'); // which the feed makes
  }

  #tool(name, words, options) {
    return run([script, name, '--bootstrap-server', this.brokers, ...words], options);
  }

  // A topic whose name begins with `word`; its name.
  async create(word, partitions) {
    const topic = unique(word);
    await this.#tool('topics', ['--create', '--topic', topic, '--partitions', String(partitions)]);
    return topic;
  }

  // A message for each line: its key, a tabulator, the message. Returns when Kafka has them.
  send(topic, input) {
    return this.#tool('console-producer', ['--topic', topic, '--property', 'parse.key=true'], { input, maxBuffer: 1 << 26 });
  }

  down() { return run([script, 'down', this.folder]); }

  up() { return run([script, 'up', this.folder]); }
}
