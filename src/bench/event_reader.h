/* Events of one stream, told one by one as they come, whatever it speaks. */
#ifndef ALLIM_BENCH_EVENT_READER_H
#define ALLIM_BENCH_EVENT_READER_H

#include "bench/stream_wire.h"

/* To begin with, all but `wire` is 0. */
struct event_reader {
	char *rest; /* of an event that came in parts; NULL nearly always */
	uint32_t rest_length;
	bool head_is_done;
	enum stream_wire wire;
};

/* `event` is all of it: the block with the blank line that ends it, the line of a comment or of
 * retry, or the frame. It is valid until it returns. */
typedef void event_function(void *context, enum event_kind kind, struct slice event);

/* Frees what is kept; the structure stays the caller's. */
void event_reader_finish(struct event_reader *reader);

/* Reads on, first the response's head, then events. Returns 0, -ENOMEM, -EMSGSIZE for an event
 * beyond all reason, or -EBADMSG where the response is a refusal. */
int event_reader_feed(struct event_reader *reader, struct slice bytes, event_function *on_event,
		      void *context);

/* The number that publication_set() put into the title, or -1. */
int64_t event_number(struct slice event);

#endif
