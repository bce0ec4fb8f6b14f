#include "store/postgres_horizon.h"

#include "lib/assertions.h"

static struct postgres_horizon horizon;

static int start(void **state)
{
	(void)state;
	horizon = (struct postgres_horizon){.count = 0};
	return 0;
}

static void test_nothing_is_running(void **state)
{
	(void)state;
	assert_int_equal(postgres_horizon_observe(&horizon, 10, 10, 1000), 0);
	assert_int_equal(postgres_horizon_observe(&horizon, 500, 500, 2000), 0);
}

/* Transaction 12 began between the samples at 1000 and at 2000; how long before, nobody saw. */
static void test_a_transaction_grows_old(void **state)
{
	(void)state;
	postgres_horizon_observe(&horizon, 10, 10, 1000);
	assert_int_equal(postgres_horizon_observe(&horizon, 12, 15, 2000), 0);
	assert_int_equal(postgres_horizon_observe(&horizon, 12, 40, 3000), 1000);
	assert_int_equal(postgres_horizon_observe(&horizon, 12, 90, 9000), 7000);
	/* It ends, and 50 is the oldest now: it began between 3000 and 9000. */
	assert_int_equal(postgres_horizon_observe(&horizon, 50, 99, 10000), 1000);
	assert_int_equal(postgres_horizon_observe(&horizon, 100, 100, 11000), 0);
}

/* A day of samples every five seconds does not fit, but the beginning is kept. */
static void test_it_reaches_back_as_far_as_needed(void **state)
{
	int64_t now = 0;

	(void)state;
	postgres_horizon_observe(&horizon, 5, 5, now);
	for (int64_t next = 6; next < 20000; next++) {
		now += 5000;
		assert_int_equal(postgres_horizon_observe(&horizon, 5, next, now), now - 5000);
		assert_true(horizon.count <= POSTGRES_HORIZON_SAMPLES);
	}
	/* Another one is found as well as the samples allow: too young rather than too old. */
	assert_true(postgres_horizon_observe(&horizon, 10000, 20000, now) <= now - 9995 * 5000);
	assert_true(postgres_horizon_observe(&horizon, 10000, 20000, now) > 0);
}

static void test_it_warns_once(void **state)
{
	(void)state;
	assert_false(postgres_horizon_worsened(&horizon, POSTGRES_HORIZON_OLD - 1));
	assert_true(postgres_horizon_worsened(&horizon, POSTGRES_HORIZON_OLD));
	assert_false(postgres_horizon_worsened(&horizon, POSTGRES_HORIZON_OLD + 5000));
	assert_false(postgres_horizon_worsened(&horizon, 1000));
	assert_true(postgres_horizon_worsened(&horizon, POSTGRES_HORIZON_OLD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_nothing_is_running, start),
	    cmocka_unit_test_setup(test_a_transaction_grows_old, start),
	    cmocka_unit_test_setup(test_it_reaches_back_as_far_as_needed, start),
	    cmocka_unit_test_setup(test_it_warns_once, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
