/* How long a notification takes to the stream or the WebSocket of its user at a fixed, moderate
 * rate.
 *
 * allim's clock starts when its client has the acknowledgement of the commit. The bare program
 * commits nothing, so its clock starts with the publish: what receiving a request and sending one
 * frame take on this machine. The times from the publish are noted for all. */
#include "bench/measures.h"
#include "bench/publishing.h"

#include <errno.h>
#include <stdlib.h>

struct side {
	const char *name;
	enum target_kind kind;
	enum stream_wire wire;
};

/* allim goes before the bare program, and leaves the event that this is to send. */
static const struct side sides[] = {
    {"websocket", TARGET_ALLIM, STREAM_WIRE_WEBSOCKET},
    {"allim", TARGET_ALLIM, STREAM_WIRE_SSE},
    {"bare", TARGET_BARE, STREAM_WIRE_SSE},
};

static int measure_side(struct bench *bench, const struct side *side, struct buffer *event,
			unsigned round, struct publishing_figures *figures, struct error *error)
{
	const struct options *options = &bench->options;
	struct publishing_plan plan = {
	    .wire = side->wire,
	    .streams = options->delivery_connections,
	    .population = options->delivery_connections,
	    .publishers = options->publishers,
	    .items = 1,
	    .rate = options->delivery_rate,
	    .seconds = options->delivery_seconds,
	    .is_bare = side->kind == TARGET_BARE,
	    .event = buffer_slice(event),
	};
	struct target target;
	int code =
	    target_start(&target, side->kind, bench, bench->threads, TARGET_NO_HEARTBEAT, error);

	if (code < 0)
		return code;
	code = publishing_run(bench, &target, 1, &plan, figures, error);
	target_stop(&target);
	if (code == 0) {
		publishing_sample(figures, &bench->report, "delivery", side->name, round);
		buffer_clear(event);
		buffer_append(event, buffer_slice(&figures->event));
	}
	buffer_finish(&figures->event);
	return code;
}

int measure_delivery(struct bench *bench, struct error *error)
{
	struct publishing_figures *figures = malloc(sizeof(*figures));
	struct buffer event = BUFFER_EMPTY;
	int code = 0;

	if (figures == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	for (unsigned round = 1; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && code == 0; i++)
			code = measure_side(bench, &sides[i], &event, round, figures, error);
	}
	buffer_finish(&event);
	free(figures);
	return code;
}
