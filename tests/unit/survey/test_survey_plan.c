#include "survey/survey_plan.h"

#include "lib/assertions.h"

static void the_median_of_the_runs_counts(void **state)
{
	double times[SURVEY_PLAN_RUNS] = {90, 2, 30};
	struct survey_plan plan = {0};

	(void)state;
	survey_plan_take_times(&plan, times);
	assert_true(plan.milliseconds == 30);
	survey_plan_finish(&plan);
	assert_true(plan.milliseconds == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_median_of_the_runs_counts),
	};

	return cmocka_run_group_tests_name("survey_plan", tests, NULL, NULL);
}
