/* The questions of the guide's section 2, as SQL that all databases understand. */
#ifndef ALLIM_SURVEY_SURVEY_SQL_H
#define ALLIM_SURVEY_SURVEY_SQL_H

#include "survey/survey_database.h"

/* From `from` until before `to`, in seconds since 1970. */
struct survey_range {
	int64_t from;
	int64_t to;
};

/* What is counted in each minute. */
enum survey_counted { SURVEY_ROWS, SURVEY_USERS };

/* " WHERE time >= ... AND time < ..." */
void survey_sql_append_range(struct buffer *buffer, const struct survey_source *source,
			     struct survey_range range);

/* One number: rows, or users who have any. */
void survey_sql_append_count(struct buffer *buffer, const struct survey_source *source,
			     enum survey_counted counted, struct survey_range range);

/* Three numbers: the most in a minute, the mean of those minutes that have any, and how many
 * minutes those are. */
void survey_sql_append_minutes(struct buffer *buffer, const struct survey_source *source,
			       enum survey_counted counted, struct survey_range range);

/* One number: how many rows a user has on a day on which there are any, on average. */
void survey_sql_append_user_days(struct buffer *buffer, const struct survey_source *source,
				 struct survey_range range);

/* Asks what the buffer says, and empties it. Numbers that are not finite, such as PostgreSQL's time
 * -infinity, are NAN. The errors are those of survey_database_ops. */
int survey_sql_ask(struct survey_database *database, struct buffer *sql, double *ret_numbers,
		   size_t count, struct error *error);

#endif
