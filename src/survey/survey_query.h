/* The query that asks the database for new notifications: its time, its plan, and the index that it
 * lacks (the guide's 2.1 D 3). */
#ifndef ALLIM_SURVEY_SURVEY_QUERY_H
#define ALLIM_SURVEY_SURVEY_QUERY_H

#include "survey/survey.h"

void survey_query_run(struct survey *survey, const struct survey_source *source);

#endif
