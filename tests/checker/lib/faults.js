// What a broken server might do to the changes of one connection. Each is made anew for a run, and leaves
// the last words of a run (type "end") alone, so that the clients know when everything has come.
const VICTIM = 4; // which notification of a connection it happens to

// Calls `harm` with the place of the n-th notification among the items.
function harmOne(harm) {
  return (items, connection) => {
    for (let index = 0; index < items.length; index++) {
      const { row, isNew } = items[index];
      if (!isNew || row.type !== 'load') continue;
      connection.count = (connection.count ?? 0) + 1;
      if (connection.count === VICTIM) return harm(items, index, connection);
    }
    return items;
  };
}

function swap() {
  const isOwn = ({ row, isNew }) => isNew && row.type === 'load' && !row.everyone;
  return (items, connection) => {
    if (connection.isSwapped) return items;
    if (connection.isPoll) {
      const index = items.findIndex((item, place) => isOwn(item) && items[place + 1] && isOwn(items[place + 1]));
      if (index < 0) return items;
      connection.isSwapped = true;
      return [...items.slice(0, index), items[index + 1], items[index], ...items.slice(index + 2)];
    }
    if (!isOwn(items[0])) return items;
    if (!connection.held) {
      [connection.held] = items;
      return [];
    }
    connection.isSwapped = true;
    return [items[0], connection.held];
  };
}

// Somebody else's latest notification comes along.
function leak() {
  const latest = new Map();
  const harm = harmOne((items, index, connection) => {
    const [user] = [...latest.keys()].filter((name) => name !== connection.user);
    if (user) return [...items, latest.get(user)];
    connection.count -= 1;
    return items;
  });
  return (items, connection) => {
    const result = harm(items, connection);
    for (const item of items) if (!item.row.everyone && !connection.isPoll) latest.set(connection.user, item);
    return result;
  };
}

// Follows the highest id instead of the seq: what happens to an older row is never heard of.
function skipById() {
  return (items, connection) => items.filter(({ row }) => {
    const isNewer = row.id > (connection.highest ?? 0);
    if (isNewer) connection.highest = row.id;
    return isNewer;
  });
}

// Answers with a row that nobody published.
const invent = (items, index) => [...items.slice(0, index + 1), (() => {
  const row = { ...items[index].row, id: items[index].row.id + 1000000, data: { mark: 'nobody' } };
  return { row, isNew: true, text: items[index].write?.(row) };
})(), ...items.slice(index + 1)];

// Says that it marked, and does not.
const forgetMarks = ({ method, path }) => (method === 'POST' && path.startsWith('/v1/inbox/') ? [{ status: 200 }] : null);

// Refuses for now, which a server may, and says so once more, which it may not.
const answerTwice = () => [{ status: 503 }, { status: 503 }];

export const faults = {
  none: () => ({ change: (items) => items }),
  drop: () => ({ change: harmOne((items, index) => items.filter((_, place) => place !== index)) }),
  double: () => ({ change: harmOne((items, index) => [...items.slice(0, index + 1), ...items.slice(index)]) }),
  swap: () => ({ change: swap() }),
  leak: () => ({ change: leak() }),
  skipById: () => ({ change: skipById() }),
  invent: () => ({ change: harmOne(invent) }),
  forgetMarks: () => ({ answer: forgetMarks }),
  answerTwice: () => ({ answer: answerTwice }),
};
