#include "advisor/capacity_json.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <math.h>

static struct capacities taken(enum capacity capacity, double value)
{
	struct capacities capacities;

	capacity_init(&capacities);
	capacity_take(&capacities, capacity, value);
	return capacities;
}

static void assert_taken(enum capacity capacity, double value, double expected)
{
	struct capacities capacities = taken(capacity, value);

	assert_true(fabs(capacities.values[capacity] - expected) < 1e-9);
}

static void values_are_in_units_for_people(void **state)
{
	(void)state;
	assert_taken(CAPACITY_STREAM_MEMORY, 512, 0.5);
	assert_taken(CAPACITY_POLLS, 160000, 160000);
	assert_taken(CAPACITY_STREAM_FRAMES, 5, 200000);
	assert_taken(CAPACITY_MESSAGE_TIME, 100000, 0.01);
}

static void nothing_is_shown_by_nothing(void **state)
{
	(void)state;
	assert_true(isnan(taken(CAPACITY_POLLS, 0).values[CAPACITY_POLLS]));
	assert_true(isnan(taken(CAPACITY_STREAM_MEMORY, -3).values[CAPACITY_STREAM_MEMORY]));
	assert_true(isnan(taken(CAPACITY_STREAM_FRAMES, 0).values[CAPACITY_STREAM_FRAMES]));
	assert_true(isnan(taken(CAPACITY_POLLS, NAN).values[CAPACITY_POLLS]));
	assert_true(isnan(taken(CAPACITY_POLLS, 1).values[CAPACITY_PUBLISHES]));
}

static void the_guide_is_beside_it(void **state)
{
	struct situation situation;

	(void)state;
	situation_init(&situation);
	assert_true(capacity_thumb(CAPACITY_STREAM_MEMORY) == 2);
	assert_true(capacity_thumb(CAPACITY_SOCKET_MEMORY) == 5);
	assert_true(capacity_thumb(CAPACITY_MESSAGE_TIME) == 0.1);
	assert_true(capacity_thumb(CAPACITY_POLLS) == 100);
	assert_true(isnan(capacity_thumb(CAPACITY_PUBLISHES)));
	assert_true(isnan(capacity_needed(CAPACITY_POLLS, &situation)));
	situation.values[FIGURE_USERS] = 3000;
	situation.values[FIGURE_NOTIFICATIONS] = 20;
	assert_true(capacity_needed(CAPACITY_POLLS, &situation) == 300);
	assert_true(capacity_needed(CAPACITY_SOCKET_FRAMES, &situation) == 30);
	assert_true(isnan(capacity_needed(CAPACITY_STREAM_MEMORY, &situation)));
}

/* What somebody entered or measured elsewhere is not overruled. */
static void it_takes_the_place_of_assumptions(void **state)
{
	struct capacities capacities = taken(CAPACITY_STREAM_MEMORY, 512);
	struct situation situation;
	struct error error;

	(void)state;
	capacity_take(&capacities, CAPACITY_SOCKET_MEMORY, 1024);
	situation_init(&situation);
	situation_set(&situation, FIGURE_SOCKET_KILOBYTES, 7, FIGURE_ENTERED, &error);
	capacity_apply(&capacities, &situation);
	assert_true(situation.values[FIGURE_STREAM_KILOBYTES] == 0.5);
	assert_int_equal(situation.sources[FIGURE_STREAM_KILOBYTES], FIGURE_MEASURED);
	assert_true(situation.values[FIGURE_SOCKET_KILOBYTES] == 7);
	assert_true(situation.values[FIGURE_MESSAGE_TIME] == 0.1);
	assert_int_equal(situation.sources[FIGURE_MESSAGE_TIME], FIGURE_ASSUMED);
}

static void assert_number(const json_t *object, const char *name, double expected)
{
	const json_t *number = json_object_get(object, name);

	if (isnan(expected))
		assert_true(json_is_null(number));
	else
		assert_true(json_is_number(number) && json_number_value(number) == expected);
}

static void it_is_written_as_json(void **state)
{
	struct capacities capacities = taken(CAPACITY_POLLS, 160000);
	struct situation situation;
	json_t *json;
	const json_t *polls;

	(void)state;
	situation_init(&situation);
	situation.values[FIGURE_USERS] = 3000;
	json = capacity_json_create(&capacities, &situation);
	polls = json_object_get(json, "polls");
	assert_int_equal(json_object_size(json), CAPACITIES);
	assert_number(polls, "value", 160000);
	assert_number(polls, "rule_of_thumb", 100);
	assert_number(polls, "needed", 300);
	assert_string_equal(json_string_value(json_object_get(polls, "unit")), "requests/s");
	assert_string_equal(json_string_value(json_object_get(polls, "measure")), "poll_1000");
	assert_number(json_object_get(json, "delivery"), "value", NAN);
	json_decref(json);
}

static void memory_may_be_short(void **state)
{
	struct capacities capacities = taken(CAPACITY_POLLS, 160000);
	struct situation situation;
	bool failed = true;

	(void)state;
	situation_init(&situation);
	failing_allocator_adopt_jansson();
	for (unsigned n = 1; failed; n++) {
		json_t *json;

		failing_allocator_fail_at(n);
		json = capacity_json_create(&capacities, &situation);
		failed = failing_allocator_reset();
		assert_int_equal(json == NULL, failed);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_in_units_for_people),
	    cmocka_unit_test(nothing_is_shown_by_nothing),
	    cmocka_unit_test(the_guide_is_beside_it),
	    cmocka_unit_test(it_takes_the_place_of_assumptions),
	    cmocka_unit_test(it_is_written_as_json),
	    cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
