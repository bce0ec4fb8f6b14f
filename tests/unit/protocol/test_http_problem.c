#include "protocol/http_problem.h"

#include "lib/assertions.h"

static void test_every_row_is_complete(void **state)
{
	(void)state;
	for (int kind = 0; kind < HTTP_PROBLEMS; kind++) {
		const struct http_problem *problem = http_problem_get((enum http_problem_kind)kind);
		struct slice detail = slice_from_string(problem->detail);

		assert_in_range(problem->status, 400, 599);
		assert_true(detail.length > 10);
		assert_int_not_equal(detail.data[detail.length - 1], '.');
		for (const char *c = problem->code; *c != '\0'; c++)
			assert_true((*c >= 'a' && *c <= 'z') || *c == '_');
	}
}

static void test_codes_differ(void **state)
{
	(void)state;
	for (int a = 0; a < HTTP_PROBLEMS; a++) {
		for (int b = 0; b < a; b++)
			assert_string_not_equal(http_problem_get((enum http_problem_kind)a)->code,
						http_problem_get((enum http_problem_kind)b)->code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_row_is_complete),
	    cmocka_unit_test(test_codes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
