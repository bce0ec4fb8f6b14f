/* Marking one by one moves each row to the end of its inbox; marking all leaves a marker and moves
 * nothing, so that it costs the same for an inbox of any size.
 *
 * Whether a row may be marked does not depend on its texts, so they are read only for a hint that
 * carries them, and given back with it: of a request's rows one is in memory at a time. */
#include "store/sqlite_mark.h"

#include "store/sqlite_change.h"
#include "store/sqlite_row.h"

#include <errno.h>

/* Finds the row, without texts, with its states as this user sees them. A row of someone else's is
 * -ENOENT. */
static int find_for(struct sqlite_writer *writer, const struct sqlite_user *user, int64_t id,
		    struct notification *ret_row)
{
	int64_t user_id;
	int result = sqlite_row_find(&writer->connection, id, ret_row, &user_id);

	if (result < 0)
		return result;
	if (ret_row->to_everyone)
		return sqlite_row_apply_states(ret_row, &writer->connection, user->id, &user->now);
	if (user_id != user->id)
		return -ENOENT;
	sqlite_row_apply_markers(ret_row, &user->now);
	return 0;
}

/* Before anything is written: are all of them in this inbox? */
static int find_missing(struct sqlite_writer *writer, struct store_mark *mark,
			const struct sqlite_user *user)
{
	for (size_t i = 0; i < mark->id_count; i++) {
		struct notification row;
		int result = find_for(writer, user, mark->ids[i], &row);

		if (result == -ENOENT) {
			mark->missing_id = mark->ids[i];
			mark->request.result = -ENOENT;
			return 0;
		}
		if (result < 0)
			return result;
	}
	return 0;
}

/* A user's state of a broadcast is a change of the user's own inbox. */
static int move_broadcast(struct sqlite_writer *writer, struct sqlite_user *user,
			  struct notification *row)
{
	struct sqlite_connection *connection = &writer->connection;
	struct change change = {.kind = CHANGE_ROW};
	int64_t old_seq = row->first_seq == 0 ? row->seq : 0;
	int result = 0;

	sqlite_users_change(writer->users, user);
	user->handled_at = UINT64_MAX;
	if (row->id > user->now.touched)
		user->now.touched = row->id;
	row->first_seq = 0;
	row->seq = ++user->now.head;
	row->changed_at = writer->now;
	if (old_seq > 0)
		result = sqlite_connection_run(connection, STATEMENT_MOVED_DELETE,
					       SQLITE_NUMBERS(user->id, old_seq));
	if (result == 0)
		result = sqlite_connection_run(connection, STATEMENT_MOVED_INSERT,
					       SQLITE_NUMBERS(user->id, row->seq, row->id));
	if (result == 0)
		result = sqlite_connection_run(
		    connection, STATEMENT_STATE_REPLACE,
		    SQLITE_NUMBERS(user->id, row->id, row->seq, row->state_at[NOTIFICATION_SEEN],
				   row->state_at[NOTIFICATION_READ],
				   row->state_at[NOTIFICATION_ARCHIVED]));
	change.seq = row->seq;
	change.notification = *row;
	return result < 0 ? result : sqlite_change_tell(writer, user, &change);
}

static int load_texts(struct sqlite_writer *writer, struct notification *row, struct arena *arena)
{
	struct notification stored;
	int64_t user_id;
	int result;

	if (!sqlite_change_is_carried(writer))
		return 0;
	result = sqlite_row_load(&writer->connection, row->id, arena, &stored, &user_id);
	if (result == 0)
		row->content = stored.content;
	return result;
}

static int mark_one(struct sqlite_writer *writer, struct store_mark *mark, struct sqlite_user *user,
		    int64_t id)
{
	struct arena texts = ARENA_EMPTY;
	struct notification before, row;
	int result = find_for(writer, user, id, &before);

	if (result < 0)
		return result;
	/* What was taken back meanwhile is no error of the client's, and no change either. */
	if (before.state_at[mark->state] != 0 || !notification_is_live(&before))
		return 0;
	row = before;
	row.state_at[mark->state] = writer->now;
	mark->marked++;
	result = load_texts(writer, &row, &texts);
	if (result == 0)
		result = row.to_everyone ? move_broadcast(writer, user, &row)
					 : sqlite_change_move(writer, user, &before, &row);
	arena_finish(&texts);
	return result;
}

static int mark_listed(struct sqlite_writer *writer, struct store_mark *mark,
		       struct sqlite_user *user)
{
	int result = 0;

	for (size_t i = 0; i < mark->id_count && result == 0; i++)
		result = mark_one(writer, mark, user, mark->ids[i]);
	return result;
}

/* True where nothing came or changed since the marker, except other markers. */
static bool is_covered(const struct sqlite_inbox *inbox, enum notification_state state,
		       int64_t newest_broadcast)
{
	const struct sqlite_marker *marker = &inbox->markers[state];
	int64_t later_markers = 0;

	for (int i = 0; i < NOTIFICATION_STATES; i++)
		later_markers += inbox->markers[i].seq > marker->seq;
	return inbox->head - marker->seq == later_markers &&
	       newest_broadcast <= marker->broadcast_id;
}

static int mark_all(struct sqlite_writer *writer, struct store_mark *mark, struct sqlite_user *user)
{
	int64_t newest_broadcast = writer->users->everyone->now.newest;
	struct change change = {.kind = CHANGE_ALL,
				.state = mark->state,
				.marked_at = writer->now,
				.marked_broadcasts = newest_broadcast};

	if (is_covered(&user->now, mark->state, newest_broadcast))
		return 0;
	sqlite_users_change(writer->users, user);
	change.seq = ++user->now.head;
	user->now.markers[mark->state] = (struct sqlite_marker){
	    .seq = change.seq, .at = writer->now, .broadcast_id = newest_broadcast};
	if (mark->state != NOTIFICATION_SEEN)
		user->now.unread = 0;
	user->handled_at = UINT64_MAX;
	mark->marked = 1;
	return sqlite_change_tell(writer, user, &change);
}

/* Whether the request can change anything; if not, no user comes into being for it. */
static int find_user(struct sqlite_writer *writer, struct store_mark *mark,
		     struct sqlite_user **ret_user)
{
	bool create = writer->users->everyone->now.newest > 0 && (mark->all || mark->id_count > 0);

	/* The empty name is everyone's, whose inbox nobody marks. */
	if (slice_is_empty(mark->user))
		return -ENOENT;
	return sqlite_users_find(writer->users, &writer->connection, mark->user, create, ret_user);
}

static int mark_for(struct sqlite_writer *writer, struct store_mark *mark, struct sqlite_user *user)
{
	int result = mark->all ? 0 : find_missing(writer, mark, user);

	if (result < 0 || mark->request.result < 0)
		return result;
	result = sqlite_users_settle(writer->users, &writer->connection, user);
	if (result == 0)
		result = mark->all ? mark_all(writer, mark, user) : mark_listed(writer, mark, user);
	if (result == 0 && mark->marked > 0)
		result = sqlite_users_settle(writer->users, &writer->connection, user);
	if (result == 0)
		result =
		    sqlite_users_counts(writer->users, &writer->connection, user, &mark->counts);
	mark->cursor.seq = user->now.head;
	return result;
}

int sqlite_mark(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_mark *mark = (struct store_mark *)request;
	struct sqlite_user *user;
	int result;

	mark->marked = 0;
	mark->missing_id = 0;
	mark->counts = (struct inbox_counts){.unread = 0};
	mark->cursor = (struct cursor){.epoch = writer->epoch,
				       .broadcast_seq = writer->users->everyone->now.head};
	result = find_user(writer, mark, &user);
	if (result == 0)
		return mark_for(writer, mark, user);
	if (result != -ENOENT)
		return result;
	if (!mark->all && mark->id_count > 0) {
		mark->missing_id = mark->ids[0];
		request->result = -ENOENT;
	}
	return 0;
}
