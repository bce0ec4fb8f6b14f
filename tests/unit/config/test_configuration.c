#include "config/configuration.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

/* Whoever releases last frees, and a sanitizer sees whether somebody does. */
static void test_the_last_user_frees(void **state)
{
	struct settings_sources sources = {.content = SLICE("method: poll\n")};
	struct configuration *configuration;
	struct error error = {""};

	(void)state;
	assert_int_equal(configuration_load(&sources, &configuration, &error), 0);
	assert_ptr_equal(configuration_reference(configuration), configuration);
	configuration_release(configuration);
	assert_string_equal(configuration->settings.method, "poll");
	configuration_release(configuration);
	configuration_release(NULL);
}

static void test_what_will_not_do(void **state)
{
	struct settings_sources sources = {.content = SLICE("methot: poll\n")};
	struct configuration *configuration = NULL;
	struct error error = {""};

	(void)state;
	assert_int_equal(configuration_load(&sources, &configuration, &error), -EINVAL);
	assert_null(configuration);
	assert_non_null(strstr(error.text, "methot"));
}

static void test_out_of_memory(void **state)
{
	struct settings_sources sources = {.content = SLICE("method: poll\n")};

	(void)state;
	for (unsigned n = 1;; n++) {
		struct configuration *configuration = NULL;
		struct error error = {""};
		int result;

		failing_allocator_fail_at(n);
		result = configuration_load(&sources, &configuration, &error);
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			configuration_release(configuration);
			break;
		}
		assert_int_equal(result, -ENOMEM);
		assert_null(configuration);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_last_user_frees),
	    cmocka_unit_test(test_what_will_not_do),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
