// A reader of event streams that forgives nothing: what allim writes is a small part of what WHATWG HTML
// (9.2) allows, and anything else is an error here. Each event has a name, one line of JSON and a cursor.
import { isEvent } from './event.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

export class EventStreamReader {
  // `onEvent({name, data, id})` and `onRetry(milliseconds)`. An event whose blank line has not come when
  // the stream ends never was.
  constructor({ onEvent, onRetry }) {
    this.onEvent = onEvent;
    this.onRetry = onRetry;
    this.rest = Buffer.alloc(0);
    this.fields = new Map();
  }

  // Throws at the first byte that should not be there.
  feed(bytes) {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, bytes]) : bytes;
    let start = 0;
    for (let end; (end = this.rest.indexOf(10, start)) >= 0; start = end + 1) {
      this.takeLine(decoder.decode(this.rest.subarray(start, end)));
    }
    this.rest = this.rest.subarray(start);
  }

  takeLine(line) {
    if (line === '') {
      this.dispatch();
    } else if (!line.startsWith(':')) {
      const [, name, value] = /^(event|data|id|retry): ([^\r\0]*)$/.exec(line) ?? [];
      if (name === 'retry' && /^\d+$/.test(value)) {
        this.onRetry?.(Number(value));
        return;
      }
      if (!name || name === 'retry' || this.fields.has(name)) throw new Error(`a line that should not be: ${line.slice(0, 200)}`);
      this.fields.set(name, value);
    }
  }

  dispatch() {
    const { event: name, data, id } = Object.fromEntries(this.fields);
    const count = this.fields.size;
    this.fields.clear();
    if (count !== 3 || !isEvent({ name, id })) {
      throw new Error(`an event that should not be: ${JSON.stringify({ name, data, id }).slice(0, 300)}`);
    }
    this.onEvent({ name, data: JSON.parse(data), id });
  }
}
