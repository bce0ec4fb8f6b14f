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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_found_by_its_name),
	};

	return cmocka_run_group_tests_name("advisor_method", tests, NULL, NULL);
}
