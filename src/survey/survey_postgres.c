#include "survey/survey_postgres.h"

#include "survey/survey_postgres_plan.h"
#include "survey/survey_postgres_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct survey_postgres {
	struct survey_database database;
	struct survey_postgres_session session;
};

static struct survey_postgres_session *session_of(struct survey_database *database)
{
	return &((struct survey_postgres *)database)->session;
}

static int describe_table(struct survey_database *database, const struct survey_table *table,
			  struct survey_source *ret_source, struct error *error)
{
	return survey_postgres_table_describe(session_of(database), table, ret_source, error);
}

static int estimate(struct survey_database *database, const struct survey_source *source,
		    int64_t from, double *ret_rows, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;

	buffer_append_format(&sql, "SELECT 1 FROM %s WHERE %s >= %s%lld%s", source->table,
			     source->time, source->moment[0], (long long)from, source->moment[1]);
	return survey_postgres_table_estimate(session_of(database), &sql, ret_rows, error);
}

static int ask(struct survey_database *database, const char *sql, double *ret_numbers, size_t count,
	       struct error *error)
{
	PGresult *result = NULL;
	int code = survey_postgres_session_ask(session_of(database), sql, &result, error);

	if (code < 0)
		return code;
	for (int i = 0; i < (int)count; i++)
		ret_numbers[i] = PQntuples(result) == 0 || PQgetisnull(result, 0, i)
				     ? NAN
				     : strtod(PQgetvalue(result, 0, i), NULL);
	PQclear(result);
	return 0;
}

static int explain(struct survey_database *database, const struct survey_source *source,
		   int64_t from, struct survey_plan *ret_plan, struct error *error)
{
	return survey_postgres_plan_explain(session_of(database), source, from, ret_plan, error);
}

/* Statistics that were never reset outlive the server (since PostgreSQL 15), and have no beginning
 * that could be asked for. */
static int count(struct survey_database *database, struct survey_counters *ret_counters,
		 struct error *error)
{
	double numbers[4];
	int code = ask(database,
		       "SELECT (SELECT count(*) FROM pg_stat_activity),"
		       " current_setting('max_connections')::integer, xact_commit + xact_rollback,"
		       " extract(epoch FROM clock_timestamp() - stats_reset)"
		       " FROM pg_stat_database WHERE datname = current_database()",
		       numbers, 4, error);

	if (code == 0)
		*ret_counters =
		    (struct survey_counters){numbers[0], numbers[1], numbers[2], numbers[3]};
	return code;
}

static void close_database(struct survey_database *database)
{
	survey_postgres_session_close(session_of(database));
	free(database);
}

static const char *const sample[] = {" TABLESAMPLE SYSTEM (", ")"};

static const struct survey_database_ops ops = {
    .describe = describe_table,
    .estimate = estimate,
    .ask = ask,
    .explain = explain,
    .count = count,
    .close = close_database,
    .create_index = "CREATE INDEX CONCURRENTLY",
    .sample = sample,
};

int survey_postgres_open(const char *url, int64_t timeout, struct survey_database **ret_database,
			 struct error *error)
{
	struct survey_postgres *postgres = calloc(1, sizeof(*postgres));
	int result;

	if (postgres == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	postgres->database.ops = &ops;
	result = survey_postgres_session_open(&postgres->session, url, timeout, error);
	if (result == 0)
		*ret_database = &postgres->database;
	else
		free(postgres);
	return result;
}
