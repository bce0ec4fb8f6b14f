// What a client holds: the rows of its user, as a page would show them, built from a list and the changes
// after it. The end of every check compares it with the server's list.
export const STATES = ['seen', 'read', 'archived'];

export const isUnread = (row) => !row.read && !row.archived;

// What is compared of a row. Of its states only whether they were reached: the store keeps one time for
// "all read", so a second "all read" moves the time of rows that were read by the first.
export function summarize(row) {
  return {
    id: row.id,
    mark: row.data?.mark,
    title: row.title,
    everyone: row.everyone,
    seen: Boolean(row.seen_at),
    read: Boolean(row.read_at),
    archived: Boolean(row.archived_at),
  };
}

export class View {
  constructor() {
    this.rows = new Map();
    this.badge = 0;
  }

  replace(notifications, unread) {
    this.rows = new Map(notifications.map((row) => [row.id, { ...summarize(row), seqs: {} }]));
    this.badge = unread;
  }

  // Puts one row in and returns whether the user is shown a notification that was not here. An older
  // change of a row never replaces a newer one of the same stream.
  put(row, stream) {
    const known = this.rows.get(row.id);
    if (known && row.seq <= (known.seqs[stream] ?? -1)) return false;
    if (row.withdrawn_at) {
      this.rows.delete(row.id);
      return false;
    }
    const fresh = { ...summarize(row), seqs: { ...known?.seqs, [stream]: row.seq } };
    // A broadcast as all users hear of it says nothing of what this one did with it.
    for (const state of STATES) if (known && !(`${state}_at` in row)) fresh[state] = known[state];
    this.rows.set(row.id, fresh);
    return !known;
  }

  // A broadcast that came later may have been heard of sooner; "all" does not mean it.
  markAll({ all, everyone_up_to: lastBroadcast }) {
    for (const row of this.rows.values()) if (!row.everyone || row.id <= lastBroadcast) row[all] = true;
  }

  unread() {
    return [...this.rows.values()].filter(isUnread).length;
  }

  summary() {
    return [...this.rows.values()].map(({ seqs, ...row }) => row).sort((a, b) => b.id - a.id);
  }
}
