/* A survey as people read it at a terminal: the guide's checklist (2.2), filled in. */
#ifndef ALLIM_CLI_MEASURE_TEXT_H
#define ALLIM_CLI_MEASURE_TEXT_H

#include "survey/survey.h"

/* Appends the checklist, the query for new notifications, and the indexes that it lacks. Lines have
 * 100 columns at most, but for SQL. */
void measure_text_append(struct buffer *buffer, const struct survey *survey, bool colours);

#endif
