/* The file `allim.epoch` beside the database, by which the store notices at its start that the
 * database is not the one that its clients know.
 *
 * Once opened it is the writer's, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_SIDECAR_H
#define ALLIM_STORE_SQLITE_SIDECAR_H

#include "store/sqlite_connection.h"

#include <limits.h>

struct sqlite_sidecar {
	char path[PATH_MAX];
	uint64_t epoch;
	int64_t beat;	    /* the last one that is committed */
	int64_t written;    /* the one that the file holds */
	int64_t beaten_at;  /* when `beat` was made, on the monotonic clock */
	int64_t beating_at; /* when that of the running transaction was */
	bool is_beating;    /* the running transaction carries the next beat */
	bool is_behind;	    /* inboxes changed since the last one */
	bool is_failing;    /* the file could not be written last time, which was logged */
};

/* Compares the database with the file, and gives the database a new epoch where they do not fit.
 * `epoch` is the one that counts from now on. Returns 0, or a negative errno value with a sentence:
 * then the store must not start, because the next start could not tell either. */
int sqlite_sidecar_open(struct sqlite_sidecar *sidecar, const char *database,
			struct sqlite_connection *connection, struct error *error);

/* Before a database is created: what is known of an earlier one there is void. */
int sqlite_sidecar_remove(const char *database, struct error *error);

/* Inside a transaction: makes it carry a beat, at once or when `interval` milliseconds have passed
 * since the last one; the first transaction of a run always carries one. */
int sqlite_sidecar_beat(struct sqlite_sidecar *sidecar, struct sqlite_connection *connection,
			int64_t now);
int sqlite_sidecar_follow(struct sqlite_sidecar *sidecar, struct sqlite_connection *connection,
			  int64_t now, int64_t interval);

/* The transaction's end; `with_news` tells whether it changed inboxes. */
void sqlite_sidecar_commit(struct sqlite_sidecar *sidecar, bool with_news);
void sqlite_sidecar_rollback(struct sqlite_sidecar *sidecar);

/* Outside a transaction: brings the file up to the last beat. After a failure,
 * which is logged once until it is over, the file stays behind and the next call tries again. */
void sqlite_sidecar_write(struct sqlite_sidecar *sidecar);

#endif
