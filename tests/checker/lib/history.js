// What publisher and clients write down. `at` numbers all observations of a run in the order they were
// made, so that "acknowledged before the other was begun" is a comparison of numbers.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class History {
  constructor() {
    this.now = 0;
    this.publisher = [];
    this.clients = [];
  }

  tick() {
    this.now += 1;
    return this.now;
  }

  // Begins an operation of the publisher's or of a user's. Its outcome stays 'unknown' until somebody
  // knows better.
  invoke(operation) {
    const entry = { ...operation, invoked: this.tick(), settled: null, outcome: 'unknown' };
    this.publisher.push(entry);
    return entry;
  }

  settle(entry, outcome, more = {}) {
    Object.assign(entry, more, { settled: this.tick(), outcome });
  }

  // What an answer says of the outcome. None, or one of the statuses that are `unsure`, says nothing.
  conclude(entry, answer, unsure = [], more = {}) {
    if (!answer || unsure.includes(answer.status)) return;
    const isDone = answer.status >= 200 && answer.status < 300;
    this.settle(entry, isDone ? 'acknowledged' : 'failed', isDone ? more : { status: answer.status });
  }

  addClient(name, user) {
    const client = { name, user, records: [], rows: [], badge: null };
    this.clients.push(client);
    return client;
  }
}

// Writes everything that a failed check looked at, one observation a line, and returns the folder.
export function saveHistories(histories, report, logs = {}) {
  const parent = process.env.ALLIM_HISTORIES ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'allim-histories-'));
  const write = (name, items) => writeFileSync(join(folder, name), items.map((item) => `${JSON.stringify(item)}\n`).join(''));

  write('publisher.jsonl', histories.publisher);
  for (const { name, records, ...rest } of histories.clients) {
    write(`client-${name}.jsonl`, [...records, { kind: 'end', ...rest }]);
  }
  write('server.jsonl', Object.entries(histories.server).map(([user, state]) => ({ user, ...state })));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report, null, 1));
  for (const [name, text] of Object.entries(logs)) writeFileSync(join(folder, name), text);
  return folder;
}
