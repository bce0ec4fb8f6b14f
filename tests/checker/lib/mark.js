// One mark of a user's: begun, asked for, and written down with what became of it.
const ROUTES = { seen: 'seen', read: 'read', archived: 'archive' };

// `ids` is null where all are meant. `ask(method, path, body)` resolves to the answer, or to null where
// none came; answers with one of the statuses in `unsure` leave it open whether it was done. Returns the entry.
export async function mark(history, { user, state, ids }, ask, unsure) {
  const entry = history.invoke({ op: 'mark', user, state, ids });
  history.conclude(entry, await ask('POST', `/v1/inbox/${ROUTES[state]}`, ids ? { ids } : { all: true }), unsure);
  return entry;
}
