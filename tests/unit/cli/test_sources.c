#include "cli/sources.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

static bool has(const struct settings_sources *sources, const char *variable)
{
	char *const *row = sources->environment;

	while (*row != NULL && strcmp(*row, variable) != 0)
		row++;
	return *row != NULL;
}

static void variables_of_commands_are_kept_back(void **state)
{
	struct settings_sources sources;
	struct settings settings;
	struct error error = {""};

	(void)state;
	setenv("ALLIM_TOKEN", "t", 1);
	setenv("ALLIM_URL", "http://h", 1);
	setenv("ALLIM_LOG_LEVEL", "error", 1);
	assert_int_equal(sources_init(&sources, NULL), 0);
	assert_false(has(&sources, "ALLIM_TOKEN=t"));
	assert_true(has(&sources, "ALLIM_LOG_LEVEL=error"));
	assert_int_equal(settings_load(&settings, &sources, &error), 0);
	settings_finish(&settings);
	sources_finish(&sources);
}

static void the_flag_overrules_the_variable(void **state)
{
	struct settings_sources sources;

	(void)state;
	setenv("ALLIM_CONFIG", "a.yaml", 1);
	assert_int_equal(sources_init(&sources, "b.yaml"), 0);
	assert_string_equal(sources.file, "b.yaml");
	sources_finish(&sources);
	assert_int_equal(sources_init(&sources, NULL), 0);
	assert_string_equal(sources.file, "a.yaml");
	sources_finish(&sources);
	setenv("ALLIM_CONFIG", "", 1);
	assert_int_equal(sources_init(&sources, NULL), 0);
	assert_null(sources.file);
	sources_finish(&sources);
}

static void memory_may_be_short(void **state)
{
	struct settings_sources sources;

	(void)state;
	failing_allocator_fail_at(1);
	assert_int_equal(sources_init(&sources, NULL), -ENOMEM);
	failing_allocator_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(variables_of_commands_are_kept_back),
	    cmocka_unit_test(the_flag_overrules_the_variable),
	    cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
