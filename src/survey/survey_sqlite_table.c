#include "survey/survey_sqlite_table.h"

#include "base/wording.h"
#include "survey/survey_clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { ROWS_TO_WEIGH = 1000000 };

static const struct survey_clock with_blank = {
    {"strftime('%Y-%m-%d %H:%M:%S', ", ", 'unixepoch')"},
    {"unixepoch(", ")"},
    {{"unixepoch(", ") / 60"}, {"unixepoch(", ") / 86400"}},
};
static const struct survey_clock with_t = {
    {"strftime('%Y-%m-%dT%H:%M:%S', ", ", 'unixepoch')"},
    {"unixepoch(", ")"},
    {{"unixepoch(", ") / 60"}, {"unixepoch(", ") / 86400"}},
};

/* The first number of a statement with two parameters; NAN without a row. */
static int ask_number(struct survey_sqlite_session *session, const char *sql,
		      const char *const *texts, double *ret_number, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int result = survey_sqlite_session_prepare(session, sql, texts, &statement, error);

	if (result == 0)
		result = survey_sqlite_session_step(session, statement, error);
	if (result >= 0)
		*ret_number = result == 0 || sqlite3_column_type(statement, 0) == SQLITE_NULL
				  ? NAN
				  : sqlite3_column_double(statement, 0);
	sqlite3_finalize(statement);
	return result < 0 ? result : 0;
}

static int quote(char *quoted, const char *name, struct error *error)
{
	char *text = sqlite3_mprintf("\"%w\"", name);
	int length =
	    text == NULL ? SURVEY_NAME_BYTES : snprintf(quoted, SURVEY_NAME_BYTES, "%s", text);

	sqlite3_free(text);
	return length < SURVEY_NAME_BYTES
		   ? 0
		   : error_set(error, -EINVAL, "the name %.100s is too long", name);
}

static int refuse_column(struct survey_sqlite_session *session, const struct survey_table *table,
			 const char *column, struct error *error)
{
	const char *const texts[] = {table->name, NULL};
	sqlite3_stmt *statement = NULL;
	const char *columns = NULL;
	int result = survey_sqlite_session_prepare(
	    session, "SELECT group_concat(name, ', ') FROM pragma_table_info(?1)", texts,
	    &statement, error);

	if (result == 0)
		result = survey_sqlite_session_step(session, statement, error);
	if (result == 1)
		columns = (const char *)sqlite3_column_text(statement, 0);
	if (result >= 0 && columns == NULL)
		result = error_set(error, -ENOENT, _("there is no table %.100s"), table->name);
	else if (result >= 0)
		result = error_set(error, -ENOENT, _("%.100s has no column %.100s; it has %.250s"),
				   table->name, column, columns);
	sqlite3_finalize(statement);
	return result;
}

static int find_column(struct survey_sqlite_session *session, const struct survey_table *table,
		       const char *column, char *quoted, bool *ret_has_index, struct error *error)
{
	const char *const texts[] = {table->name, column, NULL};
	double count = 0, indexes = 0;
	int result =
	    ask_number(session, "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2", texts,
		       &count, error);

	if (result == 0 && count == 0)
		return refuse_column(session, table, column, error);
	if (result == 0)
		result = ask_number(session,
				    "SELECT count(*) FROM pragma_index_list(?1) AS l,"
				    " pragma_index_info(l.name) AS i"
				    " WHERE i.seqno = 0 AND l.partial = 0 AND i.name = ?2",
				    texts, &indexes, error);
	if (result == 0)
		result = quote(quoted, column, error);
	*ret_has_index = indexes > 0;
	return result;
}

static const struct survey_clock *clock_of(sqlite3_stmt *row)
{
	const char *text = (const char *)sqlite3_column_text(row, 0);

	if (sqlite3_column_type(row, 0) == SQLITE_INTEGER)
		return survey_clock_of_number(sqlite3_column_double(row, 0));
	return text != NULL && strchr(text, 'T') != NULL ? &with_t : &with_blank;
}

/* A text is a time where SQLite itself makes one of it. */
static int find_clock(struct survey_sqlite_session *session, const struct survey_source *source,
		      const struct survey_clock **ret_clock, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	sqlite3_stmt *row = NULL;
	int result;

	buffer_append_format(&sql,
			     "WITH times AS (SELECT %s AS t FROM %s WHERE %s > 0 LIMIT %d) "
			     "SELECT t, unixepoch(t) FROM times ORDER BY t "
			     "LIMIT 1 OFFSET (SELECT count(*) / 2 FROM times)",
			     source->time, source->table, source->time, SURVEY_CLOCK_ROWS);
	buffer_append_byte(&sql, '\0');
	result = buffer_failed(&sql)
		     ? error_set(error, -ENOMEM, "out of memory")
		     : survey_sqlite_session_prepare(session, sql.data, NULL, &row, error);
	if (result == 0)
		result = survey_sqlite_session_step(session, row, error);
	*ret_clock = survey_clock_of_number(0);
	if (result == 1 && (sqlite3_column_type(row, 0) == SQLITE_INTEGER ||
			    (sqlite3_column_type(row, 0) == SQLITE_TEXT &&
			     sqlite3_column_type(row, 1) != SQLITE_NULL)))
		*ret_clock = clock_of(row);
	else if (result == 1)
		result = error_set(error, -EINVAL,
				   _("%s.%s is no time; name a column that holds texts such as "
				     "2026-05-01 09:30:00, or a whole number of seconds or parts "
				     "of them"),
				   source->table, source->time);
	sqlite3_finalize(row);
	buffer_finish(&sql);
	return result < 0 ? result : 0;
}

static int count_rows(struct survey_sqlite_session *session, struct survey_source *source,
		      const char *counted, struct error *error)
{
	char sql[SURVEY_NAME_BYTES + 60];

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s", counted, source->table);
	return ask_number(session, sql, NULL, &source->rows, error);
}

/* Rows are numbered as they come; tables without such numbers are counted. */
static int find_rows(struct survey_sqlite_session *session, struct survey_source *source,
		     struct error *error)
{
	int result = count_rows(session, source, "max(rowid) - min(rowid) + 1", error);

	if (result == -EINVAL)
		result = count_rows(session, source, "count(*)", error);
	if (isnan(source->rows))
		source->rows = 0;
	return result;
}

/* The pages of the table and its indexes, which are all looked at. `aggregate` has to be compared:
 * it is a parameter (https://www.sqlite.org/dbstat.html, 3). */
static void find_bytes(struct survey_sqlite_session *session, const struct survey_table *table,
		       struct survey_source *source)
{
	const char *const texts[] = {table->name, NULL};
	struct error ignored;

	source->bytes = NAN;
	if (source->rows <= ROWS_TO_WEIGH)
		(void)ask_number(session,
				 "SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND name IN"
				 " (SELECT name FROM sqlite_schema WHERE tbl_name = ?1)",
				 texts, &source->bytes, &ignored);
}

int survey_sqlite_table_describe(struct survey_sqlite_session *session,
				 const struct survey_table *table, struct survey_source *ret_source,
				 struct error *error)
{
	struct survey_source source = {.rows = 0};
	const struct survey_clock *clock = NULL;
	int result =
	    find_column(session, table, table->user, source.user, &source.has_user_index, error);

	if (result == 0)
		result = find_column(session, table, table->time, source.time,
				     &source.has_time_index, error);
	if (result == 0)
		result = quote(source.table, table->name, error);
	if (result == 0)
		result = find_clock(session, &source, &clock, error);
	if (result == 0)
		result = find_rows(session, &source, error);
	if (result < 0)
		return result;
	survey_clock_apply(clock, &source);
	find_bytes(session, table, &source);
	*ret_source = source;
	return 0;
}
