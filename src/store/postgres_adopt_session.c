#include "store/postgres_adopt_session.h"

#include "store/postgres_adopt.h"
#include "store/postgres_schema.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int connect_to(struct postgres_adopt *adopt, const char *url, struct slice password,
		      int64_t timeout, struct error *error)
{
	int result = postgres_url_check(url, error);

	postgres_connection_init(&adopt->connection, url, password, timeout, &adopt->queries);
	if (result == 0)
		result = postgres_connection_open(&adopt->connection, error);
	if (result < 0)
		return result;
	return postgres_schema_settle(&adopt->connection, error);
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
	if (adopt != NULL)
		postgres_connection_close(&adopt->connection);
	free(adopt);
}

/* What the server said, on one line. */
static int refuse(struct postgres_adopt *adopt, const PGresult *result, struct error *error)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state != NULL && strcmp(state, "55P03") == 0)
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

int postgres_adopt_leave_own_schema(struct postgres_adopt *adopt, struct error *error)
{
	PGresult *result = NULL;
	int code = postgres_adopt_ask(
	    adopt,
	    "SELECT set_config('search_path', coalesce((SELECT string_agg(quote_ident(s), "
	    "', ') FROM unnest(current_schemas(false)) s WHERE s <> 'allim'), 'public'), "
	    "false)",
	    NULL, &result, error);

	if (code == 0)
		PQclear(result);
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

int postgres_adopt_apply(struct postgres_adopt *adopt, const char *sql, struct error *error)
{
	/* A table with millions of rows takes its time to be taken back. */
	PGresult *result = PQexec(adopt->connection.handle, "SET statement_timeout = 0");
	int code = 0;

	PQclear(result);
	result = PQexec(adopt->connection.handle, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		code = refuse(adopt, result, error);
		PQclear(PQexec(adopt->connection.handle, "ROLLBACK"));
	}
	PQclear(result);
	return code;
}
