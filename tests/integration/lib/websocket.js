// The package ws, for programs outside this folder, too: only from here does Node find it.
export { WebSocket, WebSocketServer } from 'ws';
