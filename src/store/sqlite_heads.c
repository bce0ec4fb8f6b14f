/* Where memory holds a user, its head costs no query; the list of live broadcasts is the index of
 * everyone's inbox, and its tail. */
#include "store/sqlite_heads.h"

#include <errno.h>

int sqlite_heads_fill(struct sqlite_reader *reader, const struct sqlite_view *view,
		      struct store_head *head)
{
	head->seq = view->inbox.head;
	head->floor = view->inbox.floor;
	return sqlite_reader_counts(reader, view, &head->counts);
}

int sqlite_heads_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen)
{
	const struct store_heads *heads = (const struct store_heads *)request;
	struct sqlite_view *views =
	    arena_allocate_array(&reader->arena, heads->head_count + 1, sizeof(*views));
	int result = 0;

	if (views == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < heads->head_count && result == 0; i++)
		result = sqlite_reader_look(reader, heads->heads[i].user, false, &views[i]);
	*ret_seen = views;
	return result;
}

/* The live ones of the index, then those of the tail: nothing happened to them yet. */
static int list_broadcasts(struct sqlite_reader *reader, struct store_heads *heads)
{
	const struct sqlite_view *everyone = &reader->everyone;
	sqlite3_stmt *statement = sqlite_connection_bind(&reader->connection, STATEMENT_LIVE_IDS,
							 SQLITE_NUMBERS(everyone->id));
	size_t room = (size_t)everyone->inbox.kept;
	size_t count = 0;
	int64_t *ids = arena_allocate_array(&heads->request.arena, room + 1, sizeof(*ids));
	int result = 0;

	if (ids == NULL)
		return -ENOMEM;
	while (count < room && (result = sqlite_connection_step(statement)) > 0)
		ids[count++] = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	for (size_t i = 0; i < everyone->tail_count && count < room; i++)
		ids[count++] = everyone->tail[i];
	heads->broadcast_ids = ids;
	heads->broadcast_count = count;
	return result < 0 ? result : 0;
}

int sqlite_heads_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_heads *heads = (struct store_heads *)request;
	struct sqlite_view *views = seen;
	int result = 0;

	for (size_t i = 0; i < heads->head_count && result == 0; i++) {
		result = sqlite_reader_complete(reader, heads->heads[i].user, &views[i]);
		if (result == 0)
			result = sqlite_heads_fill(reader, &views[i], &heads->heads[i]);
	}
	if (result < 0 || !heads->want_broadcasts)
		return result;
	heads->everyone.user = SLICE("");
	result = sqlite_heads_fill(reader, &reader->everyone, &heads->everyone);
	return result < 0 ? result : list_broadcasts(reader, heads);
}
