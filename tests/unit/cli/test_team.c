#include "cli/team.h"

#include "lib/assertions.h"

#include <errno.h>

static void assert_developers(const char *word, double expected)
{
	double developers = 0;

	assert_int_equal(team_find(slice_from_string(word), &developers), 0);
	assert_true(developers == expected);
}

static void words_stand_for_developers(void **state)
{
	double developers = 7;

	(void)state;
	assert_developers("small", 2);
	assert_developers("medium", 5);
	assert_developers("large", 10);
	assert_int_equal(team_find(SLICE("tiny"), &developers), -ENOENT);
	assert_int_equal(team_find(SLICE(""), &developers), -ENOENT);
	assert_true(developers == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_stand_for_developers),
	};

	return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
