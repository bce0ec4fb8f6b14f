/* The user's inbox and everyone's are walked side by side from the newest id down: first the tail,
 * then the index. In the index rows stand by their first seq, which rises with the id; so a page
 * that begins at an id finds its place by halving. */
#include "store/sqlite_list.h"

#include "store/sqlite_row.h"

#include <errno.h>

/* One inbox on its way down. */
struct descent {
	const struct sqlite_view *owner;
	enum sqlite_statement walk;
	size_t tail_left;
	int64_t below; /* first seqs below this are still to come from the index */
	bool in_index; /* the statement is under way, and the row is its */
	bool has_row;
	struct notification row;
};

int sqlite_list_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen)
{
	const struct store_list *list = (const struct store_list *)request;
	struct sqlite_view *view = arena_allocate(&reader->arena, sizeof(*view));

	if (view == NULL)
		return -ENOMEM;
	*ret_seen = view;
	return sqlite_reader_look(reader, list->user, true, view);
}

/* The first seq behind those whose id is below `before`. */
static int find_place(struct sqlite_reader *reader, const struct sqlite_view *owner, int64_t before,
		      int64_t *ret_below)
{
	int64_t low = 0;
	int64_t high = sqlite_view_tail_seq(owner) - 1;

	while (low < high) {
		int64_t middle = low + (high - low + 1) / 2;
		sqlite3_stmt *statement = sqlite_connection_bind(
		    &reader->connection, STATEMENT_ENTRY_AT, SQLITE_NUMBERS(owner->id, middle));
		int result = sqlite_connection_step(statement);

		if (result < 0)
			return result;
		if (result == 0 || sqlite3_column_int64(statement, 1) < before)
			low = middle;
		else
			high = sqlite3_column_int64(statement, 0) - 1;
		if (result > 0)
			sqlite3_reset(statement);
	}
	*ret_below = low + 1;
	return 0;
}

static int start(struct sqlite_reader *reader, struct descent *descent, int64_t before)
{
	const struct sqlite_view *owner = descent->owner;

	descent->tail_left = owner->tail_count;
	descent->below = INT64_MAX;
	if (before == 0)
		return 0;
	while (descent->tail_left > 0 && owner->tail[descent->tail_left - 1] >= before)
		descent->tail_left--;
	return find_place(reader, owner, before, &descent->below);
}

/* Goes to the next row, if there is one. The texts of rows from the index stay SQLite's until then.
 */
static int advance(struct sqlite_reader *reader, struct store_list *list, struct descent *descent)
{
	sqlite3_stmt *statement = reader->connection.statements[descent->walk];
	int64_t user_id;
	int result;

	descent->has_row = descent->tail_left > 0;
	if (descent->tail_left > 0)
		return sqlite_row_load(&reader->connection,
				       descent->owner->tail[--descent->tail_left],
				       &list->request.arena, &descent->row, &user_id);
	if (!descent->in_index) {
		descent->in_index = true;
		sqlite_connection_bind(&reader->connection, descent->walk,
				       SQLITE_NUMBERS(descent->owner->id, descent->below));
	}
	result = sqlite_connection_step(statement);
	if (result > 0)
		sqlite_row_read(statement, &descent->row, &user_id);
	descent->has_row = result > 0;
	return result < 0 ? result : 0;
}

/* Expired rows are hidden at once; that they are withdrawn may take until the next round. */
static bool passes(const struct notification *row, enum store_filter filter, int64_t now)
{
	bool is_archived = row->state_at[NOTIFICATION_ARCHIVED] != 0;

	if (!notification_is_live(row) ||
	    (row->content.expires_at != 0 && row->content.expires_at <= now))
		return false;
	switch (filter) {
	case STORE_FILTER_INBOX:
		return !is_archived;
	case STORE_FILTER_UNREAD:
		return notification_is_unread(row);
	case STORE_FILTER_ARCHIVED:
		return is_archived;
	case STORE_FILTER_ALL:
		break;
	}
	return true;
}

/* The first row always fits. */
static bool is_full(const struct store_list *list, size_t bytes, const struct notification *next)
{
	return list->notification_count == list->limit ||
	       (list->limit_bytes > 0 && list->notification_count > 0 &&
		bytes + notification_content_bytes(&next->content) > list->limit_bytes);
}

/* Takes the row of one descent into the page, if the filter lets it through. */
static int take(struct sqlite_reader *reader, struct store_list *list,
		const struct sqlite_view *view, struct descent *descent, size_t *bytes)
{
	struct notification *row = &descent->row;
	int result = 0;

	if (row->to_everyone)
		result = sqlite_row_apply_states(row, &reader->connection, view->id, &view->inbox);
	else
		sqlite_row_apply_markers(row, &view->inbox);
	if (result < 0 || !passes(row, list->filter, reader->now))
		return result;
	if (is_full(list, *bytes, row)) {
		list->more = true;
		return 0;
	}
	*bytes += notification_content_bytes(&row->content);
	result =
	    descent->in_index ? notification_content_copy(&row->content, &list->request.arena) : 0;
	if (result == 0)
		list->notifications[list->notification_count++] = *row;
	return result;
}

static int merge(struct sqlite_reader *reader, struct store_list *list,
		 const struct sqlite_view *view, struct descent *own, struct descent *everyone)
{
	size_t bytes = 0;
	int result = advance(reader, list, own);

	if (result == 0)
		result = advance(reader, list, everyone);
	while (result == 0 && !list->more && (own->has_row || everyone->has_row)) {
		bool own_is_next =
		    own->has_row && (!everyone->has_row || own->row.id > everyone->row.id);
		struct descent *next = own_is_next ? own : everyone;

		result = take(reader, list, view, next, &bytes);
		if (result == 0)
			result = advance(reader, list, next);
	}
	return result;
}

static int fill_page(struct sqlite_reader *reader, struct store_list *list,
		     const struct sqlite_view *view)
{
	struct descent own = {.owner = view, .walk = STATEMENT_ENTRIES_DOWN};
	struct descent everyone = {.owner = &reader->everyone,
				   .walk = STATEMENT_ENTRIES_DOWN_EVERYONE};
	int result = start(reader, &own, list->before);

	if (result == 0)
		result = start(reader, &everyone, list->before);
	if (result == 0)
		result = merge(reader, list, view, &own, &everyone);
	sqlite3_reset(reader->connection.statements[own.walk]);
	sqlite3_reset(reader->connection.statements[everyone.walk]);
	return result;
}

int sqlite_list_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_list *list = (struct store_list *)request;
	struct sqlite_view *view = seen;
	int result = sqlite_reader_complete(reader, list->user, view);

	list->notification_count = 0;
	list->more = false;
	list->notifications =
	    arena_allocate_array(&request->arena, list->limit + 1, sizeof(*list->notifications));
	if (result == 0 && list->notifications == NULL)
		result = -ENOMEM;
	if (result == 0)
		result = sqlite_reader_counts(reader, view, &list->counts);
	if (result < 0)
		return result;
	list->cursor = sqlite_reader_cursor(reader, view);
	return fill_page(reader, list, view);
}
