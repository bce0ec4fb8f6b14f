/* How often, and how many at once: limits on whatever has a name, shared by all threads of a node.
 *
 * A table of counters that never grows, whoever comes: a name is hashed, with a secret, to one of
 * many counters. Two names may share a counter and then count together, which errs to the safe side
 * and is rare as long as the names in use are few beside the counters. Any thread; no locks. */
#ifndef ALLIM_CORE_QUOTA_H
#define ALLIM_CORE_QUOTA_H

#include "base/slice.h"

#include <stdatomic.h>

enum { QUOTA_COUNTERS = 1 << 16 };

struct quota {
	unsigned char secret[16];
	_Atomic uint64_t counters[QUOTA_COUNTERS];
};

/* Returns a quota whose counters are 0, or NULL. */
struct quota *quota_create(void);
void quota_destroy(struct quota *quota);

/* Counts one more that is held until quota_release(). Returns the counter, from 0 to QUOTA_COUNTERS
 * - 1, or -EAGAIN, and nothing counted, when `limit` are held already; a limit of 0 is none. */
int quota_hold(struct quota *quota, struct slice name, uint64_t limit);
void quota_release(struct quota *quota, int counter);

/* Counts `amount` in the minute `minute` (of any clock that does not go back). False, and nothing
 * counted, where that would pass `limit`; a limit of 0 is none. One quota serves either holding or
 * spending. */
bool quota_spend(struct quota *quota, struct slice name, uint32_t minute, uint32_t amount,
		 uint64_t limit);

#endif
