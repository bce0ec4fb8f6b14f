/* Opening many streams of one server, or of several. */
#ifndef ALLIM_BENCH_OPENER_H
#define ALLIM_BENCH_OPENER_H

#include "bench/streams.h"
#include "bench/target.h"

/* Opens streams until there are `count`, and waits until all have their response's head. Returns 0
 * or a negative errno value with a sentence. */
int opener_open(struct bench *bench, const struct target *target, struct streams *streams,
		unsigned count, struct error *error);

/* The same of servers that share their users, in turn: item n is a stream of the server
 * n % `target_count`. */
int opener_spread(struct bench *bench, const struct target *targets, unsigned target_count,
		  struct streams *streams, unsigned count, struct error *error);

#endif
