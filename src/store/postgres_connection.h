/* One session with PostgreSQL that never waits longer than its timeout.
 *
 * Statements are sent in pipeline mode, as many as one likes, behind them a sync, and their results
 * received in the same order. Where the server does not answer in time, or the connection breaks,
 * it is lost: everything fails with -EAGAIN until postgres_connection_open() has made a new one.
 * One thread at a time. */
#ifndef ALLIM_STORE_POSTGRES_CONNECTION_H
#define ALLIM_STORE_POSTGRES_CONNECTION_H

#include "base/error.h"
#include "store/postgres_clock.h"
#include "store/postgres_parameters.h"
#include "store/postgres_result.h"

#include <stdatomic.h>

enum postgres_statement {
#define STATEMENT(name, sql) POSTGRES_##name,
#include "store/postgres_statements.def"
	POSTGRES_STATEMENTS
};

struct postgres_connection {
	PGconn *handle; /* NULL while it is lost */
	const char *url;
	struct slice password;
	int64_t timeout;	     /* milliseconds, for connecting and for each sync */
	int64_t deadline;	     /* monotonic milliseconds */
	struct postgres_clock clock; /* the database's */
	_Atomic uint64_t *queries;
	int result;	/* of the statements since the last sync */
	unsigned syncs; /* that were sent and not received */
	char noted[8];	/* the state of the refusal that was logged last, */
	int64_t quiet_until;
};

/* Nothing is connected yet. The texts must outlive the connection. */
void postgres_connection_init(struct postgres_connection *connection, const char *url,
			      struct slice password, int64_t timeout, _Atomic uint64_t *queries);

/* Connects, in text mode and outside a pipeline. Returns 0, -EAGAIN where the server cannot be
 * reached, or another negative errno value where trying again would not help; with a sentence. */
int postgres_connection_open(struct postgres_connection *connection, struct error *error);

/* Prepares all statements and enters pipeline mode; the schema must be there. */
int postgres_connection_prepare(struct postgres_connection *connection, struct error *error);

/* Hangs up. Allowed in any state. */
void postgres_connection_close(struct postgres_connection *connection);

static inline bool postgres_connection_is_open(const struct postgres_connection *connection)
{
	return connection->handle != NULL;
}

/* Whether it is still there, as far as that can be seen without asking; loses it otherwise. Nothing
 * is under way. So a server that was restarted while nothing happened costs nobody an answer. */
bool postgres_connection_check(struct postgres_connection *connection);

/* Runs SQL that brings at most one row, before the pipeline. The result is the caller's to
 * PQclear(). Returns 0 or a negative errno value with a sentence. */
int postgres_connection_query(struct postgres_connection *connection, const char *sql,
			      PGresult **ret_result, struct error *error);

/* Sends a statement. Failures are told by postgres_connection_receive_sync(). */
void postgres_connection_send(struct postgres_connection *connection,
			      enum postgres_statement statement,
			      const struct postgres_parameters *parameters);

/* Ends a group of statements: if one fails, those behind it in the group are skipped. */
void postgres_connection_sync(struct postgres_connection *connection);

/* Receives the result of the next statement, which is the caller's to PQclear(), or NULL where it
 * failed or was skipped. */
PGresult *postgres_connection_receive(struct postgres_connection *connection);

/* Receives the end of the group. Returns 0 or what the first failure was: -EAGAIN, -ENOSPC,
 * -ENOMEM, -EROFS, -EIO, as store.h explains them; what the server said was logged. */
int postgres_connection_receive_sync(struct postgres_connection *connection);

#endif
