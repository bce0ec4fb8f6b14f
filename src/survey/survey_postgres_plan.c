/* The users are real ones, since those who have nothing are found sooner. */
#include "survey/survey_postgres_plan.h"

#include "base/wording.h"

#include <errno.h>

enum { DEEPEST = 30 };

/* Appends up to five users as literals: '1', '2'. Asked for whole rows, the database reads the
 * table, where rows of many users lie side by side; an index on the user would bring those of the
 * first. */
static int append_users(struct survey_postgres_session *session, const struct survey_source *source,
			struct buffer *buffer, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	PGresult *result = NULL;
	int code;

	buffer_append_format(&sql,
			     "SELECT DISTINCT quote_literal(u::text) FROM (SELECT %s AS u FROM %s "
			     "AS whole_row WHERE %s IS NOT NULL AND whole_row IS DISTINCT FROM "
			     "NULL LIMIT 1000) AS users LIMIT 5",
			     source->user, source->table, source->user);
	buffer_append_byte(&sql, '\0');
	code = buffer_failed(&sql) ? error_set(error, -ENOMEM, "out of memory")
				   : survey_postgres_session_ask(session, sql.data, &result, error);
	buffer_finish(&sql);
	if (code < 0)
		return code;
	for (int i = 0; i < PQntuples(result); i++)
		buffer_append_format(buffer, "%s%s", i == 0 ? "" : ", ", PQgetvalue(result, i, 0));
	code = PQntuples(result) == 0
		   ? error_set(error, -ENODATA, _("%s has no row to ask for"), source->table)
		   : 0;
	PQclear(result);
	return code;
}

/* Returns the text, to be freed, or NULL. */
static char *write_query(struct survey_postgres_session *session,
			 const struct survey_source *source, int64_t from, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	int code;

	buffer_append_format(&sql, "SELECT * FROM %s WHERE %s > %s%lld%s AND %s IN (",
			     source->table, source->time, source->moment[0], (long long)from,
			     source->moment[1], source->user);
	code = append_users(session, source, &sql, error);
	buffer_append_format(&sql, ") ORDER BY %s ASC", source->time);
	buffer_append_byte(&sql, '\0');
	if (code == 0 && !buffer_failed(&sql))
		return sql.data;
	if (code == 0)
		error_set(error, -ENOMEM, "out of memory");
	buffer_finish(&sql);
	return NULL;
}

/* Whether some node reads a whole table of some size. */
static bool scans(const json_t *node, int depth)
{
	const char *type = json_string_value(json_object_get(node, "Node Type"));
	double rows = json_number_value(json_object_get(node, "Actual Rows")) +
		      json_number_value(json_object_get(node, "Rows Removed by Filter"));
	const json_t *inner;
	size_t i;

	if (type != NULL && strcmp(type, "Seq Scan") == 0 && rows >= SURVEY_PLAN_ROWS_OF_A_SCAN)
		return true;
	json_array_foreach(json_object_get(node, "Plans"), i, inner)
	{
		if (depth < DEEPEST && scans(inner, depth + 1))
			return true;
	}
	return false;
}

static int run_once(struct survey_postgres_session *session, const char *sql, json_t **ret_plan,
		    double *ret_milliseconds, struct error *error)
{
	PGresult *result = NULL;
	int code = survey_postgres_session_ask(session, sql, &result, error);
	json_t *json;

	if (code < 0)
		return code;
	json = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
	PQclear(result);
	if (json == NULL)
		return error_set(error, -EINVAL, "the plan cannot be read");
	*ret_milliseconds =
	    json_number_value(json_object_get(json_array_get(json, 0), "Execution Time"));
	json_decref(*ret_plan);
	*ret_plan = json;
	return 0;
}

static int run(struct survey_postgres_session *session, struct survey_plan *plan,
	       struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	double times[SURVEY_PLAN_RUNS];
	int code = 0;

	buffer_append_format(&sql, "EXPLAIN (ANALYZE, FORMAT JSON) %s", plan->sql);
	buffer_append_byte(&sql, '\0');
	if (buffer_failed(&sql))
		code = error_set(error, -ENOMEM, "out of memory");
	for (int i = 0; code == 0 && i < SURVEY_PLAN_RUNS; i++)
		code = run_once(session, sql.data, &plan->plan, &times[i], error);
	buffer_finish(&sql);
	if (code < 0)
		return code;
	survey_plan_take_times(plan, times);
	plan->scans = scans(json_object_get(json_array_get(plan->plan, 0), "Plan"), 0);
	return 0;
}

int survey_postgres_plan_explain(struct survey_postgres_session *session,
				 const struct survey_source *source, int64_t from,
				 struct survey_plan *ret_plan, struct error *error)
{
	struct survey_plan plan = {.sql = write_query(session, source, from, error)};
	int code;

	if (plan.sql == NULL)
		return session->handle == NULL ? -EPIPE : -EINVAL;
	code = run(session, &plan, error);
	if (code == 0) {
		*ret_plan = plan;
		return 0;
	}
	survey_plan_finish(&plan);
	return code;
}
