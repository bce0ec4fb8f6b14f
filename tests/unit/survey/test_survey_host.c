#include "survey/survey_host.h"

#include "lib/assertions.h"

#include <stdlib.h>
#include <unistd.h>

static void the_machine_is_seen(void **state)
{
	struct observations observations;

	(void)state;
	observations_init(&observations);
	survey_host_observe(&observations);
	assert_true(observations.items[OBSERVATION_CORES].value >= 1);
	assert_true(observations.items[OBSERVATION_CORES].value <=
		    (double)sysconf(_SC_NPROCESSORS_CONF));
	assert_true(observations.items[OBSERVATION_MEMORY].value > 0.01);
	assert_int_equal(observations.items[OBSERVATION_DATABASE_CPU].state, OBSERVATION_OPEN);
}

static void pools_are_in_the_environment(void **state)
{
	struct observations observations;

	(void)state;
	observations_init(&observations);
	setenv("DB_POOL_SIZE", "20", 1);
	setenv("DB_MAX_OVERFLOW", "-1", 1);
	survey_host_observe(&observations);
	assert_true(observations.items[OBSERVATION_POOL].value == 20);
	assert_string_equal(observations.items[OBSERVATION_POOL_OVERFLOW].note,
			    "DB_MAX_OVERFLOW is no whole number");
	unsetenv("DB_POOL_SIZE");
	observations_init(&observations);
	survey_host_observe(&observations);
	assert_string_equal(observations.items[OBSERVATION_POOL].note,
			    "DB_POOL_SIZE is not in the environment");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_machine_is_seen),
	    cmocka_unit_test(pools_are_in_the_environment),
	};

	return cmocka_run_group_tests_name("survey_host", tests, NULL, NULL);
}
