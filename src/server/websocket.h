/* A WebSocket: a stream whose client can also ask. Requests are those of HTTP, in messages:
 *
 *	{"id": 7, "method": "POST", "path": "/v1/inbox/read", "body": {"ids": [12]}}
 *	{"id": 7, "status": 200, "body": {...}}
 *
 * Each is an exchange (exchange.h) as over HTTP, several of them at a time, and its answer has its
 * id. A WebSocket that is in the middle of nothing is larger than a stream by one pointer.
 *
 * All runs on the connection's worker. A WebSocket that is closed meanwhile stays until the end of
 * the turn (connection.h), and with it what is under way. */
#ifndef ALLIM_SERVER_WEBSOCKET_H
#define ALLIM_SERVER_WEBSOCKET_H

#include "protocol/websocket_reader.h"
#include "server/stream_internal.h"

struct exchange;

#define WEBSOCKET_SUBPROTOCOL "allim.v1"

/* What is under way. */
struct websocket_talk {
	struct websocket_reader reader;
	struct list exchanges; /* that are not answered yet */
	unsigned exchange_count;
	unsigned deferred_count; /* those of them that wait for room */
	int64_t deadline;	 /* for what has come in part, in monotonic milliseconds; or 0 */
	bool paused;		 /* enough is under way: the client waits in its own socket */
	bool draining;		 /* ends once all is answered */
	bool taking;		 /* inside take_bytes() */
	struct buffer following; /* what had been read by then */
	struct buffer answers;	 /* that were there at once, to be sent together */
};

struct websocket {
	struct stream stream;	     /* first: the connection's holder is both */
	struct websocket_talk *talk; /* NULL: nothing is under way */
};

/* With or without compression, as the request offers and the settings allow. */
const struct stream_kind *websocket_choose_kind(const struct exchange *exchange);

/* The exchange is over: frees it, and goes on with what waited for its place. */
void websocket_forget(struct exchange *exchange);

/* Ends a WebSocket for which memory was short. */
void websocket_close_for_memory(struct websocket *websocket);

/* Sends a close frame, and ends the WebSocket. */
void websocket_close_with(struct websocket *websocket, unsigned code, struct slice reason);

/* Takes a whole message, text or bytes, as it was before it was compressed; it stays the caller's.
 * Answers at once or later. websocket_request.c. */
void websocket_receive(struct websocket *websocket, enum websocket_opcode opcode,
		       struct slice payload);

/* Begins a deferred exchange; likewise. */
void websocket_request_again(struct exchange *exchange);

#endif
