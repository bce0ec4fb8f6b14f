// What one client saw, from its first record to its last.
import { parseCursor } from './cursor.js';

class Walk {
  constructor(client, ledger, { forgets, readStatuses }, report) {
    Object.assign(this, { client, ledger, forgets, readStatuses });
    this.add = (kind, about, what) => report.add(kind, client.name, about, what);
    this.last = { own: 0, broadcast: 0 };
    this.seen = new Set(); // stream and seq of each change
    this.ids = new Map(); // by mark
    this.generation = 0;
    this.batch = null;
    this.isBogus = false;
  }

  // The number that a change must be above. Rows of one answer rise among themselves, its marks too.
  floorFor({ batch, kind, stream }) {
    if (batch === undefined) return this.last[stream];
    if (this.batch?.number !== batch) this.batch = { number: batch, start: { ...this.last }, reached: {} };
    return this.batch.reached[`${kind} ${stream}`] ?? this.batch.start[stream];
  }

  takeNumber(record, about) {
    const { stream, seq, batch, kind } = record;
    if (stream === null) return; // of a poll's answer, where both streams are possible
    const name = `${stream} ${seq}`;
    const floor = this.floorFor(record);
    if (this.seen.has(name)) this.add('doubled', about, `its ${stream} seq ${seq} came before`);
    else if (seq <= floor) this.add('reordered', about, `its ${stream} seq ${seq} came after ${floor}`);
    this.seen.add(name);
    if (batch !== undefined) this.batch.reached[`${kind} ${stream}`] = Math.max(seq, floor);
    this.last[stream] = Math.max(seq, this.last[stream]);
  }

  takeGeneration({ generation }, about) {
    if (generation < this.generation) this.add('unexpected', about, `it came by generation ${generation} after ${this.generation}`);
    this.generation = Math.max(generation, this.generation);
  }

  takeRow(row) {
    const complaint = this.ledger.complaintAbout(this.client.user, row);
    const id = this.ids.get(row.mark);
    if (complaint) {
      this.add(complaint.kind, `row ${row.id}`, complaint.what);
    } else if (id !== undefined && id !== row.id) {
      this.add('doubled', `row ${row.id}`, `${row.mark} came before as row ${id}`);
    } else {
      this.ids.set(row.mark, row.id);
    }
    return !complaint;
  }
}

// One function for each kind of record.
const takers = {
  list(walk, { cursor, rows }) {
    const { own, broadcast } = parseCursor(cursor);
    walk.last = { own, broadcast };
    walk.seen.clear();
    rows.forEach(([id, mark, title], index) => {
      if (index > 0 && id >= rows[index - 1][0]) walk.add('reordered', `row ${id}`, 'a list has the newest first');
      walk.takeRow({ id, mark, title });
    });
  },

  open(walk, record) {
    walk.takeGeneration(record, `generation ${record.generation}`);
    walk.isBogus = record.isBogus;
  },

  change(walk, record) {
    const about = `row ${record.id}`;
    if (!walk.takeRow(record)) return;
    walk.takeGeneration(record, about);
    walk.takeNumber(record, about);
    if (record.withdrawn && !walk.ledger.mayBeWithdrawn(record.id)) walk.add('unexpected', about, 'nobody withdrew it');
  },

  all(walk, record) {
    const about = `all ${record.state} at ${record.seq}`;
    walk.takeGeneration(record, about);
    walk.takeNumber(record, about);
    if (!walk.ledger.marks.some(({ user, state, ids }) => user === walk.client.user && state === record.state && !ids)) {
      walk.add('unexpected', about, 'the user did not mark all');
    }
  },

  // Told where the streams are: numbers that later changes took over are passed here.
  at(walk, record) {
    const cursor = parseCursor(record.cursor);
    for (const stream of ['own', 'broadcast']) {
      if (cursor[stream] < walk.last[stream]) {
        walk.add('reordered', `cursor ${record.cursor}`, `the ${stream} seq was ${walk.last[stream]} before`);
      }
      walk.last[stream] = Math.max(cursor[stream], walk.last[stream]);
    }
  },

  // Only who hands in a cursor that nobody gave, or was away longer than retention keeps, has to begin anew.
  reset(walk, { reason }) {
    const isForgotten = walk.forgets && ['forgotten', 'polled'].includes(reason);
    if (!walk.isBogus && !isForgotten) walk.add('unexpected', 'reset', `the cursor was good, and the reason given was "${reason}"`);
  },

  malformed(walk, { what }) {
    walk.add('unexpected', 'malformed', what);
  },

  refused(walk, { status, path }) {
    if (!walk.readStatuses.includes(status)) walk.add('unexpected', `GET ${path}`, `it was refused with ${status}`);
  },
};

export function checkClient(client, ledger, options, report) {
  const walk = new Walk(client, ledger, options, report);
  for (const record of client.records) takers[record.kind](walk, record);
}
