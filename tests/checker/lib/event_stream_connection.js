// A stream of server-sent events, as Client follows it (see follow() there).
import http from 'node:http';
import { EventStreamReader } from './event_stream.js';

export class EventStreamConnection {
  #request;
  #response;

  constructor({ url, cursor, headers, random, onOpen, onEvent, onRetry, onEnd }) {
    const isHeader = random.chance(0.5);
    const reader = new EventStreamReader({ onEvent, onRetry });
    this.#request = http.get(new URL(`/v1/inbox/stream${isHeader ? '' : `?after=${cursor}`}`, url), {
      agent: false,
      headers: { accept: 'text/event-stream', ...headers, ...(isHeader ? { 'last-event-id': cursor } : {}) },
    });
    this.#request.on('error', () => onEnd());
    this.#request.on('close', () => onEnd());
    this.#request.on('response', (response) => {
      this.#response = response;
      response.on('error', () => onEnd());
      response.on('close', () => onEnd());
      if (response.statusCode !== 200) {
        onEnd(`a stream was answered ${response.statusCode}`);
        return;
      }
      response.on('data', (bytes) => {
        try {
          reader.feed(bytes);
        } catch (error) {
          onEnd(error.message);
        }
      });
      onOpen();
    });
  }

  // Says that it will send no more.
  leave() {
    this.#request.socket?.end();
  }

  destroy() {
    this.#request.destroy();
  }

  pause() {
    this.#response.pause();
  }

  resume() {
    this.#response?.resume();
  }
}
