/* How many rows or users there are in a minute: at the peak, and on average.
 *
 * A table that is small enough is counted minute by minute. Of a larger one that has an index on
 * the time, some minutes of each hour are counted, and then every minute of the busiest hours. */
#ifndef ALLIM_SURVEY_SURVEY_MINUTES_H
#define ALLIM_SURVEY_SURVEY_MINUTES_H

#include "survey/survey_sql.h"

enum { SURVEY_MINUTES_OF_HOUR = 3, SURVEY_BUSIEST_HOURS = 3 };

struct survey_minutes {
	double peak;	/* NAN: there are no rows */
	double average; /* of minutes that have any */
	double sum;	/* of all minutes; an estimate where not all were counted */
};

/* Counts all minutes in one statement. The errors are those of survey_database_ops. */
int survey_minutes_count(struct survey_database *database, const struct survey_source *source,
			 enum survey_counted counted, struct survey_range range,
			 struct survey_minutes *ret_minutes, struct error *error);

/* Counts some minutes of each hour, one statement each. */
int survey_minutes_sample(struct survey_database *database, const struct survey_source *source,
			  enum survey_counted counted, struct survey_range range,
			  struct survey_minutes *ret_minutes, struct error *error);

#endif
