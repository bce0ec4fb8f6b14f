/* The work is done in slices, each a small transaction, so that publishes never wait long behind
 * it. */
#include "store/sqlite_retention.h"

#include "base/clock.h"
#include "store/sqlite_audit.h"
#include "store/sqlite_correct.h"
#include "store/sqlite_dead_letter.h"
#include "store/sqlite_forget.h"
#include "store/sqlite_transaction.h"

#include <errno.h>

enum {
	EXPIRED_SLICE = 256,
	WALK_SLICES = 4,  /* in a round */
	WALK_SLICE = 256, /* users */
	WALK_REST = 60,	  /* rounds between two walks */
	PRUNE_SLICE = 512,
};

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
	int result =
	    read_ids(writer, STATEMENT_NOTIFICATIONS_EXPIRED, writer->now, EXPIRED_SLICE, expired);

	for (int i = 0; i < expired->count && result == 0; i++) {
		bool changed;

		result = sqlite_correct_take_back(writer, expired->ids[i], &changed);
		writer->expired += changed;
	}
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
			result = sqlite_forget_oldest(writer, user);
		if (writer->forgotten >= SQLITE_FORGET_SLICE)
			users->count = i + 1;
	}
	return result;
}

/* `*pruned` is the most that any statement deleted. */
static int prune_older(struct sqlite_writer *writer, enum sqlite_statement statement,
		       int64_t before, int *pruned)
{
	int result = sqlite_connection_run(&writer->connection, statement,
					   SQLITE_NUMBERS(before, PRUNE_SLICE));
	int count = sqlite3_changes(writer->connection.database);

	if (result == 0 && count > *pruned)
		*pruned = count;
	return result;
}

static int prune(struct sqlite_writer *writer, int *ret_pruned)
{
	int64_t age =
	    atomic_load_explicit(&writer->settings->idempotency_age, memory_order_relaxed);
	int letters = 0, result = 0;

	if (age > 0)
		result =
		    prune_older(writer, STATEMENT_IDEMPOTENCY_PRUNE, writer->now - age, ret_pruned);
	if (age > 0 && result == 0)
		result =
		    prune_older(writer, STATEMENT_ITEM_KEY_PRUNE, writer->now - age, ret_pruned);
	if (result == 0)
		result = prune_older(writer, STATEMENT_TICKET_PRUNE, writer->now, ret_pruned);
	if (result == 0)
		result = sqlite_dead_letter_prune(writer, PRUNE_SLICE, &letters);
	if (letters > *ret_pruned)
		*ret_pruned = letters;
	if (result == 0)
		result = sqlite_audit_prune(writer, PRUNE_SLICE, ret_pruned);
	return result;
}

/* Most rounds find nothing to do, so they cost one transaction that writes nothing. */
static int take_what_is_due(struct sqlite_writer *writer, void *context)
{
	struct slice_of_ids expired = {.count = 0};
	bool *more = context;
	int pruned = 0;
	int states = 0;
	int result = expire(writer, &expired);

	if (result == 0)
		result = prune(writer, &pruned);
	if (result == 0)
		result = sqlite_forget_states(writer, &states);
	*more = expired.count == EXPIRED_SLICE || pruned == PRUNE_SLICE ||
		states == SQLITE_FORGET_SLICE;
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
		if (writer->forgotten >= SQLITE_FORGET_SLICE) {
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
