#include "survey/survey_nodes.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>

static int take(struct survey_nodes *nodes, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	int result;

	assert_non_null(json);
	result = survey_nodes_take(nodes, json);
	json_decref(json);
	return result;
}

static void the_most_of_all_samples_is_kept(void **state)
{
	struct observations observations;
	struct survey_nodes nodes;

	(void)state;
	observations_init(&observations);
	survey_nodes_init(&nodes);
	assert_int_equal(take(&nodes, "{\"cluster\":{\"users\":20,\"nodes\":2,"
				      "\"deliveries_per_second\":5,\"tabs_per_user\":1.5}}"),
			 0);
	assert_int_equal(take(&nodes, "{\"cluster\":{\"users\":10,\"nodes\":3,"
				      "\"deliveries_per_second\":7,\"tabs_per_user\":null}}"),
			 0);
	survey_nodes_observe(&nodes, 2, &observations);
	assert_true(observations.items[OBSERVATION_PEAK_USERS].value == 20);
	assert_int_equal(observations.items[OBSERVATION_PEAK_USERS].state, OBSERVATION_SAMPLED);
	assert_true(observations.items[OBSERVATION_SERVERS].value == 3);
	assert_true(observations.items[OBSERVATION_TRAFFIC].value == 7);
	assert_true(observations.items[OBSERVATION_TABS].value == 1.5);
}

static void a_table_of_activity_goes_before(void **state)
{
	struct observations observations;
	struct survey_nodes nodes;

	(void)state;
	observations_init(&observations);
	observations_note(&observations, OBSERVATION_PEAK_USERS, 900, OBSERVATION_MEASURED, " ");
	survey_nodes_init(&nodes);
	assert_int_equal(take(&nodes, "{\"cluster\":{\"users\":20,\"nodes\":2}}"), 0);
	survey_nodes_observe(&nodes, 2, &observations);
	assert_true(observations.items[OBSERVATION_PEAK_USERS].value == 900);
	assert_string_equal(observations.items[OBSERVATION_TABS].note, "nobody is connected");
}

static void what_is_not_told_stays_open(void **state)
{
	struct observations observations;
	struct survey_nodes nodes;

	(void)state;
	observations_init(&observations);
	survey_nodes_init(&nodes);
	assert_int_equal(take(&nodes, "{\"cluster\":{\"users\":-1,\"nodes\":\"two\"}}"), 0);
	survey_nodes_observe(&nodes, 2, &observations);
	assert_int_equal(observations.items[OBSERVATION_SERVERS].state, OBSERVATION_OPEN);
	assert_int_equal(observations.items[OBSERVATION_TRAFFIC].state, OBSERVATION_OPEN);
	assert_int_equal(observations.items[OBSERVATION_PEAK_USERS].state, OBSERVATION_OPEN);
}

static void what_is_not_of_allim_is_refused(void **state)
{
	struct observations observations;
	struct survey_nodes nodes;

	(void)state;
	observations_init(&observations);
	survey_nodes_init(&nodes);
	assert_int_equal(take(&nodes, "{}"), -EINVAL);
	assert_int_equal(take(&nodes, "[]"), -EINVAL);
	assert_int_equal(survey_nodes_take(&nodes, NULL), -EINVAL);
	survey_nodes_observe(&nodes, 2, &observations);
	assert_int_equal(observations.items[OBSERVATION_SERVERS].state, OBSERVATION_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_most_of_all_samples_is_kept),
	    cmocka_unit_test(a_table_of_activity_goes_before),
	    cmocka_unit_test(what_is_not_told_stays_open),
	    cmocka_unit_test(what_is_not_of_allim_is_refused),
	};

	return cmocka_run_group_tests_name("survey_nodes", tests, NULL, NULL);
}
