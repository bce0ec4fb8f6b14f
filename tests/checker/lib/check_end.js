// The end: the server's list against what was acknowledged, and each client's rows against that list.
import { STATES, isUnread } from './view.js';

const COMPARED = ['title', 'everyone', ...STATES];

// Retention drops what changed longest ago, tombstones included, but never so much that hardly any is left.
function isForgotten(forgets, rows, everyone) {
  return forgets > 0 && rows.filter((row) => row.everyone === everyone).length >= forgets;
}

function checkServerRow(user, row, ledger, ids, add) {
  const about = `row ${row.id}`;
  const complaint = ledger.complaintAbout(user, row);
  if (complaint) {
    add(complaint.kind, about, complaint.what);
    return;
  }
  const publish = ledger.publishes.get(row.mark);
  if (ids.has(row.mark)) add('doubled', about, `${row.mark} is row ${ids.get(row.mark)}, too`);
  ids.set(row.mark, row.id);
  if (ledger.mustBeWithdrawn(row.id)) add('lost', about, 'its withdrawal was acknowledged, and it is still there');
  if (!ledger.lastTitlesOf(publish, row.id).includes(row.title)) add('lost', about, `its title is "${row.title}" again`);
}

// Marks that were acknowledged are there: on the rows named, or on all that were acknowledged before. What a queue
// acknowledged may have become a row later.
function checkMarks(user, rows, ledger, add) {
  const mine = ledger.marks.filter((mark) => mark.user === user && mark.outcome !== 'failed');
  for (const row of rows) {
    const publish = ledger.publishes.get(row.mark);
    const isBefore = (mark) => publish?.lane === undefined && (publish?.settled ?? Infinity) < mark.invoked;
    for (const state of STATES) {
      const possible = mine.filter((mark) => mark.state === state && (!mark.ids || mark.ids.includes(row.id)));
      const certain = possible.some((mark) => mark.outcome === 'acknowledged' && (mark.ids || isBefore(mark)));
      if (certain && !row[state]) add('lost', `row ${row.id}`, `it was marked as ${state}, and is not any more`);
      if (row[state] && possible.length === 0) add('unexpected', `row ${row.id}`, `nobody marked it as ${state}`);
    }
  }
}

// The items of one request are published together or not at all.
function checkWholeness(user, marks, ledger, add) {
  const requests = new Map();
  for (const publish of ledger.publishes.values()) {
    if (publish.outcome !== 'unknown' || !ledger.isFor(publish, user)) continue;
    const parts = requests.get(publish.request) ?? requests.set(publish.request, []).get(publish.request);
    parts.push(publish);
  }
  for (const parts of requests.values()) {
    const there = parts.filter(({ mark }) => marks.has(mark));
    if (there.length > 0 && there.length < parts.length) {
      add('lost', `request ${parts[0].request}`, `of ${parts.length} items of one request ${there.length} are there`);
    }
  }
}

function checkServer(user, { rows, unread, count = unread }, ledger, { forgets }, add) {
  const ids = new Map();
  for (const row of rows) checkServerRow(user, row, ledger, ids, add);
  for (const publish of ledger.owedTo(user)) {
    if (!ids.has(publish.mark) && !isForgotten(forgets, rows, publish.to === null)) {
      add('lost', `publish ${publish.mark}`, 'it was acknowledged, and the inbox does not have it');
    }
  }
  checkMarks(user, rows, ledger, add);
  if (!forgets) checkWholeness(user, ids, ledger, add);
  const recount = rows.filter(isUnread).length;
  // A node goes on counting broadcasts that retention took away, until it asks for all of them again.
  if (!forgets && unread !== recount) add('unexpected', 'unread', `the badge says ${unread}, and ${recount} rows are unread`);
  if (!forgets && count !== unread) add('unexpected', 'count', `it says ${count}, and the list ${unread}`);
}

function compareRows(own, row, add) {
  for (const member of COMPARED) {
    if (own[member] === row[member]) continue;
    add('lost', `row ${row.id}`, `its ${member} is ${JSON.stringify(own[member])} here and ${JSON.stringify(row[member])} at the server`);
    return;
  }
}

function checkView(client, { rows, unread }, ledger, { forgets }, report) {
  const add = (kind, about, what) => report.add(kind, client.name, about, what);
  const held = new Map(client.rows.map((row) => [row.id, row]));
  for (const row of rows) {
    const own = held.get(row.id);
    held.delete(row.id);
    if (own) compareRows(own, row, add);
    else add('lost', `row ${row.id}`, 'the server has it, and the client does not');
  }
  for (const row of held.values()) {
    const complaint = ledger.complaintAbout(client.user, row);
    if (complaint) add(complaint.kind, `row ${row.id}`, complaint.what);
    else if (ledger.mayBeWithdrawn(row.id)) add('lost', `row ${row.id}`, 'its withdrawal did not arrive');
    else if (!isForgotten(forgets, rows, row.everyone)) add('lost', `row ${row.id}`, 'the client has it, and the server does not any more');
  }
  for (const publish of ledger.owedTo(client.user)) {
    if (!forgets && !client.rows.some(({ mark }) => mark === publish.mark)) {
      add('lost', `row ${ledger.idFor(publish, client.user) ?? publish.mark}`, `${publish.mark} was acknowledged and not shown`);
    }
  }
  // Nobody is told that retention took unread ones away.
  if (!forgets && report.isClean(client.name) && client.badge !== unread) {
    add('unexpected', 'badge', `it says ${client.badge}, and the server ${unread}`);
  }
}

export function checkEnd({ clients, server }, ledger, options, report) {
  for (const [user, state] of Object.entries(server)) {
    checkServer(user, state, ledger, options, (kind, about, what) => report.add(kind, `inbox of ${user}`, about, what));
  }
  for (const client of clients) checkView(client, server[client.user], ledger, options, report);
}
