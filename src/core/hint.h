/* What a feed carries: that inboxes changed, and mostly also how.
 *
 * Hints of one commit travel together. A batch and its texts are immutable once it is
 * sent, shared by all workers and freed by the last. A hint may be lost, doubled or late; the rule
 * of delivery makes that harmless. */
#ifndef ALLIM_CORE_HINT_H
#define ALLIM_CORE_HINT_H

#include "core/change.h"

#include <stdatomic.h>

struct hint {
	struct slice user; /* empty: everyone, that is, the inbox of broadcasts */
	int64_t seq;	   /* the head after this change */
	struct inbox_counts counts;
	bool counts_are_later; /* than this change: they hold behind a later hint of the batch */
	bool has_change;       /* false: only the head is known; read the rest from the store */
	struct change change;
};

struct hint_batch {
	_Atomic unsigned references;
	struct arena arena; /* holds the hints' texts and the array */
	uint64_t epoch;
	uint64_t canary;      /* not 0: a batch without hints that proves that the feed works */
	int64_t committed_at; /* wall time, for latency metrics */
	size_t bytes;	      /* of the changes' texts */
	size_t count;
	size_t capacity;
	struct hint *hints;
};

/* A request that touches a thousand large rows must not hold them all in memory at once. */
enum { HINT_BATCH_BYTES = 8 << 20 };

/* An empty batch with room for `capacity` hints and one reference, which is the caller's; NULL when
 * memory is short. */
struct hint_batch *hint_batch_create(uint64_t epoch, size_t capacity);

/* Whether changes are still carried; behind HINT_BATCH_BYTES of texts a hint only says that the
 * head rose, and whoever listens to that inbox reads the change from the store. */
static inline bool hint_batch_has_room(const struct hint_batch *batch)
{
	return batch->bytes < HINT_BATCH_BYTES;
}

/* Adds a copy of the hint, its texts included while there is room. Returns 0 or -ENOMEM: a hint
 * that is not added is a lost hint. */
int hint_batch_add(struct hint_batch *batch, const struct hint *hint);

/* One more reference, from any thread. */
struct hint_batch *hint_batch_reference(struct hint_batch *batch);

/* Drops a reference; the last one frees. NULL is allowed. */
void hint_batch_release(struct hint_batch *batch);

#endif
