/* What an event stream has beside its events (WHATWG HTML, 9.2.5). The events are a wire's own. */
#ifndef ALLIM_PROTOCOL_SSE_H
#define ALLIM_PROTOCOL_SSE_H

#include "base/buffer.h"

/* Retry and comment are lines without a blank line behind them. A blank line, even one that ends no
 * event, makes a client take over the id of the stream so far, and a stream that has sent none yet
 * would wipe the id that the client came with (9.2.6, "dispatch the event", step 1). */

/* How long a client waits before it reconnects. */
void sse_append_retry(struct buffer *buffer, int64_t milliseconds);

/* A comment, which clients skip; each line of the text becomes one. An empty text gives ":", a
 * heartbeat. */
void sse_append_comment(struct buffer *buffer, struct slice text);

#endif
