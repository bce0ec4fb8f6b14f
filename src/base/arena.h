/* Memory that is given back all at once.
 *
 * What belongs to one request, or to one answer of the store, comes from one arena and ends with
 * it. */
#ifndef ALLIM_BASE_ARENA_H
#define ALLIM_BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *free;
	size_t left;
};

#define ARENA_EMPTY ((struct arena){NULL, NULL, 0})

/* Frees everything that came from the arena; it can be used again. */
void arena_finish(struct arena *arena);

/* `size` bytes, aligned for any type and not zeroed, or NULL when memory is short. */
void *arena_allocate(struct arena *arena, size_t size);

/* The same for `count` items of `size` bytes, zeroed; an overflow gives NULL. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t size);

/* A copy of the bytes, with a terminator behind them that is not counted. Returns 0 or -ENOMEM. */
int arena_copy(struct arena *arena, struct slice slice, struct slice *ret_copy);

#endif
