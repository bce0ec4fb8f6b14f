/* The thread that answers questions, from snapshots, on a connection that cannot write.
 *
 * A question is answered from two things that were taken at one moment: a snapshot of the database,
 * and a view of the users' memory, which holds what is committed but not folded yet. */
#ifndef ALLIM_STORE_SQLITE_READER_H
#define ALLIM_STORE_SQLITE_READER_H

#include "store/sqlite_user.h"
#include "store/sqlite_writer.h"
#include "store/store.h"

/* A user at the moment of the snapshot. */
struct sqlite_view {
	bool is_known; /* false: was not in memory; then `inbox` comes from the database, or is
			  empty */
	int64_t id;
	struct sqlite_inbox inbox;
	int64_t *tail; /* the ids of the last notifications, not in the index yet */
	size_t tail_count;
};

struct sqlite_reader {
	pthread_t thread;
	struct mailbox mailbox;
	struct sqlite_connection connection;
	struct sqlite_users *users;
	struct store_figures *figures;
	uint64_t epoch;
	struct mailbox_message last; /* comes behind all requests when the reader is to stop */

	/* The running snapshot. */
	struct arena arena;
	int64_t now;
	struct sqlite_view everyone;
};

/* The caller has opened the connection and set `users`, `figures` and `epoch`. */
int sqlite_reader_start(struct sqlite_reader *reader);
void sqlite_reader_stop(struct sqlite_reader *reader);

/* For the operations. Under the mutex: copies what memory holds of the user. Then, in the snapshot:
 * adds what only the database knows. A user that was never written to gets the id -1 and an empty
 * inbox. */
int sqlite_reader_look(struct sqlite_reader *reader, struct slice name, bool with_tail,
		       struct sqlite_view *ret_view);
int sqlite_reader_complete(struct sqlite_reader *reader, struct slice name,
			   struct sqlite_view *view);

/* The seq of the first notification of the view's tail. */
static inline int64_t sqlite_view_tail_seq(const struct sqlite_view *view)
{
	return view->inbox.head - (int64_t)view->tail_count + 1;
}

/* The badge of the user of a view. */
int sqlite_reader_counts(struct sqlite_reader *reader, const struct sqlite_view *view,
			 struct inbox_counts *ret_counts);

/* The heads of the snapshot, as a cursor. */
struct cursor sqlite_reader_cursor(const struct sqlite_reader *reader,
				   const struct sqlite_view *view);

#endif
