// A WebSocket with the face of an EventSource, as far as connection.js looks at it: events by name with their
// cursors, an error whenever the connection is lost, and coming back by itself from the last cursor
// (docs/websocket.md). One that could not be opened at all is closed for good, as an EventSource is.

export class SocketSource extends EventTarget {
  constructor(path, cursor) {
    super();
    this.path = path;
    this.cursor = cursor;
    this.retryMs = 1000;
    this.timer = null;
    this.onerror = null;
    this.open();
  }

  open() {
    const url = new URL(`${this.path}?after=${encodeURIComponent(this.cursor)}`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.readyState = EventSource.CONNECTING;
    this.socket = new WebSocket(url, 'allim.v1');
    this.socket.onopen = () => { this.readyState = EventSource.OPEN; };
    this.socket.onmessage = ({ data }) => this.onMessage(JSON.parse(data));
    this.socket.onclose = () => this.onClose();
  }

  close() {
    this.readyState = EventSource.CLOSED;
    clearTimeout(this.timer);
    this.socket.close();
  }

  onMessage({ event, data, cursor }) {
    if (this.readyState === EventSource.CLOSED) return;
    if (event === 'retry') this.retryMs = data.milliseconds;
    if (!cursor) return;
    this.cursor = cursor;
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data), lastEventId: cursor }));
    this.socket.send(JSON.stringify({ ack: cursor }));
  }

  onClose() {
    if (this.readyState === EventSource.CLOSED) return;
    if (this.readyState === EventSource.OPEN) {
      this.readyState = EventSource.CONNECTING;
      this.timer = setTimeout(() => this.open(), this.retryMs);
    } else {
      this.readyState = EventSource.CLOSED;
    }
    this.onerror?.();
  }
}
