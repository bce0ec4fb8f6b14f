/* The users of a generation are pinned, so that they stay in memory until their turn. */
#include "store/sqlite_fold.h"

#include <errno.h>
#include <stdlib.h>

/* So many unfolded notifications start a generation: about 1 MB of memory, 0.1 s of a restart. */
enum { GENERATION = 65536 };

static int compare_ids(const void *a, const void *b)
{
	const struct sqlite_user *const *first = a;
	const struct sqlite_user *const *second = b;

	return ((*first)->id > (*second)->id) - ((*first)->id < (*second)->id);
}

static size_t count_unfolded(const struct sqlite_users *users)
{
	size_t count = 0;

	for (const struct list *link = users->unfolded.next; link != &users->unfolded;
	     link = link->next)
		count++;
	return count;
}

void sqlite_fold_start(struct sqlite_fold *fold, struct sqlite_users *users, int64_t last_id,
		       bool now)
{
	size_t count = 0, capacity;

	if (fold->users != NULL || (!now && users->tail_total < GENERATION))
		return;
	capacity = count_unfolded(users);
	if (capacity == 0)
		return;
	fold->users = malloc(capacity * sizeof(struct sqlite_user *));
	if (fold->users == NULL)
		return;
	LIST_FOR_EACH(link, &users->unfolded) {
		struct sqlite_user *user = CONTAINER_OF(link, struct sqlite_user, unfolded);

		user->is_pinned = true;
		fold->users[count++] = user;
	}
	qsort(fold->users, count, sizeof(struct sqlite_user *), compare_ids);
	fold->count = count;
	fold->next = 0;
	fold->committed_next = 0;
	fold->last_id = last_id;
}

int sqlite_fold_slice(struct sqlite_fold *fold, struct sqlite_users *users,
		      struct sqlite_connection *connection, size_t count)
{
	size_t folded = 0;

	while (fold->next < fold->count && folded < count) {
		struct sqlite_user *user = fold->users[fold->next];
		size_t unfolded = user->tail_count - user->tail_folded;
		int result = unfolded == 0 ? 0 : sqlite_users_settle(users, connection, user);

		if (result < 0)
			return result;
		/* Empty turns count too, so that a slice stays short. */
		folded += unfolded + 1;
		fold->next++;
	}
	if (fold->users == NULL || fold->next < fold->count)
		return 0;
	return sqlite_connection_run(connection, STATEMENT_META_FOLDED,
				     SQLITE_NUMBERS(fold->last_id));
}

void sqlite_fold_commit(struct sqlite_fold *fold)
{
	while (fold->committed_next < fold->next)
		fold->users[fold->committed_next++]->is_pinned = false;
	if (fold->users != NULL && fold->next == fold->count)
		sqlite_fold_finish(fold);
}

void sqlite_fold_rollback(struct sqlite_fold *fold)
{
	fold->next = fold->committed_next;
}

void sqlite_fold_finish(struct sqlite_fold *fold)
{
	free(fold->users);
	*fold = (struct sqlite_fold){.users = NULL};
}

/* Takes one notification into its user's tail. A lower seq was folded already. */
static int recover_one(struct sqlite_users *users, struct sqlite_connection *connection, int64_t id,
		       int64_t user_id, int64_t first_seq, struct error *error)
{
	struct sqlite_user *user;
	int result = sqlite_users_find_id(users, connection, user_id, &user);

	if (result == 0 && first_seq <= user->now.head)
		return 0;
	if (result == -ENOENT || (result == 0 && first_seq != user->now.head + 1))
		return error_set(error, -EIO,
				 "the database is damaged: notification %lld has no place in its "
				 "inbox; restore it from a backup",
				 (long long)id);
	if (result < 0)
		return error_set(error, result, "the database could not be read: %s",
				 strerror(-result));
	sqlite_users_change(users, user);
	user->now.head++;
	user->now.kept++;
	user->now.unread++;
	user->now.newest = id;
	result = sqlite_users_push(users, user, id);
	return result < 0 ? error_set(error, result, "out of memory") : 0;
}

int sqlite_fold_recover(struct sqlite_users *users, struct sqlite_connection *connection,
			int64_t folded, struct error *error)
{
	sqlite3_stmt *statement = sqlite_connection_bind(
	    connection, STATEMENT_NOTIFICATIONS_UNFOLDED, SQLITE_NUMBERS(folded));
	int result;

	while ((result = sqlite_connection_step(statement)) > 0) {
		result = recover_one(users, connection, sqlite3_column_int64(statement, 0),
				     sqlite3_column_int64(statement, 1),
				     sqlite3_column_int64(statement, 2), error);
		if (result < 0) {
			sqlite3_reset(statement);
			return result;
		}
	}
	if (result < 0)
		return error_set(error, result, "the database could not be read: %s",
				 strerror(-result));
	pthread_mutex_lock(&users->mutex);
	sqlite_users_commit(users);
	pthread_mutex_unlock(&users->mutex);
	return 0;
}
