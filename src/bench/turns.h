/* allim and the bare program taking turns at holding streams, and allim at holding WebSockets: in
 * every round each side gets a fresh server and fresh streams. */
#ifndef ALLIM_BENCH_TURNS_H
#define ALLIM_BENCH_TURNS_H

#include "bench/streams.h"
#include "bench/target.h"

/* One turn of one side. */
struct turn {
	struct bench *bench;
	const char *measure; /* the name that its samples stand under */
	const char *side;
	unsigned round;
	struct target target;
	struct streams streams; /* none is open yet */
};

struct turns {
	const char *measure;
	unsigned streams;   /* room for so many */
	unsigned heartbeat; /* seconds, or TARGET_NO_HEARTBEAT */
	bool with_websockets;
	/* Opens streams and notes what it sees. Returns 0 or a negative errno value with a
	 * sentence. */
	int (*take)(struct turn *turn, struct error *error);
};

/* Runs all rounds. Returns 0 or what the first failed turn did. */
int turns_take(struct bench *bench, const struct turns *turns, struct error *error);

/* Notes a number of this turn. */
void turn_sample(const struct turn *turn, const char *quantity, double value);

#endif
