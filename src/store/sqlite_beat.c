/* A database in a folder has one node: the lock on it sees to that. */
#include "store/sqlite_beat.h"

#include <errno.h>

int sqlite_beat_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_beat *beat = (struct store_beat *)request;

	(void)reader;
	(void)seen;
	beat->nodes = arena_allocate_array(&request->arena, 1, sizeof(*beat->nodes));
	if (beat->nodes == NULL)
		return -ENOMEM;
	beat->nodes[0].number = beat->number;
	beat->node_count = beat->lifetime > 0;
	return arena_copy(&request->arena, beat->figures, &beat->nodes[0].figures);
}
