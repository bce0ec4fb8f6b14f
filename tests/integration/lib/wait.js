// Waiting for something to become true. The limit is there to end a broken run, not to measure:
// sanitized servers on busy machines are slow.
export const PATIENCE_MS = 60000;

export const sleep = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

// Calls `probe` until it returns something true, and returns that.
export async function eventually(what, probe, { every = 50, within = PATIENCE_MS } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain for ${what}`);
    await sleep(every);
  }
}
