/* Notifications: how many, when, and how they are kept (the guide's 2.1 B). */
#ifndef ALLIM_SURVEY_SURVEY_PATTERN_H
#define ALLIM_SURVEY_SURVEY_PATTERN_H

#include "survey/survey.h"

/* The query for new ones is looked at, too. */
void survey_pattern_run(struct survey *survey);

#endif
