// A client treats cursors as opaque. The checker may not: it wants to know which of the two streams, the
// user's own and the broadcasts, an event moved.
const FORM = /^([0-9a-f]{16})\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

export function parseCursor(text) {
  const parts = FORM.exec(text ?? '');
  return parts ? { epoch: parts[1], own: Number(parts[2]), broadcast: Number(parts[3]) } : null;
}

// Which stream a change came in, by what its cursor moved. `before` may be null: then only what the
// row says can tell.
export function streamOfEvent(before, cursor, row) {
  const moved = ['own', 'broadcast'].filter((stream) => before && before[stream] !== cursor[stream]);
  if (moved.length === 1) return moved[0];
  if (!row.everyone) return 'own';
  return row.seq === cursor.broadcast ? 'broadcast' : 'own';
}

// The same for a row of a poll's answer, which covers what is after one cursor and up to another. Null
// where both streams are possible, undefined where neither is.
export function streamOfPolled(after, cursor, row) {
  const possible = ['own', 'broadcast'].filter((stream) => row.seq > after[stream] && row.seq <= cursor[stream]
    && (stream === 'own' || row.everyone));
  return possible.length === 2 ? null : possible[0];
}
