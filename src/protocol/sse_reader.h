/* Reading an event stream exactly as a browser does (WHATWG HTML, 9.2.6), however it is cut. */
#ifndef ALLIM_PROTOCOL_SSE_READER_H
#define ALLIM_PROTOCOL_SSE_READER_H

#include "base/buffer.h"

struct sse_message {
	struct slice type; /* "message" where the stream did not say */
	struct slice data; /* as sent: bytes that are no UTF-8 are left as they are */
	struct slice last_id;
};

struct sse_reader {
	size_t limit;
	struct buffer line; /* what has come of a line that is not complete */
	struct buffer type;
	struct buffer data;
	struct buffer id;      /* as the stream says so far */
	struct buffer last_id; /* as of the last blank line: what a reconnect sends */
	int64_t retry;	       /* milliseconds, or -1: the stream did not say */
	unsigned bom_bytes;    /* how much of a byte order mark has come; 3 and more: decided */
	bool after_cr;
	bool failed;
};

/* `limit` bounds the bytes of one line and of one event. */
void sse_reader_init(struct sse_reader *reader, size_t limit);

/* Frees its buffers; the structure stays the caller's. */
void sse_reader_finish(struct sse_reader *reader);

/* For a new connection: forgets the unfinished event, keeps `last_id` and `retry`. The id of the
 * new stream is empty until it says one, and its first blank line makes that the last. */
void sse_reader_reconnect(struct sse_reader *reader);

/* Reads on, and calls `on_message` for each event, whose texts live until it returns.
 * Returns 0, -EMSGSIZE where the limit is exceeded, -ENOMEM, or the first result of `on_message`
 * that is not 0; after one of these the reader only takes a reconnect. */
int sse_reader_feed(struct sse_reader *reader, struct slice input,
		    int (*on_message)(void *context, const struct sse_message *message),
		    void *context);

/* What to send as Last-Event-ID; empty: no header. Valid until the next call. */
struct slice sse_reader_last_id(const struct sse_reader *reader);

#endif
