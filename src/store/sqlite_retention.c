/* An inbox forgets in the order of its seqs, so that a cursor either has all that it needs or is
 * below the floor and is told so. The work is done in slices, each a small transaction, so that
 * publishes never wait long behind it. */
#include "store/sqlite_retention.h"

#include "base/clock.h"
#include "store/sqlite_correct.h"
#include "store/sqlite_row.h"
#include "store/sqlite_transaction.h"

#include <errno.h>

enum {
	CHUNK = 64,	   /* changes looked at together */
	TRIM_SLICE = 1024, /* changes of one inbox forgotten at a time, about */
	EXPIRED_SLICE = 256,
	WALK_SLICES = 4,  /* in a round */
	WALK_SLICE = 256, /* users */
	WALK_REST = 60,	  /* rounds between two walks */
	PRUNE_SLICE = 512,
};

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

/* ---- forgetting the oldest of one inbox ---- */

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

static int delete_broadcast_states(struct sqlite_writer *writer, int64_t id)
{
	int result = sqlite_connection_run(&writer->connection, STATEMENT_STATES_MOVED_DELETE,
					   SQLITE_NUMBERS(id));

	writer->users->broadcast_generation++;
	return result < 0 ? result
			  : sqlite_connection_run(&writer->connection, STATEMENT_STATES_DELETE,
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
		result = delete_broadcast_states(trimming->writer, row->id);
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
	} while (trimming->forgotten < TRIM_SLICE);
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

int sqlite_retention_trim(struct sqlite_writer *writer, struct sqlite_user *user)
{
	struct trimming trimming = trimming_of(writer, user);

	return trim(&trimming);
}

/* ---- rounds ---- */

struct slice_of_ids {
	int64_t ids[WALK_SLICE];
	int count;
};

static int read_ids(struct sqlite_writer *writer, enum sqlite_statement statement, int64_t from,
		    int limit, struct slice_of_ids *ret_ids)
{
	sqlite3_stmt *prepared =
	    sqlite_connection_bind(&writer->connection, statement, SQLITE_NUMBERS(from, limit));
	int result;

	ret_ids->count = 0;
	while ((result = sqlite_connection_step(prepared)) > 0)
		ret_ids->ids[ret_ids->count++] = sqlite3_column_int64(prepared, 0);
	return result;
}

static int expire(struct sqlite_writer *writer, struct slice_of_ids *expired)
{
	struct arena arena = ARENA_EMPTY;
	int result =
	    read_ids(writer, STATEMENT_NOTIFICATIONS_EXPIRED, writer->now, EXPIRED_SLICE, expired);

	for (int i = 0; i < expired->count && result == 0; i++) {
		bool changed;

		result = sqlite_correct_take_back(writer, expired->ids[i], &arena, &changed);
		writer->expired += changed;
	}
	arena_finish(&arena);
	return result;
}

/* The users that the walk comes to next, and which of them have something to forget. */
static int read_users(struct sqlite_writer *writer, struct slice_of_ids *users, bool *too_full)
{
	int64_t count =
	    atomic_load_explicit(&writer->settings->retention_count, memory_order_relaxed);
	int64_t age = atomic_load_explicit(&writer->settings->retention_age, memory_order_relaxed);
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_USERS_WALK,
	    SQLITE_NUMBERS(writer->walked_user, WALK_SLICE, count > 0 ? count : INT64_MAX,
			   age > 0 ? writer->now - age : 0));
	int result;

	users->count = 0;
	while ((result = sqlite_connection_step(statement)) > 0) {
		too_full[users->count] = sqlite3_column_int(statement, 1) != 0;
		users->ids[users->count++] = sqlite3_column_int64(statement, 0);
	}
	return result;
}

static int walk(struct sqlite_writer *writer, void *context)
{
	struct slice_of_ids *users = context;
	bool too_full[WALK_SLICE];
	int result = read_users(writer, users, too_full);

	for (int i = 0; i < users->count && result == 0; i++) {
		struct sqlite_user *user;

		if (!too_full[i])
			continue;
		result =
		    sqlite_users_find_id(writer->users, &writer->connection, users->ids[i], &user);
		if (result == 0)
			result = sqlite_retention_trim(writer, user);
		if (writer->forgotten >= TRIM_SLICE)
			users->count = i + 1;
	}
	return result;
}

static int prune(struct sqlite_writer *writer, int *ret_pruned)
{
	int64_t age =
	    atomic_load_explicit(&writer->settings->idempotency_age, memory_order_relaxed);
	int result = 0;

	if (age > 0) {
		result = sqlite_connection_run(&writer->connection, STATEMENT_IDEMPOTENCY_PRUNE,
					       SQLITE_NUMBERS(writer->now - age, PRUNE_SLICE));
		*ret_pruned = sqlite3_changes(writer->connection.database);
	}
	return result < 0 ? result
			  : sqlite_connection_run(&writer->connection, STATEMENT_TICKET_PRUNE,
						  SQLITE_NUMBERS(writer->now));
}

/* Most rounds find nothing to do, so they cost one transaction that writes nothing. */
static int take_what_is_due(struct sqlite_writer *writer, void *context)
{
	struct slice_of_ids expired = {.count = 0};
	bool *more = context;
	int pruned = 0;
	int result = expire(writer, &expired);

	if (result == 0)
		result = prune(writer, &pruned);
	*more = expired.count == EXPIRED_SLICE || pruned == PRUNE_SLICE;
	return result;
}

static bool is_kept_for_ever(const struct sqlite_writer *writer)
{
	return atomic_load_explicit(&writer->settings->retention_count, memory_order_relaxed) <=
		   0 &&
	       atomic_load_explicit(&writer->settings->retention_age, memory_order_relaxed) <= 0;
}

/* What grows too long is trimmed where it is published; the walk is for what grows old, and for new
 * settings, so it need not begin again at once. */
static void rest(struct sqlite_writer *writer)
{
	int64_t interval =
	    atomic_load_explicit(&writer->settings->maintenance_interval, memory_order_relaxed);

	writer->walked_user = -1;
	writer->next_walk = clock_monotonic() + WALK_REST * interval;
}

/* A few slices of the walk through all users; the next round goes on where this one ended. -1 is
 * where it begins: everyone's id is 0. Returns true where much was forgotten, so that more may be
 * due: then it goes on with the same inbox. */
static bool walk_on(struct sqlite_writer *writer)
{
	struct slice_of_ids users = {.count = 0};

	if (is_kept_for_ever(writer) || clock_monotonic() < writer->next_walk)
		return false;
	for (int i = 0; i < WALK_SLICES; i++) {
		int64_t last;

		if (sqlite_transaction_run(writer, walk, &users) < 0)
			return false;
		last = users.count == 0 ? -1 : users.ids[users.count - 1];
		if (writer->forgotten >= TRIM_SLICE) {
			writer->walked_user = last - 1;
			return true;
		}
		writer->walked_user = last;
		if (users.count < WALK_SLICE) {
			rest(writer);
			break;
		}
	}
	return false;
}

bool sqlite_retention_round(struct sqlite_writer *writer)
{
	bool more = false;

	if (sqlite_transaction_run(writer, take_what_is_due, &more) < 0)
		return false;
	return walk_on(writer) || more;
}
