/* Brings the index of notifications and the rows of users up to date with what was published.
 *
 * Publishes to many users would each dirty two random pages; folding them in bulk, sorted by user,
 * dirties each page once for many publishes. A generation is all users with unfolded notifications
 * at its start; it is folded in slices, inside the commits that happen anyway, and fast enough that
 * the unfolded rest stays bounded. After a crash the rest is found again by reading the end of the
 * table `notification`, from the id that the last finished generation recorded. */
#ifndef ALLIM_STORE_SQLITE_FOLD_H
#define ALLIM_STORE_SQLITE_FOLD_H

#include "store/sqlite_user.h"

struct sqlite_fold {
	struct sqlite_user **users; /* of the running generation, by id; NULL: none runs */
	size_t count;
	size_t next;
	size_t committed_next;
	int64_t last_id; /* everything up to here is folded when the generation ends */
};

/* Starts a generation when enough waits, or with `now` when anything does. Outside a transaction.
 * Without memory it starts some other time. */
void sqlite_fold_start(struct sqlite_fold *fold, struct sqlite_users *users, int64_t last_id,
		       bool now);

static inline bool sqlite_fold_is_running(const struct sqlite_fold *fold)
{
	return fold->users != NULL;
}

/* Inside a transaction: folds at least `count` notifications, or what is left of the generation. */
int sqlite_fold_slice(struct sqlite_fold *fold, struct sqlite_users *users,
		      struct sqlite_connection *connection, size_t count);

/* The transaction's end. */
void sqlite_fold_commit(struct sqlite_fold *fold);
void sqlite_fold_rollback(struct sqlite_fold *fold);

void sqlite_fold_finish(struct sqlite_fold *fold);

/* At the start: finds what was published but not folded. Returns 0, or a negative errno value with
 * a sentence. */
int sqlite_fold_recover(struct sqlite_users *users, struct sqlite_connection *connection,
			int64_t folded, struct error *error);

#endif
