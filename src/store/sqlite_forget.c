/* An inbox forgets in the order of its seqs, so that a cursor either has all that it needs or is
 * below the floor and is told so.
 *
 * A broadcast goes at once, but each user may have a state of it, so those stay behind: nobody
 * finds them without the row, the table `forgotten_broadcast` remembers that they are there, and
 * rounds of retention delete them by and by. */
#include "store/sqlite_forget.h"

#include "store/sqlite_row.h"

enum { CHUNK = 64 /* changes looked at together */ };

/* What trimming needs to know of a change; no texts. */
struct old_change {
	struct notification row; /* the texts are not valid */
	int64_t user_id;
	int64_t seq;
};

struct trimming {
	struct sqlite_writer *writer;
	struct sqlite_user *user;
	int64_t count;	/* keep at most so many; INT64_MAX: any */
	int64_t before; /* forget what changed earlier; 0: nothing */
	uint64_t forgotten;
};

static int read_chunk(struct trimming *trimming, struct old_change *changes, int limit)
{
	struct sqlite_user *user = trimming->user;
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&trimming->writer->connection, STATEMENT_CHANGES,
				   SQLITE_NUMBERS(user->id, user->now.floor));
	int count = 0;
	int result = 0;

	while (count < limit && (result = sqlite_connection_step(statement)) > 0) {
		sqlite_row_read(statement, &changes[count].row, &changes[count].user_id);
		changes[count].seq = sqlite3_column_int64(statement, SQLITE_ROW_COLUMNS);
		count++;
	}
	sqlite3_reset(statement);
	return result < 0 ? result : count;
}

/* With the row the states lose their meaning at once; they go when there is time. */
static int leave_states(struct sqlite_writer *writer, int64_t id)
{
	writer->users->broadcast_generation++;
	return sqlite_connection_run(&writer->connection, STATEMENT_FORGOTTEN_INSERT,
				     SQLITE_NUMBERS(id));
}

static int delete_row(struct trimming *trimming, struct old_change *change)
{
	struct sqlite_connection *connection = &trimming->writer->connection;
	struct sqlite_inbox *inbox = &trimming->user->now;
	struct notification *row = &change->row;
	int result;

	sqlite_row_apply_markers(row, inbox);
	result = sqlite_connection_run(connection, STATEMENT_ENTRY_DELETE,
				       SQLITE_NUMBERS(trimming->user->id, row->first_seq));
	if (result == 0)
		result = sqlite_connection_run(connection, STATEMENT_NOTIFICATION_DELETE,
					       SQLITE_NUMBERS(row->id));
	if (result == 0 && row->to_everyone)
		result = leave_states(trimming->writer, row->id);
	inbox->kept--;
	inbox->unread -= notification_is_unread(row);
	trimming->forgotten++;
	return result;
}

/* A state of a broadcast in a user's inbox only loses its place among the changes. */
static int forget(struct trimming *trimming, struct old_change *change)
{
	struct sqlite_user *user = trimming->user;
	int result = 0;

	if (change->seq != change->row.first_seq || change->user_id != user->id)
		result =
		    sqlite_connection_run(&trimming->writer->connection, STATEMENT_MOVED_DELETE,
					  SQLITE_NUMBERS(user->id, change->seq));
	if (result == 0 && change->user_id == user->id)
		result = delete_row(trimming, change);
	user->now.floor = change->seq;
	return result;
}

static bool must_go(const struct trimming *trimming, const struct old_change *change)
{
	if (trimming->user->now.kept > trimming->count)
		return true;
	/* The state of a broadcast is as old as the broadcast, at most: what follows decides. */
	return change->row.changed_at < trimming->before;
}

/* Returns how many of the chunk were forgotten, or a negative errno value. */
static int forget_chunk(struct trimming *trimming, struct old_change *changes, int count)
{
	for (int i = 0; i < count; i++) {
		int result;

		if (!must_go(trimming, &changes[i]))
			return i;
		result = forget(trimming, &changes[i]);
		if (result < 0)
			return result;
	}
	return count;
}

/* Looks at one change before it looks at many: mostly the oldest may stay. */
static int forget_what_must_go(struct trimming *trimming)
{
	struct old_change changes[CHUNK];
	int limit = 1;
	int gone = 0;

	do {
		int count = read_chunk(trimming, changes, limit);

		gone = count < 0 ? count : forget_chunk(trimming, changes, count);
		if (gone < limit)
			break;
		limit = CHUNK;
	} while (trimming->forgotten < SQLITE_FORGET_SLICE);
	return gone < 0 ? gone : 0;
}

static int trim(struct trimming *trimming)
{
	struct sqlite_writer *writer = trimming->writer;
	struct sqlite_user *user = trimming->user;
	int64_t floor = user->now.floor;
	int result = 0;

	if (user->tail_count > user->tail_folded)
		result = sqlite_users_settle(writer->users, &writer->connection, user);
	if (result == 0)
		result = forget_what_must_go(trimming);
	if (result < 0 || user->now.floor == floor)
		return result;
	writer->forgotten += trimming->forgotten;
	sqlite_users_change(writer->users, user);
	/* An id is never used again, even if it was the last one that is deleted here. */
	result = sqlite_connection_run(&writer->connection, STATEMENT_META_LAST_ID,
				       SQLITE_NUMBERS(writer->last_id));
	return result < 0 ? result : sqlite_users_settle(writer->users, &writer->connection, user);
}

static struct trimming trimming_of(struct sqlite_writer *writer, struct sqlite_user *user)
{
	int64_t count =
	    atomic_load_explicit(&writer->settings->retention_count, memory_order_relaxed);
	int64_t age = atomic_load_explicit(&writer->settings->retention_age, memory_order_relaxed);

	return (struct trimming){
	    .writer = writer,
	    .user = user,
	    .count = count > 0 ? count : INT64_MAX,
	    .before = age > 0 ? writer->now - age : 0,
	};
}

int sqlite_forget_oldest(struct sqlite_writer *writer, struct sqlite_user *user)
{
	struct trimming trimming = trimming_of(writer, user);

	return trim(&trimming);
}

/* Deletes states of the broadcast, with their places among their users' changes. */
static int delete_states(struct sqlite_writer *writer, int64_t id, int limit, int *ret_count)
{
	struct sqlite_connection *connection = &writer->connection;
	int result = sqlite_connection_run(connection, STATEMENT_STATES_MOVED_DELETE,
					   SQLITE_NUMBERS(id, limit));

	if (result == 0)
		result = sqlite_connection_run(connection, STATEMENT_STATES_DELETE,
					       SQLITE_NUMBERS(id, limit));
	*ret_count = sqlite3_changes(connection->database);
	return result;
}

int sqlite_forget_states(struct sqlite_writer *writer, int *ret_count)
{
	struct sqlite_connection *connection = &writer->connection;
	int left = SQLITE_FORGET_SLICE;
	int result = 0;

	while (result == 0 && left > 0) {
		int64_t id = 0;
		int count = 0;

		result =
		    sqlite_connection_number(connection, STATEMENT_FORGOTTEN_SELECT, 0, NULL, &id);
		if (result < 0 || id == 0)
			break;
		result = delete_states(writer, id, left, &count);
		if (result == 0 && count < left)
			result = sqlite_connection_run(connection, STATEMENT_FORGOTTEN_DELETE,
						       SQLITE_NUMBERS(id));
		left -= count < left ? count + 1 : count;
	}
	*ret_count = SQLITE_FORGET_SLICE - left;
	return result;
}
