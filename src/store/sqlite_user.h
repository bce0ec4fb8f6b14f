/* The inboxes that the store has in memory, and what they look like inside and outside the running
 * transaction.
 *
 * A publish changes only memory and the end of the table `notification`; a user's row and the index
 * `entry` follow later, in bulk (sqlite_fold.h). Until then the ids of its unfolded notifications
 * are the user's tail. The writer works on `now`; readers see `committed`, under the mutex,
 * together with a snapshot of the database that was taken under the same mutex. The writer holds
 * the mutex while it commits, so both always fit together.
 *
 * Unless a function says otherwise it is the writer's. */
#ifndef ALLIM_STORE_SQLITE_USER_H
#define ALLIM_STORE_SQLITE_USER_H

#include "base/list.h"
#include "base/map.h"
#include "core/change.h"
#include "store/sqlite_connection.h"

#include <pthread.h>

/* "Everything before `seq`, and every broadcast up to `broadcast_id`, was marked at `at`." */
struct sqlite_marker {
	int64_t seq;
	int64_t at;
	int64_t broadcast_id;
};

/* What the row of a user holds. */
struct sqlite_inbox {
	bool stored; /* the row exists */
	int64_t head;
	int64_t floor;
	int64_t kept; /* notifications, tombstones included */
	int64_t unread;
	int64_t newest;	  /* id of the newest notification */
	int64_t touched;  /* id of the newest broadcast that the user marked singly */
	int64_t position; /* of the last change among the changes of all users, for sweeps */
	struct sqlite_marker markers[NOTIFICATION_STATES];
};

struct sqlite_user {
	struct list by_change;		  /* in sqlite_users.by_change */
	struct list unfolded;		  /* in sqlite_users.unfolded, while there is a tail */
	struct sqlite_user *next_changed; /* in sqlite_users.changed */
	int64_t id;
	struct slice name;
	struct sqlite_inbox now;
	struct sqlite_inbox committed;
	int64_t *tail; /* ids; the last ones of the inbox, with the last seqs up to head */
	size_t tail_capacity;
	size_t tail_count;
	size_t tail_committed; /* how many were there before this transaction */
	size_t tail_folded;    /* how many this transaction has folded */
	bool is_changed;       /* in this transaction */
	bool is_pinned;	       /* waits for its turn in a fold */
	int64_t handled;       /* broadcasts, while `handled_at` is the present generation */
	uint64_t handled_at;
};

struct sqlite_users {
	pthread_mutex_t mutex; /* for everything that readers look at */
	struct map by_name;
	struct list by_change;	     /* the longest unchanged first */
	struct list unfolded;	     /* those with a tail */
	struct sqlite_user *changed; /* by the running transaction */
	struct sqlite_user *everyone;
	size_t limit; /* of users in memory */
	int64_t last_user_id;
	int64_t position; /* of the last change, committed or not */
	int64_t committed_position;
	int64_t left_position;	       /* a user that is not in memory changed no later than this */
	uint64_t broadcast_generation; /* rises when a broadcast goes */
	size_t tail_total;
};

/* `limit` is how many users stay in memory at least. Returns 0 or a negative errno value. */
int sqlite_users_init(struct sqlite_users *users, size_t limit);
void sqlite_users_finish(struct sqlite_users *users);

/* Reads the present row of a statement over the columns of `user`. */
void sqlite_user_read(sqlite3_stmt *statement, struct sqlite_inbox *ret_inbox);

/* Finds a user in memory or loads it. A name that was never written to is -ENOENT, or comes into
 * being with `create`. */
int sqlite_users_find(struct sqlite_users *users, struct sqlite_connection *connection,
		      struct slice name, bool create, struct sqlite_user **ret_user);
int sqlite_users_find_id(struct sqlite_users *users, struct sqlite_connection *connection,
			 int64_t id, struct sqlite_user **ret_user);

/* Must be called before `now` or the tail changes. */
void sqlite_users_change(struct sqlite_users *users, struct sqlite_user *user);

/* Adds the notification that `now.head` was just raised for. Returns 0 or -ENOMEM. */
int sqlite_users_push(struct sqlite_users *users, struct sqlite_user *user, int64_t id);

/* Writes the row of the user, and before it the tail. Afterwards the tables hold everything about
 * it. */
int sqlite_users_settle(struct sqlite_users *users, struct sqlite_connection *connection,
			struct sqlite_user *user);

/* The badge. Reads the database where broadcasts were marked singly. */
int sqlite_users_counts(struct sqlite_users *users, struct sqlite_connection *connection,
			struct sqlite_user *user, struct inbox_counts *ret_counts);

/* Ends the transaction in memory. For the commit the mutex must be held. */
void sqlite_users_commit(struct sqlite_users *users);
void sqlite_users_rollback(struct sqlite_users *users);

/* From any thread, with the mutex held: the user, or NULL when it is not in memory. */
const struct sqlite_user *sqlite_users_peek(const struct sqlite_users *users, struct slice name);

/* The number of the last broadcast that "all read" or "all archived" covers. */
int64_t sqlite_inbox_broadcasts_marked(const struct sqlite_inbox *inbox);

#endif
