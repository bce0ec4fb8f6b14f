#include "config/settings_table.h"

#include "lib/assertions.h"
#include "running.h"

#include <stdlib.h>

static void its_help_lists_every_setting(void **state)
{
	const struct running *running = RUN("serve", "--help");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		char flag[SETTINGS_NAME_BYTES];

		if (settings_table[i].type->secret)
			continue;
		settings_table_flag(&settings_table[i], flag);
		running_assert_contains(running->output, flag);
	}
	running_assert_contains(running->output, "  --demo ");
}

static void mistakes_start_nothing(void **state)
{
	const struct running *running = RUN("serve", "--listne=127.0.0.1:0");

	(void)state;
	assert_int_equal(running->status, COMMAND_MISUSED);
	running_assert_contains(running->errors, "--listen");
	running = RUN("serve", "--dem");
	assert_int_equal(running->status, COMMAND_MISUSED);
	running_assert_contains(running->errors, "--demo");
	assert_int_equal(RUN("serve", "now")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("serve", "--http-listen")->status, COMMAND_MISUSED);
	running = RUN("serve", "--http-workers=many");
	assert_int_equal(running->status, COMMAND_MISUSED);
	running_assert_contains(running->errors, "allim serve: --http-workers");
}

static void bad_settings_are_one_line_and_status_1(void **state)
{
	const struct running *running;

	(void)state;
	setenv("ALLIM_HTTP_WORKERS", "many", 1);
	running = RUN("serve");
	unsetenv("ALLIM_HTTP_WORKERS");
	assert_int_equal(running->status, COMMAND_FAILED);
	assert_string_equal(running->output, "");
	running_assert_contains(running->errors, "allim serve: ALLIM_HTTP_WORKERS");
	assert_int_equal(RUN("serve", "--config", "/nowhere.yaml")->status, COMMAND_FAILED);
	assert_int_equal(RUN("serve", "--http-listen=0.0.0.0:1")->status, COMMAND_FAILED);
}

static void endless_flags_are_refused(void **state)
{
	char *arguments[2 * SETTINGS_COUNT + 2] = {NULL};
	static char flag[] = "--log-level=error";
	const struct command *command = &command_table[COMMAND_ROW_serve];

	(void)state;
	for (size_t i = 0; i <= 2 * SETTINGS_COUNT; i++)
		arguments[i] = flag;
	assert_int_equal(command->run(command, arguments), COMMAND_MISUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_help_lists_every_setting),
	    cmocka_unit_test(mistakes_start_nothing),
	    cmocka_unit_test(bad_settings_are_one_line_and_status_1),
	    cmocka_unit_test(endless_flags_are_refused),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
