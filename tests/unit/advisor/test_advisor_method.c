#include "advisor/advisor_method.h"

#include "lib/assertions.h"

#include <errno.h>

static void each_is_found_by_its_name(void **state)
{
	enum advisor_method found = ADVISOR_METHODS;

	(void)state;
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		const char *name = advisor_method_name((enum advisor_method)i);

		assert_int_equal(advisor_method_find(slice_from_string(name), &found), 0);
		assert_int_equal(found, i);
		assert_true(strlen(advisor_method_title(found)) > 0);
	}
	assert_int_equal(advisor_method_find(SLICE("carrier-pigeon"), &found), -ENOENT);
}

static void what_is_in_use_may_be_none(void **state)
{
	enum advisor_method current = ADVISOR_POLL;
	struct error error;

	(void)state;
	assert_int_equal(advisor_method_read_current(SLICE("none"), &current, &error), 0);
	assert_int_equal(current, ADVISOR_METHODS);
	assert_int_equal(advisor_method_read_current(SLICE("sse-redis"), &current, &error), 0);
	assert_int_equal(current, ADVISOR_SSE_REDIS);
	assert_int_equal(advisor_method_read_current(SLICE("None"), &current, &error), -EINVAL);
	assert_string_equal(
	    error.text, "current is none, poll, sse-db, sse-redis, websocket, kafka or rabbitmq");
	assert_int_equal(current, ADVISOR_SSE_REDIS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_found_by_its_name),
	    cmocka_unit_test(what_is_in_use_may_be_none),
	};

	return cmocka_run_group_tests_name("advisor_method", tests, NULL, NULL);
}
