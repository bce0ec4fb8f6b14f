/* The team's PostgreSQL, looked at. */
#ifndef ALLIM_SURVEY_SURVEY_POSTGRES_H
#define ALLIM_SURVEY_SURVEY_POSTGRES_H

#include "survey/survey_database.h"

/* Connects. `timeout` is that of a statement, in milliseconds. Returns 0 or a negative errno value
 * with a sentence: -EINVAL for a wrong address, -EPIPE where it cannot be reached. */
int survey_postgres_open(const char *url, int64_t timeout, struct survey_database **ret_database,
			 struct error *error);

#endif
