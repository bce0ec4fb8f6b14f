/* The messages of a WebSocket (docs/websocket.md) as the events of a stream: what the node sends
 * over both is the same, and so the rest of a command need not know which it is. */
#ifndef ALLIM_CLI_EVENT_SOCKET_H
#define ALLIM_CLI_EVENT_SOCKET_H

#include "protocol/http_client_response.h"
#include "protocol/sse_reader.h"
#include "protocol/websocket_handshake.h"
#include "protocol/websocket_reader.h"

#define EVENT_SOCKET_SUBPROTOCOL "allim.v1" /* is asked for, and no extension */

struct event_socket {
	char key[WEBSOCKET_KEY_TEXT_BYTES];
	struct websocket_reader frames;
	struct sse_reader *events;
	struct buffer answers; /* what is to be sent: the caller sends and clears it */
};

/* Makes a new key. The reader of events stays the caller's; it has the limit of a message, too. */
void event_socket_init(struct event_socket *socket, struct sse_reader *events);

void event_socket_finish(struct event_socket *socket);

/* Whether an answer of 101 opens the WebSocket that was asked for (RFC 6455, 4.1). */
bool event_socket_is_accepted(const struct event_socket *socket,
			      const struct http_client_response *response);

/* Reads frames; the bytes are changed. Returns 0, -ECONNRESET where the server has closed, -EPROTO
 * where it breaks the protocol, or what sse_reader_feed() returns. There may be answers to send
 * whatever it is. */
int event_socket_feed(struct event_socket *socket, char *bytes, size_t length,
		      int (*on_message)(void *context, const struct sse_message *message),
		      void *context);

/* The client goes: puts a close frame behind the answers. */
void event_socket_leave(struct event_socket *socket);

#endif
