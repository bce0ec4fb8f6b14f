/* The texts of all hints share one arena, so a batch costs a few allocations whatever its size. */
#include "core/hint.h"

#include <errno.h>
#include <stdlib.h>

struct hint_batch *hint_batch_create(uint64_t epoch, size_t capacity)
{
	struct hint_batch *batch = malloc(sizeof(*batch));

	if (batch == NULL)
		return NULL;
	*batch = (struct hint_batch){.arena = ARENA_EMPTY, .epoch = epoch, .capacity = capacity};
	atomic_init(&batch->references, 1);
	batch->hints = arena_allocate_array(&batch->arena, capacity, sizeof(*batch->hints));
	if (batch->hints == NULL) {
		free(batch);
		return NULL;
	}
	return batch;
}

static int grow(struct hint_batch *batch)
{
	size_t capacity = batch->capacity < 8 ? 16 : batch->capacity * 2;
	struct hint *hints = arena_allocate_array(&batch->arena, capacity, sizeof(*hints));

	if (hints == NULL)
		return -ENOMEM;
	memcpy(hints, batch->hints, batch->count * sizeof(*hints));
	batch->hints = hints;
	batch->capacity = capacity;
	return 0;
}

int hint_batch_add(struct hint_batch *batch, const struct hint *hint)
{
	struct hint copy = *hint;

	if (batch->count == batch->capacity && grow(batch) < 0)
		return -ENOMEM;
	if (arena_copy(&batch->arena, hint->user, &copy.user) < 0)
		return -ENOMEM;
	copy.has_change = hint->has_change && hint_batch_has_room(batch);
	if (!copy.has_change) {
		copy.change = (struct change){.kind = CHANGE_ROW};
	} else if (hint->change.kind == CHANGE_ROW) {
		struct notification_content *content = &copy.change.notification.content;

		if (notification_content_copy(content, &batch->arena) < 0)
			return -ENOMEM;
		batch->bytes += notification_content_bytes(content);
	}
	/* What all users hear says nothing of what one of them did with it. */
	copy.change.notification.of_nobody = slice_is_empty(hint->user);
	batch->hints[batch->count++] = copy;
	return 0;
}

struct hint_batch *hint_batch_reference(struct hint_batch *batch)
{
	atomic_fetch_add_explicit(&batch->references, 1, memory_order_relaxed);
	return batch;
}

void hint_batch_release(struct hint_batch *batch)
{
	if (batch == NULL ||
	    atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) != 1)
		return;
	arena_finish(&batch->arena);
	free(batch);
}
