/* The database's clock, as a session can tell it: by it a write says until when it may be
 * committed, so that what a node has given up, and somebody has perhaps repeated elsewhere, does
 * not happen later, when the network delivers it at last. `now` is clock_monotonic_fine(); all
 * times are microseconds. One thread. */
#ifndef ALLIM_STORE_POSTGRES_CLOCK_H
#define ALLIM_STORE_POSTGRES_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct postgres_clock {
	int64_t ahead;	 /* of the monotonic one, at least */
	int64_t read_at; /* 0: not yet */
};

/* Whether it has to be read again before it is used: clocks drift apart, and may be set. */
bool postgres_clock_is_stale(const struct postgres_clock *clock, int64_t now);

/* Takes what it showed (since 1970), when that has come. The way here took time, so it is rather
 * ahead by more than by less. */
void postgres_clock_take(struct postgres_clock *clock, int64_t reading, int64_t now);

/* What it will show so much later, or a little less. */
int64_t postgres_clock_after(const struct postgres_clock *clock, int64_t now, int64_t duration);

#endif
