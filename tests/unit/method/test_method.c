#include "method/method.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

/* Each row is found by its name; the suite of tests/conformance/method looks at what it is. */
static void test_rows(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct method *method = method_table; method->name != NULL; method++) {
		const struct method *found = NULL;
		struct error error;

		assert_int_equal(method_find(slice_from_string(method->name), &found, &error), 0);
		assert_ptr_equal(found, method);
		count++;
	}
	assert_true(count >= 2);
}

static void test_unknown(void **state)
{
	static const char *const names[] = {"", "pol", "polls", "websockets", "poll\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct method *found = NULL;
		struct error error = {""};

		assert_int_equal(method_find(slice_from_string(names[i]), &found, &error), -EINVAL);
		assert_null(found);
		assert_non_null(strstr(error.text, names[i]));
		for (const struct method *row = method_table; row->name != NULL; row++)
			assert_non_null(strstr(error.text, row->name));
	}
}

static void test_list_of_names(void **state)
{
	const struct method *found;
	struct error error;
	struct buffer expected = BUFFER_EMPTY;

	(void)state;
	buffer_append_format(&expected, "choose one of %s, %s", method_table[0].name,
			     method_table[1].name);
	buffer_append(&expected, slice_from_bytes("", 1));
	assert_int_equal(method_find(SLICE("none"), &found, &error), -EINVAL);
	assert_non_null(strstr(error.text, expected.data));
	buffer_finish(&expected);
}

/* Without memory the sentence is shorter, and no less true. */
static void test_out_of_memory(void **state)
{
	const struct method *found = NULL;
	struct error error = {""};

	(void)state;
	failing_allocator_fail_at(1);
	assert_int_equal(method_find(SLICE("none"), &found, &error), -EINVAL);
	assert_true(failing_allocator_reset());
	assert_non_null(strstr(error.text, "unknown method \"none\""));
	failing_allocator_fail_at(1);
	assert_int_equal(method_find(slice_from_string(method_table[1].name), &found, &error), 0);
	failing_allocator_reset();
	assert_ptr_equal(found, &method_table[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_list_of_names),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
