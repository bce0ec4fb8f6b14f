import { test } from 'node:test';
import { tryQueue, tryTakenPort } from './lib/run_queue.js';

test('a message of RabbitMQ comes to whom the rules name, and Ctrl-C ends all', () => tryQueue('rabbitmq'));

test('a port that is taken is named', () => tryTakenPort('rabbitmq'));
