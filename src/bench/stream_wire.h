/* What a stream speaks: how the client asks a server for it, and how it tells events apart. */
#ifndef ALLIM_BENCH_STREAM_WIRE_H
#define ALLIM_BENCH_STREAM_WIRE_H

#include "base/slice.h"

enum stream_wire { STREAM_WIRE_SSE, STREAM_WIRE_WEBSOCKET, STREAM_WIRES };

enum event_kind { EVENT_HEARTBEAT, EVENT_NOTIFICATION, EVENT_OTHER };

/* Constant, for any thread. */
struct stream_wire_ops {
	const char *path;    /* of allim */
	const char *accept;  /* what the request says that it takes */
	const char *headers; /* that the request has besides, each with its CRLF */
	struct slice good;   /* how the head of a response begins that is none of a refusal */
	/* The length of what can be told of next, an event with all that frames it, or 0 where more
	 * must come first. */
	size_t (*take)(struct slice bytes, enum event_kind *ret_kind);
};

extern const struct stream_wire_ops sse_stream_wire_ops;
extern const struct stream_wire_ops websocket_stream_wire_ops;

const struct stream_wire_ops *stream_wire_ops(enum stream_wire wire);

#endif
