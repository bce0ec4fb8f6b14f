/* The age of the oldest transaction that is still running, without the privilege to look at other
 * sessions: transaction ids are given out in order, so one that is still below a number which was
 * the next one some time ago has been running since before then. One thread. */
#ifndef ALLIM_STORE_POSTGRES_HORIZON_H
#define ALLIM_STORE_POSTGRES_HORIZON_H

#include <stdbool.h>
#include <stdint.h>

enum {
	POSTGRES_HORIZON_SAMPLES = 64,
	POSTGRES_HORIZON_OLD = 5 * 60 * 1000, /* milliseconds */
};

struct postgres_horizon {
	struct {
		int64_t next;		     /* the next transaction id at that time */
		int64_t at;		     /* milliseconds */
	} samples[POSTGRES_HORIZON_SAMPLES]; /* rising; the oldest gap is always kept */
	int count;
	bool is_old;
};

/* Takes the ends of a snapshot: all below `oldest` have ended, all from `next` on have not begun.
 * Returns the age in milliseconds, 0 where nothing is running. */
int64_t postgres_horizon_observe(struct postgres_horizon *horizon, int64_t oldest, int64_t next,
				 int64_t now);

/* Whether that age is worth a warning: once for as long as it stays so. Deliveries do not wait for
 * such a transaction (see allim.tail), but vacuum does: heads are updated with every publish, and
 * their old versions pile up. */
bool postgres_horizon_worsened(struct postgres_horizon *horizon, int64_t age);

#endif
