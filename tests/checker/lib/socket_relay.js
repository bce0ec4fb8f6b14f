// The man in the middle (proxy.js) between the two ends of a WebSocket.
import { WebSocket, WebSocketServer } from '../../integration/lib/websocket.js';

const acceptor = new WebSocketServer({ noServer: true });

function itemOf(text) {
  const message = JSON.parse(text);
  const write = (row) => JSON.stringify({ ...message, data: row });
  return { row: message.data?.id ? message.data : null, isNew: message.event === 'notification', text, write };
}

// Passes messages on, but for what `fault` does to the changes and to the answers (see Proxy).
function relay(near, far, { fault, connection }) {
  far.on('message', (bytes) => {
    const item = itemOf(bytes.toString());
    const items = item.row && fault.change ? fault.change([item], connection) : [item];
    for (const { text } of items) near.send(text);
  });
  near.on('message', (bytes) => {
    const { id, ...question } = JSON.parse(bytes.toString());
    const answers = question.path && fault.answer?.(question);
    if (answers) for (const answer of answers) near.send(JSON.stringify({ id, ...answer }));
    else far.send(bytes.toString());
  });
  near.on('close', () => far.terminate());
  far.on('close', () => near.terminate());
  for (const end of [near, far]) end.on('error', () => {});
}

export function relaySocket({ request, socket, head, target, ...rest }) {
  const { authorization, 'sec-websocket-protocol': subprotocol } = request.headers;
  const far = new WebSocket(new URL(request.url, target.replace(/^http/, 'ws')), subprotocol, { headers: { authorization } });
  const refuse = () => socket.destroy();
  socket.on('error', () => {});
  far.once('error', refuse);
  // What the server says at once must not come before somebody listens.
  far.once('upgrade', () => acceptor.handleUpgrade(request, socket, head, (near) => relay(near, far, rest)));
}
