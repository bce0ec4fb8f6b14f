// The checker: reads what a publisher and the clients wrote down and what the server says in the end, and
// reports what the rule of delivery forbids.
//
//   lost        acknowledged, and not shown; or changed, and still shown as it was
//   doubled     shown, or given a number, twice
//   reordered   shown after what came later
//   unexpected  published by nobody, refused, changed by nobody, reset or refused without cause, miscounted
//   foreign     somebody else's
//
// Acknowledged: shown once to everyone entitled. Unknown: not at all or once. Failed: not at all.
// check() is a pure function of
//   publisher  operations, as Publisher writes them (see history.js for `invoked`, `settled`, `outcome`), or as
//              QueuePublisher does: with a `lane`, and without `ids`
//   clients    {name, user, records, rows, badge}: what each saw, and what it holds in the end
//   server     by user: {rows, unread}, the whole list and the badge in the end
//   options    forgets: where retention may drop old rows, how many of a stream must be left then;
//              statuses: refusals of operations that are part of the test, such as 507 on a full disk;
//              readStatuses: refusals of lists and polls that are
import { checkClient } from './check_client.js';
import { checkEnd } from './check_end.js';
import { Ledger } from './ledger.js';

export const KINDS = ['lost', 'doubled', 'reordered', 'unexpected', 'foreign'];

// Keeps the first complaint about one thing at one client: what follows from it is no second finding.
class Report {
  constructor() {
    this.violations = [];
    this.seen = new Set();
  }

  add(kind, where, about, what) {
    const key = `${where} ${about}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.violations.push({ kind, where, about, what });
  }

  isClean(where) {
    return !this.violations.some((violation) => violation.where === where);
  }
}

// Of two, the second begun after the first was acknowledged, the second has the higher id.
function checkSpans(spans, where, report) {
  let later = null; // the earliest acknowledged of those with higher ids
  for (const span of spans.sort((a, b) => b.id - a.id)) {
    if (later && later.settled < span.invoked) {
      report.add('reordered', where, span.mark, `id ${span.id} was begun after id ${later.id} was acknowledged`);
    }
    if (!later || span.settled < later.settled) later = span;
  }
}

function checkOrder(ledger, report) {
  const ids = new Map();
  const spans = [];
  for (const publish of ledger.publishes.values()) {
    if (publish.outcome !== 'acknowledged') continue;
    for (const id of Object.values(publish.ids)) {
      if (ids.has(id)) report.add('doubled', 'publisher', publish.mark, `its id ${id} is that of ${ids.get(id)}, too`);
      ids.set(id, publish.mark);
      spans.push({ id, ...publish });
    }
  }
  checkSpans(spans, 'publisher', report);
}

// Of what a queue acknowledged nobody was told an id. In each inbox, what came by one lane is in its order; of what is
// there twice (see check_end.js), the older row counts.
function checkLanes(ledger, server, report) {
  for (const [user, { rows }] of Object.entries(server)) {
    const lanes = new Map();
    for (const [mark, id] of new Map(rows.map((row) => [row.mark, row.id]))) {
      const publish = ledger.publishes.get(mark);
      if (publish?.lane === undefined || publish.outcome !== 'acknowledged') continue;
      if (!lanes.has(publish.lane)) lanes.set(publish.lane, []);
      lanes.get(publish.lane).push({ ...publish, id });
    }
    for (const spans of lanes.values()) checkSpans(spans, `inbox of ${user}`, report);
  }
}

function checkRefusals(ledger, statuses, report) {
  ledger.operations.filter(({ outcome, status }) => outcome === 'failed' && !statuses.includes(status))
    .forEach(({ op, mark, user, status }) => (
      report.add('unexpected', 'publisher', `${op} ${mark ?? user}`, `it was refused with ${status}`)));
}

function count(publisher, clients) {
  const publishes = publisher.filter(({ op }) => op === 'publish');
  const outcome = (name) => publishes.filter((publish) => publish.outcome === name).length;
  const records = clients.flatMap((client) => client.records);
  const ofKind = (...kinds) => records.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    publishes: publishes.length,
    acknowledged: outcome('acknowledged'),
    failed: outcome('failed'),
    unknown: outcome('unknown'),
    otherOperations: publisher.length - publishes.length,
    clients: clients.length,
    sessions: ofKind('open'),
    changes: ofKind('change', 'all'),
    shown: records.filter(({ shown }) => shown).length,
    lists: ofKind('list'),
    resets: ofKind('reset'),
  };
}

export function check({ publisher, clients, server, options = {} }) {
  const { forgets = 0, statuses = [503], readStatuses = [] } = options;
  const ledger = new Ledger(publisher);
  const report = new Report();

  checkOrder(ledger, report);
  checkLanes(ledger, server, report);
  checkRefusals(ledger, statuses, report);
  for (const client of clients) checkClient(client, ledger, { forgets, readStatuses }, report);
  checkEnd({ clients, server }, ledger, { forgets }, report);
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, report.violations.filter((one) => one.kind === kind).length]));
  return { violations: report.violations, counts: { ...count(publisher, clients), ...kinds } };
}
