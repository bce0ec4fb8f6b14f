/* One connection to an inbox, by server-sent events or WebSocket: from connecting to its end,
 * however that comes. */
#ifndef ALLIM_CLI_EVENT_STREAM_H
#define ALLIM_CLI_EVENT_STREAM_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/endpoint.h"
#include "protocol/sse_reader.h"

enum event_stream_outcome {
	EVENT_STREAM_AWAY,    /* not reached, or not by HTTP: try again, ever later */
	EVENT_STREAM_BUSY,    /* the server asks to come later: the same */
	EVENT_STREAM_ENDED,   /* it was open, and ended or was cut: connect again */
	EVENT_STREAM_REFUSED, /* the server will say the same again */
	EVENT_STREAM_FAILED,  /* it is no event stream, or too large, or memory is short */
	EVENT_STREAM_STOPPED, /* by the deadline or by on_message */
};

struct event_stream_request {
	const struct endpoint *endpoint;
	struct slice token;
	bool by_websocket;
	/* A cursor, `start`, or NULL: live. The reader's last id goes before it. */
	const char *after;
	int64_t silence;  /* milliseconds without a byte after which the server is given up */
	int64_t deadline; /* of clock_monotonic(), or INT64_MAX */
};

struct event_stream_handlers {
	void (*on_open)(void *context);
	/* A result other than 0 stops the stream. */
	int (*on_message)(void *context, const struct sse_message *message);
	void *context;
};

/* Connects and reads until the end. The reader carries the last id from one connection to the next;
 * the caller has initialised it, once. Except for EVENT_STREAM_STOPPED and EVENT_STREAM_ENDED there
 * is a sentence; `*ret_retry_after` is in seconds, or 0. */
enum event_stream_outcome event_stream_follow(const struct event_stream_request *request,
					      struct sse_reader *reader,
					      const struct event_stream_handlers *handlers,
					      int64_t *ret_retry_after, struct error *error);

#endif
