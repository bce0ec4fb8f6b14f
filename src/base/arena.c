/* A list of blocks; the newest is cut from the front. A request too large for a block gets a block
 * of its own behind the newest, so that the rest of the newest stays in use. */
#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 4000 };

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) char bytes[];
};

void arena_finish(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = ARENA_EMPTY;
}

static void *allocate_alone(struct arena *arena, size_t size)
{
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	if (arena->blocks == NULL) {
		block->next = NULL;
		arena->blocks = block;
	} else {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	}
	return block->bytes;
}

void *arena_allocate(struct arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct arena_block *block;
	void *found;

	if (size > SIZE_MAX / 2)
		return NULL;
	/* NULL means that memory is short, so nothing needs an address too. */
	size = size == 0 ? 1 : size;
	size = (size + alignment - 1) / alignment * alignment;
	if (size > BLOCK_BYTES / 4)
		return allocate_alone(arena, size);
	if (size > arena->left) {
		block = malloc(sizeof(*block) + BLOCK_BYTES);
		if (block == NULL)
			return NULL;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->free = block->bytes;
		arena->left = BLOCK_BYTES;
	}
	found = arena->free;
	arena->free += size;
	arena->left -= size;
	return found;
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	void *items;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	items = arena_allocate(arena, bytes);
	if (items != NULL)
		memset(items, 0, bytes);
	return items;
}

int arena_copy(struct arena *arena, struct slice slice, struct slice *ret_copy)
{
	char *copy = slice.length < SIZE_MAX ? arena_allocate(arena, slice.length + 1) : NULL;

	if (copy == NULL)
		return -ENOMEM;
	if (slice.length > 0)
		memcpy(copy, slice.data, slice.length);
	copy[slice.length] = '\0';
	*ret_copy = slice_from_bytes(copy, slice.length);
	return 0;
}
