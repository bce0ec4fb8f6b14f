/* Three sources are merged by seq: rows of the index, the user's markers, and the tail, whose seqs
 * follow those of the index. A seq that a later change of the same row superseded is in none of
 * them: who replays gets each row once, as it is now, at the seq of its last change. */
#include "store/sqlite_replay.h"

#include "store/sqlite_row.h"

#include <errno.h>

enum { ROW_BYTES = 256 }; /* what a row takes beside its texts, roughly */

/* One stream being read: the user's own inbox or everyone's. */
struct stream {
	struct sqlite_reader *reader;
	struct store_replay *replay;
	const struct sqlite_view *owner;  /* whose inbox it is */
	const struct sqlite_view *viewer; /* who reads it */
	int64_t last;			  /* what was read so far, in seqs */
	struct change *changes;
	size_t count;
	size_t capacity;
};

struct budget {
	size_t changes;
	size_t bytes;
	bool is_spent; /* something had to be left out */
};

int sqlite_replay_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen)
{
	const struct store_replay *replay = (const struct store_replay *)request;
	struct sqlite_view *view = arena_allocate(&reader->arena, sizeof(*view));

	if (view == NULL)
		return -ENOMEM;
	*ret_seen = view;
	return sqlite_reader_look(reader, replay->user, true, view);
}

static bool is_void(const struct store_replay *replay, uint64_t epoch,
		    const struct sqlite_inbox *inbox, const struct sqlite_inbox *everyone)
{
	const struct cursor *after = &replay->after;

	return after->epoch != epoch || after->seq > inbox->head || after->seq < inbox->floor ||
	       after->broadcast_seq > everyone->head || after->broadcast_seq < everyone->floor;
}

/* Returns 1 where there was room, 0 where the budget is spent. The first change always fits. */
static int add(struct stream *stream, struct budget *budget, struct change *change)
{
	size_t bytes = notification_content_bytes(&change->notification.content) + ROW_BYTES;
	struct arena *arena = &stream->replay->request.arena;

	if (budget->changes == 0 || (bytes > budget->bytes && stream->count > 0)) {
		budget->is_spent = true;
		return 0;
	}
	if (stream->count == stream->capacity) {
		size_t capacity = stream->capacity * 2 + 16;
		struct change *changes = arena_allocate_array(arena, capacity, sizeof(*changes));

		if (changes == NULL)
			return -ENOMEM;
		if (stream->count > 0)
			memcpy(changes, stream->changes, stream->count * sizeof(*changes));
		stream->changes = changes;
		stream->capacity = capacity;
	}
	if (notification_content_copy(&change->notification.content, arena) < 0)
		return -ENOMEM;
	stream->changes[stream->count++] = *change;
	stream->last = change->seq;
	budget->changes--;
	budget->bytes -= bytes < budget->bytes ? bytes : budget->bytes;
	return 1;
}

/* The marker with the lowest seq after `last` and before `limit`. */
static const struct sqlite_marker *next_marker(const struct stream *stream, int64_t limit)
{
	const struct sqlite_marker *found = NULL;

	for (int i = 0; i < NOTIFICATION_STATES; i++) {
		const struct sqlite_marker *marker = &stream->owner->inbox.markers[i];

		if (marker->seq > stream->last && marker->seq < limit &&
		    (found == NULL || marker->seq < found->seq))
			found = marker;
	}
	return found;
}

static int add_markers(struct stream *stream, struct budget *budget, int64_t limit)
{
	const struct sqlite_marker *marker;
	int result = 1;

	while (result > 0 && (marker = next_marker(stream, limit)) != NULL) {
		struct change change = {
		    .kind = CHANGE_ALL,
		    .seq = marker->seq,
		    .state = (enum notification_state)(marker - stream->owner->inbox.markers),
		    .marked_at = marker->at,
		    .marked_broadcasts = marker->broadcast_id,
		};

		result = add(stream, budget, &change);
	}
	return result;
}

static int add_row(struct stream *stream, struct budget *budget, struct notification *row,
		   int64_t seq)
{
	struct sqlite_connection *connection = &stream->reader->connection;
	struct change change = {.kind = CHANGE_ROW, .seq = seq};
	int64_t first_seq = row->first_seq;
	int result = add_markers(stream, budget, seq);

	if (result <= 0)
		return result;
	if (row->to_everyone) {
		result = sqlite_row_apply_states(row, connection, stream->viewer->id,
						 &stream->viewer->inbox);
		/* In everyone's stream it is a change of the broadcast, not of the user's state. */
		row->first_seq = stream->owner->id == SQLITE_EVERYONE_ID ? first_seq : 0;
	} else {
		sqlite_row_apply_markers(row, &stream->owner->inbox);
	}
	if (result < 0)
		return result;
	row->seq = seq;
	change.notification = *row;
	return add(stream, budget, &change);
}

static int read_index(struct stream *stream, struct budget *budget)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&stream->reader->connection, STATEMENT_CHANGES,
				   SQLITE_NUMBERS(stream->owner->id, stream->last));
	int result;

	while ((result = sqlite_connection_step(statement)) > 0) {
		struct notification row;
		int64_t user_id;

		sqlite_row_read(statement, &row, &user_id);
		result = add_row(stream, budget, &row,
				 sqlite3_column_int64(statement, SQLITE_ROW_COLUMNS));
		if (result <= 0) {
			sqlite3_reset(statement);
			return result;
		}
	}
	return result < 0 ? result : 1;
}

static int read_tail(struct stream *stream, struct budget *budget)
{
	int64_t seq = sqlite_view_tail_seq(stream->owner);

	for (size_t i = 0; i < stream->owner->tail_count; i++, seq++) {
		sqlite3_stmt *statement;
		struct notification row;
		int64_t user_id;
		int result;

		if (seq <= stream->last)
			continue;
		statement = sqlite_connection_bind(&stream->reader->connection,
						   STATEMENT_NOTIFICATION_SELECT,
						   SQLITE_NUMBERS(stream->owner->tail[i]));
		result = sqlite_connection_step(statement);
		if (result <= 0)
			return result < 0 ? result : -EIO;
		sqlite_row_read(statement, &row, &user_id);
		result = add_row(stream, budget, &row, seq);
		sqlite3_reset(statement);
		if (result <= 0)
			return result;
	}
	return 1;
}

/* Returns 1 when all of it was read, 0 when the budget was spent before. */
static int read_stream(struct stream *stream, struct budget *budget)
{
	int result;

	if (stream->last == stream->owner->inbox.head)
		return 1;
	result = read_index(stream, budget);
	if (result > 0)
		result = read_tail(stream, budget);
	if (result > 0)
		result = add_markers(stream, budget, INT64_MAX);
	return result;
}

static int read_both(struct sqlite_reader *reader, struct store_replay *replay,
		     const struct sqlite_view *view)
{
	struct budget budget = {.changes = replay->limit,
				.bytes = replay->limit_bytes == 0 ? SIZE_MAX : replay->limit_bytes};
	struct stream own = {.reader = reader,
			     .replay = replay,
			     .owner = view,
			     .viewer = view,
			     .last = replay->after.seq};
	struct stream everyone = {.reader = reader,
				  .replay = replay,
				  .owner = &reader->everyone,
				  .viewer = view,
				  .last = replay->after.broadcast_seq};
	int result = read_stream(&own, &budget);

	if (result > 0)
		result = read_stream(&everyone, &budget);
	if (result < 0)
		return result;
	replay->changes = own.changes;
	replay->change_count = own.count;
	replay->broadcasts = everyone.changes;
	replay->broadcast_count = everyone.count;
	replay->more = budget.is_spent;
	return 0;
}

int sqlite_replay_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_replay *replay = (struct store_replay *)request;
	struct sqlite_view *view = seen;
	int result = sqlite_reader_complete(reader, replay->user, view);

	if (result == 0)
		result = sqlite_reader_counts(reader, view, &replay->counts);
	if (result < 0)
		return result;
	replay->cursor = sqlite_reader_cursor(reader, view);
	replay->more = false;
	replay->reset = is_void(replay, reader->epoch, &view->inbox, &reader->everyone.inbox);
	if (replay->reset || replay->limit == 0)
		return 0;
	return read_both(reader, replay, view);
}
