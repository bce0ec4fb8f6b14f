/* Publishing to users whose streams are held, by connections that each wait for their answer, and
 * following every notification from its publish over the acknowledgement to its arrival. */
#ifndef ALLIM_BENCH_PUBLISHING_H
#define ALLIM_BENCH_PUBLISHING_H

#include "bench/histogram.h"
#include "bench/publication.h"
#include "bench/requests.h"
#include "bench/streams.h"
#include "bench/target.h"

struct publishing_plan {
	enum stream_wire wire;
	unsigned streams;    /* held by users 1, 2, ... */
	unsigned population; /* users that are published to; `streams` of them listen */
	unsigned publishers; /* connections */
	unsigned items;	     /* notifications in a request */
	unsigned rate;	     /* publishes a second; 0: each connection as fast as it is answered */
	unsigned seconds;
	bool is_bare;	    /* publish as the bare program understands it: ... */
	struct slice event; /* ... this event */
};

/* Durations are nanoseconds. All but the last three are of the measured time alone. */
struct publishing_figures {
	double seconds;
	uint64_t acknowledged; /* notifications */
	int64_t cpu;	       /* of the servers, all together */
	int64_t client_cpu;
	int64_t written;		       /* bytes, by the servers */
	struct histogram publish;	       /* from publish to acknowledgement */
	struct histogram from_publish;	       /* from publish to arrival */
	struct histogram from_acknowledgement; /* to arrival; 0 where that came first */
	uint64_t expected;		       /* notifications to users who listen, ... */
	uint64_t arrived;		       /* ... and how many came */
	struct buffer event; /* the first one that arrived, the caller's to finish */
};

/* Notes the rate, times of delivery, cores, and what is missing. */
void publishing_sample(const struct publishing_figures *figures, struct report *report,
		       const char *measure, const char *side, unsigned round);

/* Opens streams and publishers, of all targets in turn, warms up, measures, and waits for what is
 * still to arrive. Returns 0 or a negative errno value with a sentence; a publish that is refused
 * is a failure. */
int publishing_run(struct bench *bench, const struct target *targets, unsigned target_count,
		   const struct publishing_plan *plan, struct publishing_figures *ret_figures,
		   struct error *error);

#endif
