/* The thread that makes all changes, in transactions that share one sync.
 *
 * The operations are in files of their own; each gets the writer inside a transaction and either
 * does all of its work and returns 0, or sets the request's result and returns 0 having changed
 * nothing, or returns a negative errno value: then the whole transaction is rolled back. */
#ifndef ALLIM_STORE_SQLITE_WRITER_H
#define ALLIM_STORE_SQLITE_WRITER_H

#include "store/sqlite_fold.h"
#include "store/sqlite_sidecar.h"
#include "store/sqlite_user.h"
#include "store/store_figures.h"

#include <pthread.h>

/* What can be changed while the store runs. */
struct sqlite_settings {
	_Atomic int64_t retention_age;
	_Atomic int64_t retention_count;
	_Atomic int64_t idempotency_age;
	_Atomic int64_t dead_letter_age;
	_Atomic int64_t audit_age;
	_Atomic int64_t maintenance_interval;
};

/* Requests in the order they came, linked by their messages. */
struct sqlite_queue {
	struct mailbox_message *first;
	struct mailbox_message *last;
};

struct sqlite_writer {
	pthread_t thread;
	struct mailbox mailbox;
	struct sqlite_connection connection;
	struct sqlite_users *users;
	struct store_figures *figures;
	const struct sqlite_settings *settings;
	struct mailbox *reader; /* where probes go on to */
	uint64_t epoch;
	void (*on_commit)(void *context, struct hint_batch *batch);
	void *on_commit_context;
	void (*on_step)(const char *step);
	struct mailbox_message last; /* comes behind all requests when the writer is to stop */
	bool is_stopping;	     /* it came */

	int64_t last_id; /* of the newest notification, this transaction's included */
	int64_t committed_last_id;
	int64_t probe;
	struct sqlite_fold fold;
	struct sqlite_sidecar sidecar;
	struct sqlite_queue queue;
	size_t last_batch;    /* requests of the last commit */
	int64_t last_started; /* when it began, in microseconds */

	/* The running transaction. */
	int64_t now;
	struct hint_batch *hints;
	size_t published;
	int64_t changes;  /* what the connection had changed before it */
	uint64_t expired; /* counted when it commits */
	uint64_t forgotten;
	int64_t buried; /* letters that came, less those that went */
	uint64_t letters_forgotten;

	/* Maintenance. */
	int64_t next_round;  /* on the monotonic clock */
	int64_t walked_user; /* where the walk for retention is */
	int64_t next_walk;   /* when it begins again */
	int64_t next_fold;   /* INT64_MAX: nothing waits for it */
	int wal_pages;	     /* that no checkpoint has seen yet */
	int checkpoint_at;   /* pages */
};

/* Starts the thread. The caller has opened the connection, recovered, and set the members above
 * `last_id`. Returns 0 or a negative errno value. */
int sqlite_writer_start(struct sqlite_writer *writer);

/* Finishes what waits and joins the thread. */
void sqlite_writer_stop(struct sqlite_writer *writer);

#endif
