#include "store/postgres_upkeep.h"

#include "lib/assertions.h"

#include "base/clock.h"

enum { SOON = 2000, LATER = 4000, HOUR = 3600 * 1000 };

static struct postgres postgres;
static struct postgres_session session = {.postgres = &postgres};
static struct postgres_upkeep upkeep;

static int start(void **state)
{
	(void)state;
	postgres.options.read_only = false;
	postgres_upkeep_init(&upkeep, &session);
	upkeep.next_lease = clock_monotonic() + LATER;
	upkeep.next_round = clock_monotonic() + SOON;
	return 0;
}

static void test_a_keeper_waits_for_its_round(void **state)
{
	(void)state;
	upkeep.is_keeper = true;
	assert_in_range(postgres_upkeep_wait(&upkeep), 1, SOON);
	upkeep.more = true;
	assert_int_equal(postgres_upkeep_wait(&upkeep), 0);
}

/* Or it would lose the lease while it sleeps. */
static void test_a_keeper_renews_its_lease_before_a_late_round(void **state)
{
	(void)state;
	upkeep.is_keeper = true;
	upkeep.next_round = clock_monotonic() + HOUR;
	assert_in_range(postgres_upkeep_wait(&upkeep), SOON, LATER);
}

static void test_who_lost_the_lease_has_nothing_to_do(void **state)
{
	(void)state;
	upkeep.more = true;
	assert_in_range(postgres_upkeep_wait(&upkeep), SOON, LATER);
	upkeep.next_lease = 0;
	assert_int_equal(postgres_upkeep_wait(&upkeep), 0);
}

static void test_who_may_only_read_has_nothing_to_do(void **state)
{
	(void)state;
	postgres.options.read_only = true;
	upkeep.next_lease = 0;
	assert_true(postgres_upkeep_wait(&upkeep) > LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_a_keeper_waits_for_its_round, start),
	    cmocka_unit_test_setup(test_a_keeper_renews_its_lease_before_a_late_round, start),
	    cmocka_unit_test_setup(test_who_lost_the_lease_has_nothing_to_do, start),
	    cmocka_unit_test_setup(test_who_may_only_read_has_nothing_to_do, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
