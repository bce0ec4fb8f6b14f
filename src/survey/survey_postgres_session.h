/* A session with the team's PostgreSQL that only reads: every statement is its own read-only
 * transaction with a time limit, and waits a second at most for a lock. */
#ifndef ALLIM_SURVEY_SURVEY_POSTGRES_SESSION_H
#define ALLIM_SURVEY_SURVEY_POSTGRES_SESSION_H

#include "base/buffer.h"
#include "base/error.h"

#include <libpq-fe.h>
#include <stdint.h>

struct survey_postgres_session {
	PGconn *handle;	 /* NULL: it has gone away */
	int64_t timeout; /* milliseconds that a statement may take */
};

/* Connects; `url` is postgresql://..., and the password comes from PGPASSWORD or ~/.pgpass. Returns
 * 0 or a negative errno value with a sentence: -EINVAL for a wrong URL, else -EPIPE. */
int survey_postgres_session_open(struct survey_postgres_session *session, const char *url,
				 int64_t timeout, struct error *error);

void survey_postgres_session_close(struct survey_postgres_session *session);

/* Appends a text as SQL writes it, in quotes. The errors are those of survey_database_ops. */
int survey_postgres_session_quote(struct survey_postgres_session *session, struct buffer *buffer,
				  const char *text, struct error *error);

/* Runs one statement. The result, which has rows, is the caller's to PQclear(). The errors are
 * those of survey_database_ops. */
int survey_postgres_session_ask(struct survey_postgres_session *session, const char *sql,
				PGresult **ret_result, struct error *error);

#endif
