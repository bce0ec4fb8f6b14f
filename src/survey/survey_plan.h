/* The query for new notifications, as it was run. */
#ifndef ALLIM_SURVEY_SURVEY_PLAN_H
#define ALLIM_SURVEY_SURVEY_PLAN_H

#include <jansson.h>
#include <stdbool.h>

/* How often it is run, and from how many rows on reading a whole table is worth saying. */
enum { SURVEY_PLAN_RUNS = 3, SURVEY_PLAN_ROWS_OF_A_SCAN = 1000 };

struct survey_plan {
	double milliseconds; /* the median of all runs */
	bool scans;	     /* it reads the whole table */
	char *sql;	     /* NULL: it was not run */
	json_t *plan;	     /* what the database says of it */
};

/* Takes how long each run took, in milliseconds; the times are put in order. */
void survey_plan_take_times(struct survey_plan *plan, double times[static SURVEY_PLAN_RUNS]);

/* One that is all zero is allowed. */
void survey_plan_finish(struct survey_plan *plan);

#endif
