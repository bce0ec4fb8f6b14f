#include "survey/survey_sqlite.h"

#include "base/clock.h"
#include "survey/survey_sqlite_session.h"
#include "survey/survey_sqlite_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

struct survey_sqlite {
	struct survey_database database;
	struct survey_sqlite_session session;
};

static struct survey_sqlite_session *session_of(struct survey_database *database)
{
	return &((struct survey_sqlite *)database)->session;
}

static int describe_table(struct survey_database *database, const struct survey_table *table,
			  struct survey_source *ret_source, struct error *error)
{
	return survey_sqlite_table_describe(session_of(database), table, ret_source, error);
}

/* SQLite expects nothing; the whole table is the most that it can be. */
static int estimate(struct survey_database *database, const struct survey_source *source,
		    int64_t from, double *ret_rows, struct error *error)
{
	(void)database;
	(void)from;
	(void)error;
	*ret_rows = source->rows;
	return 0;
}

static int ask(struct survey_database *database, const char *sql, double *ret_numbers, size_t count,
	       struct error *error)
{
	struct survey_sqlite_session *session = session_of(database);
	sqlite3_stmt *statement = NULL;
	int result = survey_sqlite_session_prepare(session, sql, NULL, &statement, error);

	if (result == 0)
		result = survey_sqlite_session_step(session, statement, error);
	for (int i = 0; result >= 0 && i < (int)count; i++)
		ret_numbers[i] = result == 0 || sqlite3_column_type(statement, i) == SQLITE_NULL
				     ? NAN
				     : sqlite3_column_double(statement, i);
	sqlite3_finalize(statement);
	return result < 0 ? result : 0;
}

/* Returns the text, to be freed, or NULL where memory is short. */
static char *write_query(const struct survey_source *source, int64_t from)
{
	struct buffer sql = BUFFER_EMPTY;

	buffer_append_format(&sql,
			     "SELECT * FROM %s WHERE %s > %s%lld%s AND %s IN (SELECT DISTINCT u "
			     "FROM (SELECT %s AS u FROM %s WHERE %s IS NOT NULL LIMIT 1000) LIMIT 5"
			     ") ORDER BY %s ASC",
			     source->table, source->time, source->moment[0], (long long)from,
			     source->moment[1], source->user, source->user, source->table,
			     source->user, source->time);
	buffer_append_byte(&sql, '\0');
	if (!buffer_failed(&sql))
		return sql.data;
	buffer_finish(&sql);
	return NULL;
}

static int run_once(struct survey_sqlite_session *session, const char *sql,
		    double *ret_milliseconds, struct error *error)
{
	int64_t start = clock_monotonic_fine();
	sqlite3_stmt *statement = NULL;
	int result = survey_sqlite_session_prepare(session, sql, NULL, &statement, error);

	while (result >= 0 && (result = survey_sqlite_session_step(session, statement, error)) > 0)
		;
	sqlite3_finalize(statement);
	*ret_milliseconds = (double)(clock_monotonic_fine() - start) / 1000;
	return result;
}

/* The lines of EXPLAIN QUERY PLAN (https://www.sqlite.org/eqp.html), whose first says how the table
 * is read. */
static int read_plan(struct survey_sqlite_session *session, const struct survey_source *source,
		     struct survey_plan *plan, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	sqlite3_stmt *statement = NULL;
	int result;

	buffer_append_format(&sql, "EXPLAIN QUERY PLAN %s", plan->sql);
	buffer_append_byte(&sql, '\0');
	plan->plan = json_array();
	result = buffer_failed(&sql) || plan->plan == NULL
		     ? error_set(error, -ENOMEM, "out of memory")
		     : survey_sqlite_session_prepare(session, sql.data, NULL, &statement, error);
	while (result >= 0 &&
	       (result = survey_sqlite_session_step(session, statement, error)) > 0) {
		const char *text = (const char *)sqlite3_column_text(statement, 3);

		if (json_array_size(plan->plan) == 0 && text != NULL)
			plan->scans = strncmp(text, "SCAN", 4) == 0 &&
				      source->rows >= SURVEY_PLAN_ROWS_OF_A_SCAN;
		if (json_array_append_new(plan->plan, json_string(text == NULL ? "" : text)) < 0)
			result = error_set(error, -ENOMEM, "out of memory");
	}
	sqlite3_finalize(statement);
	buffer_finish(&sql);
	return result;
}

static int explain(struct survey_database *database, const struct survey_source *source,
		   int64_t from, struct survey_plan *ret_plan, struct error *error)
{
	struct survey_sqlite_session *session = session_of(database);
	struct survey_plan plan = {.sql = write_query(source, from)};
	double times[SURVEY_PLAN_RUNS];
	int result = plan.sql == NULL ? error_set(error, -ENOMEM, "out of memory")
				      : read_plan(session, source, &plan, error);

	for (int i = 0; result == 0 && i < SURVEY_PLAN_RUNS; i++)
		result = run_once(session, plan.sql, &times[i], error);
	if (result < 0) {
		survey_plan_finish(&plan);
		return result;
	}
	survey_plan_take_times(&plan, times);
	*ret_plan = plan;
	return 0;
}

static int count(struct survey_database *database, struct survey_counters *ret_counters,
		 struct error *error)
{
	(void)database;
	(void)error;
	*ret_counters = (struct survey_counters){NAN, NAN, NAN, NAN};
	return 0;
}

static void close_database(struct survey_database *database)
{
	survey_sqlite_session_close(session_of(database));
	free(database);
}

static const struct survey_database_ops ops = {
    .describe = describe_table,
    .estimate = estimate,
    .ask = ask,
    .explain = explain,
    .count = count,
    .close = close_database,
    .create_index = "CREATE INDEX",
};

/* A folder is allim's own. */
static int open_path(struct survey_sqlite_session *session, const char *path, int64_t timeout,
		     struct error *error)
{
	struct buffer name = BUFFER_EMPTY;
	struct stat status;
	int result;

	buffer_append_format(&name, "%s%s", path,
			     stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? "/allim.db"
										 : "");
	buffer_append_byte(&name, '\0');
	result = buffer_failed(&name)
		     ? error_set(error, -ENOMEM, "out of memory")
		     : survey_sqlite_session_open(session, name.data, timeout, error);
	buffer_finish(&name);
	return result;
}

int survey_sqlite_open(const char *path, int64_t timeout, struct survey_database **ret_database,
		       struct error *error)
{
	struct survey_sqlite *sqlite = calloc(1, sizeof(*sqlite));
	int result;

	if (sqlite == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	sqlite->database.ops = &ops;
	result = open_path(&sqlite->session, path, timeout, error);
	if (result == 0)
		*ret_database = &sqlite->database;
	else
		free(sqlite);
	return result;
}
