/* A database that is looked at, whichever it is: it describes tables and answers questions with
 * numbers. It is only read, and every statement has a time limit.
 *
 * For commands: one thread, and calls wait. */
#ifndef ALLIM_SURVEY_SURVEY_DATABASE_H
#define ALLIM_SURVEY_SURVEY_DATABASE_H

#include "base/buffer.h"
#include "base/error.h"
#include "survey/survey_plan.h"

#include <stdint.h>

/* What SQL counts time by. */
enum survey_bucket { SURVEY_MINUTE, SURVEY_DAY, SURVEY_BUCKETS };

enum { SURVEY_NAME_BYTES = 300, SURVEY_EXPRESSION_BYTES = 360 };

/* What was asked for: names as a person gives them. */
struct survey_table {
	const char *name; /* as SQL writes it: public.notification */
	const char *user; /* columns, without quotes */
	const char *time;
};

/* The same as the database has it: parts of SQL. */
struct survey_source {
	char table[SURVEY_NAME_BYTES];
	char user[SURVEY_NAME_BYTES];
	char time[SURVEY_NAME_BYTES];
	/* What the time is compared with: seconds since 1970 stand in between. */
	const char *moment[2];
	/* Around a time of the table, or the least of several: seconds since 1970. */
	const char *seconds[2];
	char buckets[SURVEY_BUCKETS][SURVEY_EXPRESSION_BYTES];
	double rows;	     /* an estimate */
	double bytes;	     /* with its indexes; NAN: unknown */
	bool has_time_index; /* which begins with the time */
	bool has_user_index; /* which begins with the user */
};

/* Counters of the database's own. */
struct survey_counters {
	double connections;
	double connections_most;
	double transactions; /* since the statistics began; NAN: it does not count them */
	double seconds;	     /* that is ago; NAN: unknown */
};

struct survey_database {
	const struct survey_database_ops *ops;
};

/* All return 0 or, with a sentence:
 *   -ENOENT     there is no such table or column
 *   -EACCES     it may not be read
 *   -ETIME      it took longer than a statement may
 *   -EPIPE      the database has gone away, and whatever is asked later fails alike
 *   -EINVAL     whatever else the database objects to
 *   -ENOMEM */
struct survey_database_ops {
	/* Finds a table. */
	int (*describe)(struct survey_database *database, const struct survey_table *table,
			struct survey_source *ret_source, struct error *error);
	/* How many rows are not older, by the planner's estimate or another one. */
	int (*estimate)(struct survey_database *database, const struct survey_source *source,
			int64_t from, double *ret_rows, struct error *error);
	/* Asks for the first row of a query: numbers, NAN for NULL and where there is no row. */
	int (*ask)(struct survey_database *database, const char *sql, double *ret_numbers,
		   size_t count, struct error *error);
	/* Runs the query for new notifications of some users since a moment. */
	int (*explain)(struct survey_database *database, const struct survey_source *source,
		       int64_t from, struct survey_plan *ret_plan, struct error *error);
	int (*count)(struct survey_database *database, struct survey_counters *ret_counters,
		     struct error *error);
	void (*close)(struct survey_database *database);
	/* What a person runs to add an index, up to its name. */
	const char *create_index;
	/* Behind a table's name, around a percentage: only so much of the table is read. NULL: it
	 * cannot. */
	const char *const *sample;
};

#endif
