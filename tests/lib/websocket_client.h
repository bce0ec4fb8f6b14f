/* A WebSocket client for tests, over a connection of client.h: blocking, and as bare. What it reads
 * of frames must be whole messages, as this server sends them. */
#ifndef ALLIM_TESTS_WEBSOCKET_CLIENT_H
#define ALLIM_TESTS_WEBSOCKET_CLIENT_H

#include "lib/client.h"

enum { WEBSOCKET_CLIENT_CLOSED = 0x100 }; /* in the place of an opcode: the connection ended */

/* Opens a socket for this user on an open connection; `query` begins with '?' or is empty. Fails
 * the test where the server refuses. */
void websocket_client_begin(struct client *client, const char *as, const char *query);

/* Sends an opening request with these headers, each with its CRLF. Returns the status. */
int websocket_client_handshake(struct client *client, const char *path, const char *headers);

/* A masked frame. */
void websocket_client_send(struct client *client, unsigned opcode, struct slice payload);
void websocket_client_ask(struct client *client, const char *message);

/* The next frame; its opcode, or WEBSOCKET_CLIENT_CLOSED. `body` of the client gets the payload, of
 * a close frame with its code in front. */
unsigned websocket_client_receive(struct client *client);

/* The next text as JSON, to be dropped by the caller. Fails the test where there is none. */
json_t *websocket_client_json(struct client *client);

/* The same, but those with an `event` of that name, or an answer (NULL), are awaited. */
json_t *websocket_client_wait_for(struct client *client, const char *event);

/* Waits for the close frame. Returns its code, or 0 where the connection ended without one. The
 * body has the reason. */
unsigned websocket_client_wait_for_close(struct client *client);

#endif
