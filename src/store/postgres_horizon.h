/* The age of the oldest transaction that is still running, without the privilege to look at other
 * sessions: transaction ids are given out in order, so one that is still below a number which was
 * the next one some time ago has been running since before then. One thread. */
#ifndef ALLIM_STORE_POSTGRES_HORIZON_H
#define ALLIM_STORE_POSTGRES_HORIZON_H

#include <stdint.h>

enum { POSTGRES_HORIZON_SAMPLES = 64 };

struct postgres_horizon {
	struct {
		int64_t next;		     /* the next transaction id at that time */
		int64_t at;		     /* milliseconds */
	} samples[POSTGRES_HORIZON_SAMPLES]; /* rising; the oldest gap is always kept */
	int count;
};

/* Takes the ends of a snapshot: all below `oldest` have ended, all from `next` on have not begun.
 * Returns the age in milliseconds, 0 where nothing is running. */
int64_t postgres_horizon_observe(struct postgres_horizon *horizon, int64_t oldest, int64_t next,
				 int64_t now);

#endif
