// Keeps one inbox up to date, by one of three means at a time: the stream (server-sent events, or a WebSocket
// where the node's method says so), polls instead of it (where it failed too often), or polls at the hint of
// another tab (tabs.js). All three go on from the same cursor, so
// a change from one to another neither loses nor repeats anything (docs/api.md, "What a client must do",
// steps 7 and 8).
//
// A stream that the server refuses for now is answered 200 and ends at once, so being open proves nothing.
// Errors are counted, and only an event resets the count.

import { SocketSource } from './socket_source.js';

const EVENTS = ['notification', 'change', 'count', 'reset'];
const STREAM_ERRORS_BEFORE_POLLING = 3;
const POLL_WAIT_SECONDS = 25;
// Milliseconds; later() takes up to a quarter off, so that pages which lost the same server come back apart.
export const RETRY_MS = 1000;
const SHORT_POLL_MS = 5000;
const FOLLOW_MS = 30000;
const STREAM_AGAIN_MS = 60000;

// `handlers`: onEvent(name, data, cursor), onPoll(answer), onReset() when the list must be loaded again,
// onState(name), cursor() to go on from, leads() whether the stream is this tab's to hold, and
// request(method, path).
export class Connection {
  constructor(handlers) {
    this.handlers = handlers;
    this.isOpen = false;
    this.source = null;
    this.timer = null;
    this.generation = 0;
    this.errors = 0;
    this.isHinted = false;
    this.mayWait = true;
    this.streamAgainAt = 0;
    this.wire = 'sse';
  }

  open() {
    this.isOpen = true;
    if (this.handlers.leads()) this.stream();
    else this.poll();
  }

  close() {
    this.isOpen = false;
    this.stop();
  }

  // Ends whatever is under way, so that two answers never mix.
  stop() {
    this.generation += 1;
    clearTimeout(this.timer);
    this.timer = null;
    this.source?.close();
    this.source = null;
  }

  later(delay, action) {
    this.stop();
    this.timer = setTimeout(action, delay * (0.75 + Math.random() / 4));
  }

  // Something came, says another tab; or this page changed something. A stream hears of it by itself.
  hint() {
    if (!this.isOpen || this.source) return;
    if (this.timer) this.poll();
    else this.isHinted = true;
  }

  stream() {
    this.stop();
    if (this.errors) this.handlers.onState('reconnecting');
    const source = this.newSource(this.handlers.cursor());
    this.source = source;
    source.onerror = () => this.onStreamError(source);
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.errors = 0;
        this.handlers.onState('connected');
        this.handlers.onEvent(name, JSON.parse(event.data), event.lastEventId);
        if (name === 'reset') this.handlers.onReset();
      });
    }
  }

  newSource(cursor) {
    return this.wire === 'websocket' ? new SocketSource('/v1/inbox/socket', cursor)
      : new EventSource(`/v1/inbox/stream?after=${encodeURIComponent(cursor)}`);
  }

  // A source comes back by itself, unless it was answered with an error: then a poll finds out why.
  onStreamError(source) {
    if (source !== this.source) return;
    this.errors += 1;
    this.handlers.onState('reconnecting');
    if (this.hasFallenBack()) {
      this.mayWait = true;
      this.streamAgainAt = Date.now() + STREAM_AGAIN_MS;
      this.poll();
    } else if (source.readyState === EventSource.CLOSED) {
      this.later(RETRY_MS * this.errors, () => this.poll());
    }
  }

  hasFallenBack() {
    return this.errors >= STREAM_ERRORS_BEFORE_POLLING;
  }

  async poll() {
    this.stop();
    this.isHinted = false;
    const { generation } = this;
    const isLong = this.handlers.leads() && this.hasFallenBack() && this.mayWait;
    const query = `after=${encodeURIComponent(this.handlers.cursor())}&wait=${isLong ? POLL_WAIT_SECONDS : 0}`;
    try {
      const answer = await this.handlers.request('GET', `/v1/inbox?${query}`);
      if (generation === this.generation) this.onAnswer(answer, isLong);
    } catch (error) {
      if (generation === this.generation) this.onPollError(error, isLong);
    }
  }

  onAnswer(answer, isLong) {
    const leads = this.handlers.leads();
    if (answer.reset) {
      this.handlers.onReset();
      return;
    }
    this.handlers.onPoll(answer);
    if (leads && Date.now() >= this.streamAgainAt) {
      this.errors = Math.min(this.errors, STREAM_ERRORS_BEFORE_POLLING - 1);
    }
    if (leads && !this.hasFallenBack()) {
      this.stream();
      return;
    }
    this.handlers.onState(leads ? 'polling' : 'shared');
    if (answer.more || this.isHinted) this.poll();
    else if (isLong) this.later(RETRY_MS, () => this.poll());
    else this.later(leads ? SHORT_POLL_MS : FOLLOW_MS, () => this.poll());
  }

  // A poll that waits counts as a connection of the user: where those are used up (429), short ones are left.
  onPollError(error, isLong) {
    if (error.status && isLong) {
      this.mayWait = false;
      this.poll();
      return;
    }
    this.handlers.onState(error.status ? 'reconnecting' : 'offline');
    this.streamAgainAt = 0;
    this.later(SHORT_POLL_MS, () => this.poll());
  }
}
