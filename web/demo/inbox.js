// One inbox as a client must keep it: the client's part of the rule of delivery (docs/api.md, "What a client
// must do", steps 3 to 6). The list is loaded first, with its cursor; what a stream or polls bring behind that
// cursor is put in as it comes; and a page of older rows does not undo what came while it was under way.
//
// It knows neither page nor network, so tests drive it in any order (tests/integration/demo_inbox.test.js),
// and it can be taken into another page as it is.

const STATE_TIMES = ['seen_at', 'read_at', 'archived_at'];
const MARK_TIMES = { seen: 'seen_at', read: 'read_at', archived: 'archived_at' };
const FILTERS = { inbox: (row) => !row.archived_at, unread: isUnread, archived: (row) => Boolean(row.archived_at) };

export function isUnread(row) {
  return !row.read_at && !row.archived_at;
}

export class Inbox {
  // Rows, count and cursor of a list are one snapshot.
  constructor(list = { notifications: [], unread: 0, cursor: null }) {
    this.rows = new Map();
    this.unread = list.unread;
    this.cursor = list.cursor;
    this.journals = new Set(); // one for each page under way: what changed since it was asked for
    for (const row of list.notifications) this.put(row);
  }

  // Puts a row where its id is. A broadcast heard live is the same for all users and has no states: those
  // that are here stay. `null` is no absence: what a page brought too early is corrected by it.
  put(row) {
    if (row.withdrawn_at) {
      this.rows.delete(row.id);
      return;
    }
    const known = this.rows.get(row.id);
    const merged = { ...row };
    for (const time of STATE_TIMES) {
      if (!(time in row)) merged[time] = known?.[time] ?? null;
    }
    this.rows.set(row.id, merged);
  }

  // "Mark all" is one change for all rows that are here; broadcasts may overtake it, so it says which it means.
  markAll({ all, at, everyone_up_to: lastBroadcast }) {
    const time = MARK_TIMES[all];
    for (const row of this.rows.values()) {
      if (!row[time] && !(row.everyone && row.id > lastBroadcast)) row[time] = at;
    }
  }

  // Takes a row or a mark as it comes, without comparing it with what is here.
  change(change) {
    for (const journal of this.journals) journal.push(change);
    this.redo(change);
  }

  redo(change) {
    if (change.all) this.markAll(change);
    else this.put(change);
  }

  // Takes a page of older rows. What changes while `load` is under way may be newer than the page, so it is
  // done once more on top of it. A page that is newer than the stream heals: the stream brings all that
  // is behind its own cursor.
  async addPage(load) {
    const journal = [];
    this.journals.add(journal);
    try {
      const page = await load();
      for (const row of page.notifications) this.put(row);
      for (const change of journal) this.redo(change);
      return page;
    } finally {
      this.journals.delete(journal);
    }
  }

  // Takes an event of the stream. Returns the notifications that were not here before.
  applyEvent(name, data, cursor) {
    const isNotification = name === 'notification';
    const arrivals = isNotification && !this.rows.has(data.id) ? [data] : [];
    if (isNotification || name === 'change') this.change(data);
    if (isNotification && isUnread(data)) this.unread += 1;
    this.unread = data.unread ?? this.unread;
    this.cursor = cursor || this.cursor;
    return arrivals;
  }

  // Takes a poll's answer, and returns the same.
  applyPoll(answer) {
    const arrivals = answer.notifications
      .filter((row) => !this.rows.has(row.id) && isUnread(row) && !row.withdrawn_at);
    for (const change of [...answer.marked, ...answer.notifications]) this.change(change);
    this.unread = answer.unread;
    this.cursor = answer.cursor;
    return arrivals;
  }

  // Newest first. Rows below `oldest` belong to pages of this view that are not loaded yet.
  list(filter, oldest) {
    return [...this.rows.values()]
      .filter((row) => row.id >= oldest && FILTERS[filter](row))
      .sort((a, b) => b.id - a.id);
  }
}
