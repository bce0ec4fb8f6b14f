#include "lib/assertions.h"
#include "running.h"

static void the_version_is_one_line(void **state)
{
	const struct running *running = RUN("version");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "allim " ALLIM_VERSION "\n");
}

static void libraries_are_named_on_request(void **state)
{
	static const char *const names[] = {"SQLite",  "OpenSSL", "libsodium",
					    "jansson", "libyaml", NULL};
	const struct running *running = RUN("version", "--verbose");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	for (const char *const *name = names; *name != NULL; name++)
		running_assert_contains(running->output, *name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_version_is_one_line),
	    cmocka_unit_test(libraries_are_named_on_request),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
