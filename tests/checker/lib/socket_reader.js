// A reader of the messages of a WebSocket that forgives nothing, as EventStreamReader does not: an event
// as the stream has it, how long to wait before coming again, a heartbeat, or the answer to a request.
import { parseCursor } from './cursor.js';
import { isEvent } from './event.js';

export class SocketReader {
  // `onEvent({name, data, id})`, `onRetry(milliseconds)`, `onAnswer({id, status, body})`.
  constructor({ onEvent, onRetry, onAnswer }) {
    Object.assign(this, { onEvent, onRetry, onAnswer });
    this.begun = false;
  }

  // Throws where the message should not be.
  take(text) {
    const message = JSON.parse(text);
    const isRetry = message.event === 'retry';
    if (!(this.begun || isRetry) || !this.#take(message, Object.keys(message).join(' '))) {
      throw new Error(`a message that should not be: ${text.slice(0, 300)}`);
    }
    this.begun = true;
  }

  // False where it is none of those.
  #take(message, members) {
    const { event: name, data, cursor: id } = message;
    if (/^id status( retry_after)?( body)?$/.test(members)) {
      this.onAnswer(message);
    } else if (members === 'event data cursor' && isEvent({ name, id })) {
      this.onEvent({ name, data, id });
    } else if (members === 'event data' && name === 'retry' && Number.isInteger(data.milliseconds)) {
      this.onRetry?.(data.milliseconds);
    } else {
      return members === 'event data' && name === 'heartbeat' && parseCursor(data.head) !== null;
    }
    return true;
  }
}
