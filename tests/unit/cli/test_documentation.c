/* docs/cli.md holds what the tables generate, so that it cannot say something else. */
#include "cli/command.h"

#include "lib/assertions.h"

#include <stdio.h>
#include <stdlib.h>

static char page[64 * 1024];

static void assert_documented(struct buffer *text)
{
	buffer_append_byte(text, '\0');
	assert_false(buffer_failed(text));
	if (strstr(page, text->data) == NULL)
		fail_msg("docs/cli.md does not contain:\n%s", text->data);
	buffer_finish(text);
}

static void every_help_is_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct buffer text = BUFFER_EMPTY;

		command_append_help(&text, &command_table[i]);
		assert_documented(&text);
	}
}

static void statuses_and_variables_are_in_it(void **state)
{
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	command_append_exits(&text);
	assert_documented(&text);
	command_append_variables(&text);
	assert_documented(&text);
}

static int read_page(void **state)
{
	FILE *file = fopen(SOURCE_ROOT "/docs/cli.md", "r");
	size_t length;

	(void)state;
	if (file == NULL)
		return -1;
	length = fread(page, 1, sizeof(page) - 1, file);
	page[length] = '\0';
	return fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_help_is_in_it),
	    cmocka_unit_test(statuses_and_variables_are_in_it),
	};

	return cmocka_run_group_tests_name("documentation", tests, read_page, NULL);
}
