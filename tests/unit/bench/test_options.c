#include "bench/options.h"

#include "lib/assertions.h"

#include <errno.h>

static char *const none[] = {NULL};

static void test_defaults(void **state)
{
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(options_read(&options, none, &error), 0);
	assert_string_equal(options.output, "build/bench.json");
	assert_int_equal(options.memory_high, 18000);
	assert_true(options_select(&options, "poll"));
	assert_false(options.help);
	assert_false(options.needs);
}

static void test_flags(void **state)
{
	char *const arguments[] = {"--only=poll,idle", "--memory-high", "9000", "--quick",
				   "--rounds=7",       "--allim",	"./x",	NULL};
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(options_read(&options, arguments, &error), 0);
	assert_string_equal(options.allim, "./x");
	assert_int_equal(options.memory_high, 9000);
	assert_int_equal(options.rounds, 7);
	assert_int_equal(options.memory_low, 200);
	assert_true(options_select(&options, "poll"));
	assert_true(options_select(&options, "idle"));
	assert_false(options_select(&options, "pol"));
	assert_false(options_select(&options, "memory"));
}

static void test_needs(void **state)
{
	char *const arguments[] = {"--only", "queries", "--needs", NULL};
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(options_read(&options, arguments, &error), 0);
	assert_true(options.needs);
	assert_true(options_select(&options, "queries"));
}

static void test_refusals(void **state)
{
	char *const bad[][3] = {
	    {"--no-such", "1", NULL}, {"--rounds", "many", NULL}, {"--rounds", NULL},
	    {"--rounds=-1", NULL},    {"rounds", "1", NULL},	  {"--rounds=4294967296", NULL},
	};
	struct options options;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error.text[0] = '\0';
		assert_int_equal(options_read(&options, bad[i], &error), -EINVAL);
		assert_true(error.text[0] != '\0');
	}
}

static void test_texts(void **state)
{
	struct buffer help = BUFFER_EMPTY, json = BUFFER_EMPTY;
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(options_read(&options, none, &error), 0);
	options_append_help(&help);
	buffer_append_byte(&help, '\0');
	assert_non_null(strstr(help.data, "--memory-low"));
	assert_non_null(strstr(help.data, "--quick"));
	options_append_json(&options, &json);
	buffer_append_byte(&json, '\0');
	assert_non_null(strstr(json.data, "\"memory_low\":2000"));
	buffer_finish(&help);
	buffer_finish(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults), cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_needs),    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
