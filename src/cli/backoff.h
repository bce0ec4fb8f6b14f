/* How long to wait before the next attempt to connect. */
#ifndef ALLIM_CLI_BACKOFF_H
#define ALLIM_CLI_BACKOFF_H

#include "base/random.h"

enum {
	BACKOFF_DEFAULT = 1000, /* where the server did not say; all are milliseconds */
	BACKOFF_SHORTEST = 100,
	BACKOFF_LONGEST = 60 * 1000,
	BACKOFF_LONGEST_TOLD = 5 * 60 * 1000,
};

struct backoff {
	struct random random;
	unsigned attempts; /* in a row that failed */
};

void backoff_init(struct backoff *backoff, uint64_t seed);

/* A connection was made: the next failure is the first again. */
void backoff_reset(struct backoff *backoff);

/* The wait after a failed attempt. `told` is what the server's last retry: said, or negative. It is
 * the least; it doubles with each failure up to BACKOFF_LONGEST, and is up to twice as long at
 * random, so that clients who lost a server together do not come back together. */
int64_t backoff_next(struct backoff *backoff, int64_t told);

/* The wait after a stream that ended by itself: as told, and up to a quarter more. */
int64_t backoff_ended(struct backoff *backoff, int64_t told);

#endif
