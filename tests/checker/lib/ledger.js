// The publisher's log, arranged for questions: what may a user be shown, what must be, and as what?
export const EVERYONE = '';

export class Ledger {
  constructor(operations) {
    this.operations = operations;
    this.publishes = new Map();
    this.corrections = new Map(); // by id
    this.withdrawals = new Map();
    this.marks = [];
    for (const operation of operations) this.take(operation);
  }

  take(operation) {
    const listOf = (map) => map.get(operation.id) ?? map.set(operation.id, []).get(operation.id);
    if (operation.op === 'publish') this.publishes.set(operation.mark, operation);
    else if (operation.op === 'correct') listOf(this.corrections).push(operation);
    else if (operation.op === 'withdraw') listOf(this.withdrawals).push(operation);
    else this.marks.push(operation);
  }

  isFor(publish, user) {
    return publish.to === null || publish.to.includes(user);
  }

  // The id that the acknowledgement named; undefined where it named none.
  idFor(publish, user) {
    return publish.ids?.[publish.to === null ? EVERYONE : user];
  }

  // What is wrong with showing this user such a row, as {kind, what}; null where nothing is.
  complaintAbout(user, { id, mark, title }) {
    const publish = this.publishes.get(mark);
    if (!publish) return { kind: 'unexpected', what: 'nobody published it' };
    if (!this.isFor(publish, user)) return { kind: 'foreign', what: `it is for ${publish.to.join(', ')}` };
    if (publish.outcome === 'failed') return { kind: 'unexpected', what: `its publish failed with ${publish.status}` };
    const acknowledged = this.idFor(publish, user);
    if (acknowledged !== undefined && acknowledged !== id) {
      return { kind: 'unexpected', what: `it was acknowledged as ${acknowledged}` };
    }
    if (!this.titlesOf(publish, id).includes(title)) return { kind: 'unexpected', what: `nobody gave it the title "${title}"` };
    return null;
  }

  titlesOf(publish, id) {
    return [publish.title, ...(this.corrections.get(id) ?? []).filter(({ outcome }) => outcome !== 'failed').map(({ title }) => title)];
  }

  // The titles that it may have in the end: of the last acknowledged correction, or of one whose
  // outcome nobody knows.
  lastTitlesOf(publish, id) {
    const corrections = this.corrections.get(id) ?? [];
    const last = corrections.filter(({ outcome }) => outcome === 'acknowledged').at(-1) ?? publish;
    return [last.title, ...corrections.filter(({ outcome }) => outcome === 'unknown').map(({ title }) => title)];
  }

  mayBeWithdrawn(id) {
    return (this.withdrawals.get(id) ?? []).some(({ outcome }) => outcome !== 'failed');
  }

  mustBeWithdrawn(id) {
    return (this.withdrawals.get(id) ?? []).some(({ outcome }) => outcome === 'acknowledged');
  }

  // Publishes that were acknowledged for this user and that nobody took back.
  owedTo(user) {
    return [...this.publishes.values()].filter((publish) => publish.outcome === 'acknowledged'
      && this.isFor(publish, user) && !this.mayBeWithdrawn(this.idFor(publish, user)));
  }
}
