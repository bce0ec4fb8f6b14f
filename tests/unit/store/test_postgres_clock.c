#include "store/postgres_clock.h"

#include "lib/assertions.h"

enum { SECOND = 1000000 };

static const int64_t MORNING = INT64_C(1700000000) * SECOND;

static void test_unread_is_stale(void **state)
{
	struct postgres_clock clock = {0};

	(void)state;
	assert_true(postgres_clock_is_stale(&clock, 5 * SECOND));
}

static void test_it_goes_on(void **state)
{
	struct postgres_clock clock = {0};

	(void)state;
	postgres_clock_take(&clock, MORNING, 5 * SECOND);
	assert_false(postgres_clock_is_stale(&clock, 5 * SECOND));
	assert_int_equal(postgres_clock_after(&clock, 7 * SECOND, 3), MORNING + 2 * SECOND + 3);
}

static void test_it_grows_stale(void **state)
{
	struct postgres_clock clock = {0};

	(void)state;
	postgres_clock_take(&clock, MORNING, 5 * SECOND);
	assert_false(postgres_clock_is_stale(&clock, 65 * SECOND));
	assert_true(postgres_clock_is_stale(&clock, 65 * SECOND + 1));
}

static void test_it_is_set(void **state)
{
	struct postgres_clock clock = {0};

	(void)state;
	postgres_clock_take(&clock, MORNING, 5 * SECOND);
	postgres_clock_take(&clock, MORNING - 60 * SECOND, 6 * SECOND);
	assert_int_equal(postgres_clock_after(&clock, 6 * SECOND, 0), MORNING - 60 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unread_is_stale),
	    cmocka_unit_test(test_it_goes_on),
	    cmocka_unit_test(test_it_grows_stale),
	    cmocka_unit_test(test_it_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
