/* The opening handshake of WebSocket (RFC 6455, 4), a server's part. */
#ifndef ALLIM_PROTOCOL_WEBSOCKET_HANDSHAKE_H
#define ALLIM_PROTOCOL_WEBSOCKET_HANDSHAKE_H

#include "protocol/http_request.h"

enum {
	WEBSOCKET_KEY_BYTES = 16,
	WEBSOCKET_KEY_TEXT_BYTES = 24 + 1,   /* base64, terminated */
	WEBSOCKET_ACCEPT_TEXT_BYTES = 28 + 1 /* base64 of a SHA-1, terminated */
};

#define WEBSOCKET_VERSION "13"

/* What a client's request can lack. */
enum websocket_refusal {
	WEBSOCKET_REFUSAL_NONE,
	WEBSOCKET_REFUSAL_REQUEST, /* answer 400 */
	WEBSOCKET_REFUSAL_UPGRADE, /* answer 426 with Upgrade: websocket */
	WEBSOCKET_REFUSAL_VERSION  /* answer 426 with Sec-WebSocket-Version: 13 (4.4) */
};

/* Whether the request opens a WebSocket (4.2.1). For a refusal `ret_sentence` gets what to do, in
 * static storage. */
enum websocket_refusal websocket_handshake_check(const struct http_request *request,
						 const char **ret_sentence);

/* Whether the client offers that subprotocol, with just this case: it compares the answer with what
 * it sent. Where it offers any, but not ours, it would take our answer for a failure (4.1). */
bool websocket_handshake_offers(const struct http_request *request, struct slice subprotocol,
				bool *ret_any);

/* The value of Sec-WebSocket-Accept for the text of a key (4.2.2). */
void websocket_handshake_accept(struct slice key,
				char ret_text[static WEBSOCKET_ACCEPT_TEXT_BYTES]);

#endif
