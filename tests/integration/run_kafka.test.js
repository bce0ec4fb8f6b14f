import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, tryQueue } from './lib/run_queue.js';

const fetched = spawnSync(join(root, 'scripts/kafka'), ['fetch'], { encoding: 'utf8' });
const skip = fetched.status !== 0 && fetched.stderr.trim();

test('a message of Kafka comes to whom the rules name, and Ctrl-C ends all', { skip }, () => tryQueue('kafka'));
