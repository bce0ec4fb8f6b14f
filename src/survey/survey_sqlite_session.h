/* A connection to a database of SQLite's that only reads, and gives up on a statement that takes
 * too long. */
#ifndef ALLIM_SURVEY_SURVEY_SQLITE_SESSION_H
#define ALLIM_SURVEY_SURVEY_SQLITE_SESSION_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdint.h>

struct survey_sqlite_session {
	sqlite3 *handle;
	int64_t timeout;  /* milliseconds that a statement may take */
	int64_t deadline; /* of the one that runs */
};

/* Returns 0, -ENOENT, or -EINVAL, with a sentence. The session must not move while it is open. */
int survey_sqlite_session_open(struct survey_sqlite_session *session, const char *path,
			       int64_t timeout, struct error *error);

void survey_sqlite_session_close(struct survey_sqlite_session *session);

/* Prepares a statement and gives its first parameters texts (NULL at the end; may be NULL itself).
 * It is the caller's to finalize. The errors are those of survey_database_ops. */
int survey_sqlite_session_prepare(struct survey_sqlite_session *session, const char *sql,
				  const char *const *texts, sqlite3_stmt **ret_statement,
				  struct error *error);

/* Returns 1 with a row, 0 at the end, or a negative error. */
int survey_sqlite_session_step(struct survey_sqlite_session *session, sqlite3_stmt *statement,
			       struct error *error);

#endif
