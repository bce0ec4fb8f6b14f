/* Writing an event stream (WHATWG HTML, 9.2.5). */
#ifndef ALLIM_PROTOCOL_SSE_H
#define ALLIM_PROTOCOL_SSE_H

#include "base/buffer.h"

struct sse_event {
	struct slice name; /* empty: no `event:` line, which clients read as "message" */
	struct slice id;   /* empty: no `id:` line */
	struct slice data; /* UTF-8; each of its lines becomes a `data:` line */
};

/* Appends one event with the blank line that ends it. Returns 0, or -EINVAL where name or id has a
 * CR, LF or NUL, or the data a NUL; nothing is appended then. */
int sse_append_event(struct buffer *buffer, const struct sse_event *event);

/* Retry and comment are lines without a blank line behind them. A blank line, even one that ends no
 * event, makes a client take over the id of the stream so far, and a stream that has sent none yet
 * would wipe the id that the client came with (9.2.6, "dispatch the event", step 1). */

/* How long a client waits before it reconnects. */
void sse_append_retry(struct buffer *buffer, int64_t milliseconds);

/* A comment, which clients skip; each line of the text becomes one. An empty text gives ":", a
 * heartbeat. */
void sse_append_comment(struct buffer *buffer, struct slice text);

#endif
