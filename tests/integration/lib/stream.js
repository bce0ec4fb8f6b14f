// Readers of event streams: a bare one that shows everything, comments and ends included, and
// eventsource@3 with a user's token.
import { EventSource } from 'eventsource';
import { createParser } from 'eventsource-parser';
import { eventually } from './wait.js';

// What both readers collect: events as {name, data, id} in the order they came.
export class Collector {
  constructor() {
    this.events = [];
  }

  named(...names) {
    return this.events.filter((event) => names.includes(event.name));
  }

  waitFor(what, find) {
    return eventually(what, find);
  }

  // Waits for the first event that satisfies `test` and returns it.
  wait(what, test) {
    return this.waitFor(what, () => this.events.find(test));
  }

  waitNotification(id) {
    return this.wait(`notification ${id}`, ({ name, data }) => name === 'notification' && data.id === id);
  }

  waitChange(test) {
    return this.wait('a change', ({ name, data }) => name === 'change' && test(data));
  }
}

export class RawStream extends Collector {
  // `query` begins with ?; `headers` replace the token.
  static async open(server, user, { query = '', headers } = {}) {
    const stream = new RawStream();
    stream.answer = await fetch(`${server.url}/v1/inbox/stream${query}`, {
      headers: { accept: 'text/event-stream', ...(headers ?? server.authorization(user)) },
    });
    stream.reader = stream.answer.body.getReader();
    stream.text = '';
    stream.comments = [];
    stream.isOpen = true;
    stream.ended = stream.read().catch(() => {}).then(() => { stream.isOpen = false; });
    return stream;
  }

  async read() {
    const parser = createParser({
      onEvent: ({ event, data, id }) => this.events.push({ name: event, data: JSON.parse(data), id }),
      onRetry: (retry) => { this.retry = retry; },
      onComment: (comment) => this.comments.push(comment),
    });
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) return;
      const text = decoder.decode(value, { stream: true });
      this.text += text;
      parser.feed(text);
    }
  }

  // Waits until it caught up and is live: the server says the count then.
  async live() {
    await this.wait('the first count', ({ name }) => name === 'count');
    return this;
  }

  // By its reader: Node 18 forgets the link from a signal to a long answer when it collects garbage.
  async close() {
    await this.reader.cancel();
    await this.ended;
  }
}

export class ClientStream extends Collector {
  constructor(server, user, query = '') {
    super();
    this.opened = 0;
    this.source = new EventSource(`${server.url}/v1/inbox/stream${query}`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...server.authorization(user) } }),
    });
    this.source.addEventListener('open', () => { this.opened += 1; });
    for (const name of ['notification', 'change', 'count', 'reset']) {
      this.source.addEventListener(name, (event) => {
        this.events.push({ name, data: JSON.parse(event.data), id: event.lastEventId });
      });
    }
  }

  async live() {
    await this.wait('the first count', ({ name }) => name === 'count');
    return this;
  }

  close() {
    this.source.close();
  }
}
