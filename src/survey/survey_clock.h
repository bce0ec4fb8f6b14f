/* How a column that holds times is compared and counted in SQL. */
#ifndef ALLIM_SURVEY_SURVEY_CLOCK_H
#define ALLIM_SURVEY_SURVEY_CLOCK_H

#include "survey/survey_database.h"

/* Each text stands around something: see struct survey_source. */
struct survey_clock {
	const char *moment[2];
	const char *seconds[2];
	const char *buckets[SURVEY_BUCKETS][2];
};

/* Of how many rows the middle one decides, lest an odd one do. */
enum { SURVEY_CLOCK_ROWS = 1000 };

/* Of whole numbers, which are seconds, or thousandths, millionths or billionths of one, as the size
 * of that one tells. */
const struct survey_clock *survey_clock_of_number(double sample);

/* Fills in the source, whose time is known. */
void survey_clock_apply(const struct survey_clock *clock, struct survey_source *source);

#endif
