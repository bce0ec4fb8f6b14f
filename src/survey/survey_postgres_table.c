/* The catalog quotes names (quote_ident), so what is put into SQL later is its text and not a
 * person's. */
#include "survey/survey_postgres_table.h"

#include "base/wording.h"
#include "survey/survey_clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the catalog is asked, of a table `asked` of one row: a name, and the columns of the user and
 * of the time. */
static const char describes[] =
    "SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
    " (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid"
    "  AND attname = asked.owner AND attnum > 0 AND NOT attisdropped),"
    " (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid"
    "  AND attname = asked.moment AND attnum > 0 AND NOT attisdropped),"
    " (SELECT t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
    "  WHERE a.attrelid = c.oid AND a.attname = asked.moment AND a.attnum > 0"
    "  AND NOT a.attisdropped),"
    " (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM (SELECT attname, attnum FROM"
    "  pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    "  LIMIT 12) a),"
    " (SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND"
    "  a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL"
    "  AND a.attname = asked.owner),"
    " (SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND"
    "  a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL"
    "  AND a.attname = asked.moment),"
    " coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(c.oid)),"
    "  nullif(pg_total_relation_size(c.oid), 0)),"
    " has_table_privilege(c.oid, 'SELECT')"
    " FROM asked CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid = to_regclass(asked.name) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

enum column { OID, TABLE, USER, TIME, TYPE, COLUMNS, USER_INDEXES, TIME_INDEXES, BYTES, READABLE };

static const struct {
	const char *type;
	struct survey_clock clock;
} clocks[] = {
    {"timestamptz",
     {{"pg_catalog.to_timestamp(", ")"},
      {"extract(epoch FROM ", ")"},
      {{"date_trunc('minute', ", ")"}, {"date_trunc('day', ", ")"}}}},
    {"timestamp",
     {{"pg_catalog.to_timestamp(", ")::timestamp"},
      {"extract(epoch FROM (", ")::timestamptz)"},
      {{"date_trunc('minute', ", ")"}, {"date_trunc('day', ", ")"}}}},
};

static int refuse_column(const PGresult *result, const struct survey_table *table,
			 enum column column, struct error *error)
{
	return error_set(error, -ENOENT, _("%s has no column %.100s; it has %.300s"),
			 PQgetvalue(result, 0, TABLE), column == USER ? table->user : table->time,
			 PQgetvalue(result, 0, COLUMNS));
}

static int check(const PGresult *result, const struct survey_table *table, struct error *error)
{
	if (PQntuples(result) == 0)
		return error_set(error, -ENOENT, _("there is no table %.100s"), table->name);
	if (PQgetisnull(result, 0, USER))
		return refuse_column(result, table, USER, error);
	if (PQgetisnull(result, 0, TIME))
		return refuse_column(result, table, TIME, error);
	if (PQgetvalue(result, 0, READABLE)[0] != 't')
		return error_set(error, -EACCES,
				 _("%s may not be read; give the user SELECT on it"),
				 PQgetvalue(result, 0, TABLE));
	return 0;
}

static int find_scale(struct survey_postgres_session *session, const struct survey_source *source,
		      const struct survey_clock **ret_clock, struct error *error)
{
	char sql[3 * SURVEY_NAME_BYTES + 150];
	PGresult *result = NULL;
	int code;

	snprintf(sql, sizeof(sql),
		 "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY t) FROM "
		 "(SELECT %s AS t FROM %s WHERE %s > 0 LIMIT %d) AS times",
		 source->time, source->table, source->time, SURVEY_CLOCK_ROWS);
	code = survey_postgres_session_ask(session, sql, &result, error);
	if (code < 0)
		return code;
	*ret_clock = survey_clock_of_number(
	    PQgetisnull(result, 0, 0) ? 0 : strtod(PQgetvalue(result, 0, 0), NULL));
	PQclear(result);
	return 0;
}

static int find_clock(struct survey_postgres_session *session, const struct survey_source *source,
		      const char *type, const struct survey_clock **ret_clock, struct error *error)
{
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		if (strcmp(type, clocks[i].type) != 0)
			continue;
		*ret_clock = &clocks[i].clock;
		return 0;
	}
	if (strcmp(type, "int4") == 0 || strcmp(type, "int8") == 0)
		return find_scale(session, source, ret_clock, error);
	return error_set(
	    error, -EINVAL,
	    _("%s.%s is of the type %.60s; name a column that is a timestamp, or a whole "
	      "number of seconds or parts of them"),
	    source->table, source->time, type);
}

static void take_names(struct survey_source *source, const PGresult *result)
{
	snprintf(source->table, sizeof(source->table), "%s", PQgetvalue(result, 0, TABLE));
	snprintf(source->user, sizeof(source->user), "%s", PQgetvalue(result, 0, USER));
	snprintf(source->time, sizeof(source->time), "%s", PQgetvalue(result, 0, TIME));
	source->has_user_index = PQgetvalue(result, 0, USER_INDEXES)[0] != '0';
	source->has_time_index = PQgetvalue(result, 0, TIME_INDEXES)[0] != '0';
	source->bytes =
	    PQgetisnull(result, 0, BYTES) ? NAN : strtod(PQgetvalue(result, 0, BYTES), NULL);
}

static int ask_catalog(struct survey_postgres_session *session, const struct survey_table *table,
		       PGresult **ret_result, struct error *error)
{
	const char *const names[] = {table->name, table->user, table->time};
	static const char *const columns[] = {" AS name, ", " AS owner, ", " AS moment) "};
	struct buffer sql = BUFFER_EMPTY;
	int code = 0;

	buffer_append_string(&sql, "WITH asked AS (SELECT ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == 0; i++) {
		code = survey_postgres_session_quote(session, &sql, names[i], error);
		buffer_append_string(&sql, columns[i]);
	}
	buffer_append_string(&sql, describes);
	buffer_append_byte(&sql, '\0');
	if (code == 0 && buffer_failed(&sql))
		code = error_set(error, -ENOMEM, "out of memory");
	if (code == 0)
		code = survey_postgres_session_ask(session, sql.data, ret_result, error);
	buffer_finish(&sql);
	return code;
}

int survey_postgres_table_describe(struct survey_postgres_session *session,
				   const struct survey_table *table,
				   struct survey_source *ret_source, struct error *error)
{
	struct survey_source source = {.rows = 0};
	struct buffer sql = BUFFER_EMPTY;
	const struct survey_clock *clock = NULL;
	PGresult *result = NULL;
	int code = ask_catalog(session, table, &result, error);

	if (code < 0)
		return code;
	code = check(result, table, error);
	if (code == 0) {
		take_names(&source, result);
		code = find_clock(session, &source, PQgetvalue(result, 0, TYPE), &clock, error);
	}
	PQclear(result);
	if (code < 0)
		return code;
	survey_clock_apply(clock, &source);
	buffer_append_format(&sql, "SELECT 1 FROM %s", source.table);
	code = survey_postgres_table_estimate(session, &sql, &source.rows, error);
	if (code == 0)
		*ret_source = source;
	return code;
}

/* [{"Plan": {"Plan Rows": 1200, ...}}] */
static double read_rows(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	const json_t *plan = json_object_get(json_array_get(json, 0), "Plan");
	double rows = json_number_value(json_object_get(plan, "Plan Rows"));

	json_decref(json);
	return rows;
}

int survey_postgres_table_estimate(struct survey_postgres_session *session, struct buffer *sql,
				   double *ret_rows, struct error *error)
{
	struct buffer explain = BUFFER_EMPTY;
	PGresult *result = NULL;
	int code;

	buffer_append_string(&explain, "EXPLAIN (FORMAT JSON) ");
	buffer_append(&explain, buffer_slice(sql));
	buffer_append_byte(&explain, '\0');
	code = buffer_failed(sql) || buffer_failed(&explain)
		   ? error_set(error, -ENOMEM, "out of memory")
		   : survey_postgres_session_ask(session, explain.data, &result, error);
	if (code == 0)
		*ret_rows = read_rows(PQgetvalue(result, 0, 0));
	PQclear(result);
	buffer_finish(&explain);
	buffer_finish(sql);
	return code;
}
