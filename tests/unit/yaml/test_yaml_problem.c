#include "yaml/yaml_problem.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static void a_place_begins_the_line(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(
	    yaml_problem(&error, (struct yaml_place){SLICE("a\nb.yaml"), 7, 3}, "%d is odd", 1),
	    -EINVAL);
	assert_string_equal(error.text, "a?b.yaml:7:3: 1 is odd");
	yaml_problem(&error, (struct yaml_place){SLICE("b.yaml"), 0, 0}, "empty");
	assert_string_equal(error.text, "b.yaml: empty");
}

static void a_shortage_of_memory_is_said(void **state)
{
	struct error error;
	int result;

	(void)state;
	failing_allocator_fail_at(1);
	result = yaml_problem(&error, (struct yaml_place){SLICE("b.yaml"), 0, 0}, "empty");
	failing_allocator_reset();
	assert_int_equal(result, -ENOMEM);
	assert_string_equal(error.text, "out of memory while reading a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_place_begins_the_line),
	    cmocka_unit_test(a_shortage_of_memory_is_said),
	};

	return cmocka_run_group_tests_name("yaml_problem", tests, NULL, NULL);
}
