/* Events of one stream, counted. What a browser does with an event stream is protocol/sse_reader.h;
 * this is the least that tells a notification from a heartbeat. */
#ifndef ALLIM_BENCH_EVENT_READER_H
#define ALLIM_BENCH_EVENT_READER_H

#include "base/slice.h"

struct event_reader {
	char *rest; /* of an event that came in parts; NULL nearly always */
	uint32_t rest_length;
	bool head_is_done;
};

enum event_kind { EVENT_HEARTBEAT, EVENT_NOTIFICATION, EVENT_OTHER };

/* `event` is the whole block with the blank line that ends it, or the line of a comment or of
 * retry; valid until it returns. */
typedef void event_function(void *context, enum event_kind kind, struct slice event);

void event_reader_finish(struct event_reader *reader);

/* Reads on, first the response's head, then events. Returns 0, -ENOMEM, -EMSGSIZE for an event
 * beyond all reason, or -EBADMSG where the response is not a 200. */
int event_reader_feed(struct event_reader *reader, struct slice bytes, event_function *on_event,
		      void *context);

/* The number that publication_set() put into the title, or -1. */
int64_t event_number(struct slice event);

#endif
