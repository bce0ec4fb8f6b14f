#include "cli/help.h"

#include "lib/assertions.h"
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

static void everything_is_listed(void **state)
{
	const struct running *running = RUN("help");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		running_assert_contains(running->output, command_table[i].name);
		running_assert_contains(running->output, command_table[i].summary);
	}
	running_assert_contains(running->output, "  4  the server cannot be reached\n");
	running_assert_contains(running->output, "NO_COLOR");
}

static void a_command_is_explained_by_itself(void **state)
{
	char *text = strdup(RUN("token", "make", "--help")->output);

	(void)state;
	assert_string_equal(RUN("help", "token", "make")->output, text);
	free(text);
	running_assert_contains(RUN("help", "serve")->output, "\nsettings\n");
}

static void a_group_lists_its_commands(void **state)
{
	const struct running *running = RUN("help", "config");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(running->output, "usage: allim config COMMAND");
	running_assert_contains(running->output, "  config check ");
	assert_null(strstr(running->output, "token"));
}

static void mistakes_are_told(void **state)
{
	(void)state;
	assert_int_equal(RUN("help", "publsh")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("help", "token", "mkae")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("help", "stats", "x")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("help", "--x")->status, COMMAND_MISUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_is_listed),
	    cmocka_unit_test(a_command_is_explained_by_itself),
	    cmocka_unit_test(a_group_lists_its_commands),
	    cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
