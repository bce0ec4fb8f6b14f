#include "store/postgres_adopt_session.h"

#include "store/postgres_adopt.h"
#include "store/postgres_schema.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whoever waits for a lock has others wait behind it, so it is asked for several times, with
 * pauses. */
enum { APPLY_ATTEMPTS = 10, APPLY_PAUSE_MS = 500 };

static bool is_locked(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && strcmp(state, "55P03") == 0;
}

/* What the server said, on one line. */
static int refuse(struct postgres_adopt *adopt, const PGresult *result, struct error *error)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (is_locked(result))
		return error_set(
		    error, -EINVAL,
		    "a transaction that is still running has locked the table; nothing "
		    "was changed; try again when it has ended");
	if (text == NULL)
		text = PQerrorMessage(adopt->connection.handle);
	return error_set(error, -EINVAL, "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
}

int postgres_adopt_ask(struct postgres_adopt *adopt, const char *sql, const char *parameter,
		       PGresult **ret_result, struct error *error)
{
	PGresult *result = PQexecParams(adopt->connection.handle, sql, parameter == NULL ? 0 : 1,
					NULL, &parameter, NULL, NULL, 0);
	int code = 0;

	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		*ret_result = result;
		return 0;
	}
	code = refuse(adopt, result, error);
	PQclear(result);
	return code;
}

/* Those of the session, before it is settled. Where the role is called allim, its own tables would
 * be found first. */
static int remember_schemas(struct postgres_adopt *adopt, struct error *error)
{
	PGresult *result = NULL;
	int code = postgres_adopt_ask(
	    adopt,
	    "SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(s), ', '), 'public') "
	    "FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) s "
	    "WHERE s OPERATOR(pg_catalog.<>) 'allim'::pg_catalog.name",
	    NULL, &result, error);

	if (code < 0)
		return code;
	adopt->schemas = strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return adopt->schemas == NULL ? error_set(error, -ENOMEM, "out of memory") : 0;
}

static int connect_to(struct postgres_adopt *adopt, const char *url, struct slice password,
		      int64_t timeout, struct error *error)
{
	int result = postgres_url_check(url, error);

	postgres_connection_init(&adopt->connection, url, password, timeout, &adopt->queries);
	if (result == 0)
		result = postgres_connection_open(&adopt->connection, error);
	if (result == 0)
		result = remember_schemas(adopt, error);
	return result == 0 ? postgres_schema_settle(&adopt->connection, error) : result;
}

int postgres_adopt_open(const char *url, struct slice password, int64_t timeout,
			const char *(*nearest)(struct slice wanted, const char *const *names),
			struct postgres_adopt **ret_adopt, struct error *error)
{
	struct postgres_adopt *adopt = calloc(1, sizeof(*adopt));
	int result;

	if (adopt == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	adopt->nearest = nearest;
	result = connect_to(adopt, url, password, timeout, error);
	if (result < 0)
		postgres_adopt_close(adopt);
	else
		*ret_adopt = adopt;
	return result;
}

void postgres_adopt_close(struct postgres_adopt *adopt)
{
	if (adopt == NULL)
		return;
	postgres_connection_close(&adopt->connection);
	free(adopt->schemas);
	free(adopt);
}

/* Whoever may create functions in one of the user's schemas could have them called instead of
 * PostgreSQL's, so all names are whole while it is looked at. */
static int ask_for_text(struct postgres_adopt *adopt, const char *sql, const char *parameter,
			char *text, size_t size, struct error *error)
{
	PGresult *result = NULL;
	int code = postgres_adopt_ask(adopt, sql, parameter, &result, error);

	if (code < 0)
		return code;
	snprintf(text, size, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return 0;
}

int postgres_adopt_find(struct postgres_adopt *adopt, const char *name,
			char oid[static POSTGRES_ADOPT_OID_BYTES], struct error *error)
{
	static const char *const look_in = "SELECT pg_catalog.set_config('search_path', $1, false)";
	char ignored[8];
	int code = ask_for_text(adopt, look_in, adopt->schemas, ignored, sizeof(ignored), error);

	if (code == 0)
		code = ask_for_text(
		    adopt, "SELECT coalesce(pg_catalog.to_regclass($1)::pg_catalog.oid, 0)", name,
		    oid, POSTGRES_ADOPT_OID_BYTES, error);
	if (code == 0)
		code = ask_for_text(adopt, look_in, "pg_catalog, pg_temp", ignored, sizeof(ignored),
				    error);
	return code;
}

/* The value of `column` in each row, with NULL at the end; to be freed. */
static const char **collect(const PGresult *result, int column)
{
	int count = PQntuples(result);
	const char **names = calloc((size_t)count + 1, sizeof(*names));

	for (int i = 0; names != NULL && i < count; i++)
		names[i] = PQgetvalue(result, i, column);
	return names;
}

int postgres_adopt_refuse_name(struct postgres_adopt *adopt, const char *what, const char *wanted,
			       const PGresult *known, int column, struct error *error)
{
	const char **names = collect(known, column);
	const char *nearest =
	    names == NULL ? NULL : adopt->nearest(slice_from_string(wanted), names);

	if (nearest == NULL)
		error_set(error, -EINVAL, "there is no %s %.100s", what, wanted);
	else
		error_set(error, -EINVAL, "there is no %s %.100s; did you mean %.100s?", what,
			  wanted, nearest);
	free(names);
	return -EINVAL;
}

/* NULL where memory is short. */
static PGresult *run_whole(struct postgres_adopt *adopt, const char *sql)
{
	PGresult *result = PQexec(adopt->connection.handle, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		PQclear(PQexec(adopt->connection.handle, "ROLLBACK"));
	return result;
}

int postgres_adopt_apply(struct postgres_adopt *adopt, const char *sql, struct error *error)
{
	static const struct timespec pause = {.tv_nsec = APPLY_PAUSE_MS * 1000000L};
	PGresult *result;
	int code = 0;

	/* A table with millions of rows takes its time to be taken back. */
	PQclear(PQexec(adopt->connection.handle, "SET statement_timeout = 0"));
	result = run_whole(adopt, sql);
	for (int attempt = 1; attempt < APPLY_ATTEMPTS && is_locked(result); attempt++) {
		PQclear(result);
		nanosleep(&pause, NULL);
		result = run_whole(adopt, sql);
	}
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		code = refuse(adopt, result, error);
	PQclear(result);
	return code;
}
