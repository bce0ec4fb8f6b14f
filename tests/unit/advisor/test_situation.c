#include "advisor/situation.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>

static void rules_of_thumb_come_first(void **state)
{
	struct situation situation;

	(void)state;
	situation_init(&situation);
	assert_true(isnan(situation.values[FIGURE_USERS]));
	assert_int_equal(situation.sources[FIGURE_USERS], FIGURE_UNKNOWN);
	assert_true(situation.values[FIGURE_TABS] == 1.5);
	assert_int_equal(situation.sources[FIGURE_TABS], FIGURE_ASSUMED);
	for (int i = 0; i < FIGURES; i++) {
		if (situation.sources[i] == FIGURE_ASSUMED)
			assert_true(situation.values[i] >= figure_rows[i].minimum &&
				    situation.values[i] <= figure_rows[i].maximum);
	}
}

static void figures_are_taken(void **state)
{
	struct situation situation;
	struct error error;
	enum figure figure;

	(void)state;
	situation_init(&situation);
	assert_int_equal(figure_find(SLICE("poll-interval"), &figure), 0);
	assert_int_equal(situation_set(&situation, figure, 30, FIGURE_MEASURED, &error), 0);
	assert_true(situation.values[FIGURE_POLL_INTERVAL] == 30);
	assert_string_equal(figure_source_name(situation.sources[FIGURE_POLL_INTERVAL]),
			    "measured");
	assert_int_equal(figure_find(SLICE("poll_interval"), &figure), -ENOENT);
}

static void assert_refused(enum figure figure, double value, const char *sentence)
{
	struct situation situation;
	struct error error = {""};

	situation_init(&situation);
	assert_int_equal(situation_set(&situation, figure, value, FIGURE_ENTERED, &error), -EINVAL);
	assert_string_equal(error.text, sentence);
	assert_int_not_equal(situation.sources[figure], FIGURE_ENTERED);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	assert_refused(FIGURE_SERVERS, 0, "servers is 0; accepted is 1 to 100000 servers");
	assert_refused(FIGURE_USERS, -1, "users is -1; accepted is 0 to 1000000000 users");
	assert_refused(FIGURE_SERVERS, 2.5, "servers is 2.5; accepted is a whole number");
	assert_refused(FIGURE_TABS, NAN, "tabs is nan; accepted is 1 to 100 connections/user");
	assert_refused(FIGURE_TABS, INFINITY, "tabs is inf; accepted is 1 to 100 connections/user");
}

static void assert_checked(double average, double peak, const char *sentence)
{
	struct situation situation;
	struct error error = {""};

	situation_init(&situation);
	situation.values[FIGURE_AVERAGE_USERS] = average;
	situation.values[FIGURE_USERS] = peak;
	assert_int_equal(situation_check(&situation, &error), sentence[0] == '\0' ? 0 : -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void an_average_is_no_more_than_the_peak(void **state)
{
	(void)state;
	assert_checked(NAN, 10, "");
	assert_checked(10, NAN, "");
	assert_checked(10, 10, "");
	assert_checked(10 * (1 + 1e-14), 10, "");
	assert_checked(11, 10,
		       "average-users is 11, but users, at the peak, is 10; correct one of them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_of_thumb_come_first),
	    cmocka_unit_test(figures_are_taken),
	    cmocka_unit_test(what_cannot_be_is_refused),
	    cmocka_unit_test(an_average_is_no_more_than_the_peak),
	};

	return cmocka_run_group_tests_name("situation", tests, NULL, NULL);
}
