/* Users: of a day, and at the same time (the guide's 2.1 A). */
#ifndef ALLIM_SURVEY_SURVEY_ACTIVITY_H
#define ALLIM_SURVEY_SURVEY_ACTIVITY_H

#include "survey/survey.h"

void survey_activity_run(struct survey *survey);

#endif
