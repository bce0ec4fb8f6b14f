/* Compression of messages (permessage-deflate, RFC 7692), without context takeover: each message is
 * compressed by itself, so that one result serves all connections, and none keeps a window. */
#ifndef ALLIM_PROTOCOL_WEBSOCKET_DEFLATE_H
#define ALLIM_PROTOCOL_WEBSOCKET_DEFLATE_H

#include "base/buffer.h"
#include "protocol/http_request.h"

/* What a server answers that takes an offer (7.1). Its window is small enough for clients that ask
 * for less memory, and messages are hardly longer. */
#define WEBSOCKET_DEFLATE_ANSWER                                                       \
	"permessage-deflate; server_no_context_takeover; client_no_context_takeover; " \
	"server_max_window_bits=12"

enum { WEBSOCKET_DEFLATE_BITS = 12 };

/* Whether one of the client's offers can be taken with that answer. */
bool websocket_deflate_is_offered(const struct http_request *request);

/* Both directions' memory, some 300 KB once used; for one thread at a time. */
struct websocket_deflate;

/* Returns NULL when memory is short. */
struct websocket_deflate *websocket_deflate_create(void);

/* NULL is allowed. */
void websocket_deflate_destroy(struct websocket_deflate *codec);

/* Appends the text compressed, up to a byte's end: other blocks may follow (7.2.3.5). A message
 * ends with websocket_deflate_append_stored(). */
void websocket_deflate_append(struct websocket_deflate *codec, struct slice text,
			      struct buffer *out);

/* Appends a text of at most 64 KiB as it is, in a block of its own, and the end of the message
 * (7.2.1). */
void websocket_deflate_append_stored(struct slice text, struct buffer *out);

/* Puts what a message was compressed from into an empty buffer. Returns 0, -EBADMSG where it is
 * malformed, -EMSGSIZE beyond the limit, or -ENOMEM. */
int websocket_inflate(struct websocket_deflate *codec, struct slice message, size_t limit,
		      struct buffer *out);

#endif
