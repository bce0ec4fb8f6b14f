#include "config/settings_problem.h"

#include "lib/assertions.h"

#include <errno.h>

static void places_begin_the_line(void **state)
{
	struct settings_origin origins[] = {{SETTINGS_FROM_FILE, SLICE("a\nb.yaml"), 7, 3},
					    {SETTINGS_FROM_FILE, SLICE("b.yaml"), 0, 0},
					    {SETTINGS_FROM_VARIABLE, SLICE("ALLIM_X"), 0, 0},
					    {SETTINGS_FROM_FLAG, SLICE("listen"), 0, 0},
					    {SETTINGS_FROM_DEFAULT, SLICE(""), 0, 0}};
	static const char *const places[] = {"a?b.yaml:7:3: 1", "b.yaml: 1", "ALLIM_X: 1",
					     "--listen: 1", "default settings: 1"};
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_int_equal(settings_problem(&error, &origins[i], -EACCES, "%d", 1), -EACCES);
		assert_string_equal(error.text, places[i]);
	}
}

static void a_value_is_told_with_what_is_accepted(void **state)
{
	const struct setting *setting = settings_table_find(SLICE("http.workers"));
	struct settings_origin file = {SETTINGS_FROM_FILE, SLICE("a.yaml"), 1, 2};
	struct settings_origin flag = {SETTINGS_FROM_FLAG, SLICE("http-workers"), 0, 0};
	struct error error;

	(void)state;
	assert_int_equal(settings_problem_value(&error, &file, setting, "wrong"), -EINVAL);
	assert_string_equal(error.text,
			    "a.yaml:1:2: http.workers: wrong; accepted is 0 to 256 threads");
	assert_int_equal(settings_problem_value(&error, &flag, setting, "wrong"), -EINVAL);
	assert_string_equal(error.text, "--http-workers: wrong; accepted is 0 to 256 threads");
}

static void a_sentence_that_is_too_long_is_cut(void **state)
{
	struct settings_origin file = {SETTINGS_FROM_FILE, {NULL, 0}, 1, 2};
	struct error error;
	char name[1000];

	(void)state;
	memset(name, 'x', sizeof(name));
	file.name = slice_from_bytes(name, sizeof(name));
	assert_int_equal(settings_problem(&error, &file, -EINVAL, "text"), -EINVAL);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places_begin_the_line),
	    cmocka_unit_test(a_value_is_told_with_what_is_accepted),
	    cmocka_unit_test(a_sentence_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
