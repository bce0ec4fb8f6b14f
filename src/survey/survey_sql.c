#include "survey/survey_sql.h"

#include <errno.h>
#include <math.h>

static void append_counted(struct buffer *buffer, const struct survey_source *source,
			   enum survey_counted counted)
{
	if (counted == SURVEY_ROWS)
		buffer_append_string(buffer, "count(*)");
	else
		buffer_append_format(buffer, "count(DISTINCT %s)", source->user);
}

static void append_moment(struct buffer *buffer, const struct survey_source *source,
			  int64_t seconds)
{
	buffer_append_format(buffer, "%s%lld%s", source->moment[0], (long long)seconds,
			     source->moment[1]);
}

void survey_sql_append_range(struct buffer *buffer, const struct survey_source *source,
			     struct survey_range range)
{
	buffer_append_format(buffer, " WHERE %s >= ", source->time);
	append_moment(buffer, source, range.from);
	buffer_append_format(buffer, " AND %s < ", source->time);
	append_moment(buffer, source, range.to);
}

void survey_sql_append_count(struct buffer *buffer, const struct survey_source *source,
			     enum survey_counted counted, struct survey_range range)
{
	buffer_append_string(buffer, "SELECT ");
	append_counted(buffer, source, counted);
	buffer_append_format(buffer, " FROM %s", source->table);
	survey_sql_append_range(buffer, source, range);
}

void survey_sql_append_minutes(struct buffer *buffer, const struct survey_source *source,
			       enum survey_counted counted, struct survey_range range)
{
	buffer_append_string(buffer, "SELECT max(n), avg(n), count(*) FROM (SELECT ");
	append_counted(buffer, source, counted);
	buffer_append_format(buffer, " AS n FROM %s", source->table);
	survey_sql_append_range(buffer, source, range);
	buffer_append_format(buffer, " GROUP BY %s) AS minutes", source->buckets[SURVEY_MINUTE]);
}

void survey_sql_append_user_days(struct buffer *buffer, const struct survey_source *source,
				 struct survey_range range)
{
	buffer_append_format(buffer, "SELECT avg(n) FROM (SELECT count(*) AS n FROM %s",
			     source->table);
	survey_sql_append_range(buffer, source, range);
	buffer_append_format(buffer, " GROUP BY %s, %s) AS days", source->user,
			     source->buckets[SURVEY_DAY]);
}

int survey_sql_ask(struct survey_database *database, struct buffer *sql, double *ret_numbers,
		   size_t count, struct error *error)
{
	int result;

	buffer_append_byte(sql, '\0');
	result = buffer_failed(sql)
		     ? error_set(error, -ENOMEM, "out of memory")
		     : database->ops->ask(database, sql->data, ret_numbers, count, error);
	buffer_finish(sql);
	for (size_t i = 0; result == 0 && i < count; i++) {
		if (!isfinite(ret_numbers[i]))
			ret_numbers[i] = NAN;
	}
	return result;
}
