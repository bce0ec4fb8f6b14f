#include "survey/survey_clock.h"

#include "lib/assertions.h"

#include <stdio.h>

/* What a number of 1796000000 seconds (2026) is compared with. */
static void assert_compared(double sample, const char *literal)
{
	const struct survey_clock *clock = survey_clock_of_number(sample);
	char text[64];

	snprintf(text, sizeof(text), "%s1796000000%s", clock->moment[0], clock->moment[1]);
	assert_string_equal(text, literal);
}

static void the_size_of_a_number_tells_its_unit(void **state)
{
	(void)state;
	assert_compared(0, "1796000000");
	assert_compared(1796000000, "1796000000");
	assert_compared(99999999999, "1796000000");
	assert_compared(1e11, "1796000000000");
	assert_compared(1796000000123, "1796000000000");
	assert_compared(1796000000123456, "1796000000000000");
	assert_compared(1.796e18, "1796000000000000000");
}

static void minutes_and_days_are_whole(void **state)
{
	struct survey_source source = {.time = "\"at\""};

	(void)state;
	survey_clock_apply(survey_clock_of_number(1796000000123), &source);
	assert_string_equal(source.buckets[SURVEY_MINUTE], "\"at\" / 60000");
	assert_string_equal(source.buckets[SURVEY_DAY], "\"at\" / 86400000");
	assert_string_equal(source.seconds[0], "(");
	assert_string_equal(source.seconds[1], ") / 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_size_of_a_number_tells_its_unit),
	    cmocka_unit_test(minutes_and_days_are_whole),
	};

	return cmocka_run_group_tests_name("survey_clock", tests, NULL, NULL);
}
