#include "survey/survey_plan.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void survey_plan_take_times(struct survey_plan *plan, double times[static SURVEY_PLAN_RUNS])
{
	qsort(times, SURVEY_PLAN_RUNS, sizeof(times[0]), compare);
	plan->milliseconds = times[SURVEY_PLAN_RUNS / 2];
}

void survey_plan_finish(struct survey_plan *plan)
{
	free(plan->sql);
	json_decref(plan->plan);
	*plan = (struct survey_plan){0};
}
