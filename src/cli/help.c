/* `allim help COMMAND` is `allim COMMAND --help`: it runs the command with that flag. */
#include "cli/help.h"

#include "cli/command.h"

#include <stddef.h>

void help_append(struct buffer *buffer)
{
	buffer_append_string(buffer, "allim keeps each user's notifications and delivers them.\n\n"
				     "usage: allim COMMAND [FLAG...]\n\n");
	command_append_list(buffer, SLICE(""));
	buffer_append_string(buffer, "\nallim COMMAND --help explains one.\n\nexit status\n");
	command_append_exits(buffer);
	buffer_append_string(buffer, "\nenvironment\n");
	command_append_variables(buffer);
}

static int explain_all(const struct command *command)
{
	struct buffer help = BUFFER_EMPTY;

	help_append(&help);
	return command_print_last(command, &help);
}

static int explain_group(const struct command *command, const char *group)
{
	struct buffer help = BUFFER_EMPTY;

	buffer_append_format(&help, "usage: allim %s COMMAND [FLAG...]\n\n", group);
	command_append_list(&help, slice_from_string(group));
	return command_print_last(command, &help);
}

int help_run(const struct command *command, char **arguments)
{
	char flag[] = "--help";
	char *only_help[] = {flag, NULL};
	const struct command *explained;
	struct error error;
	size_t words;
	int result = command_read_flags(command, arguments, NULL, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (arguments[0] == NULL)
		return explain_all(command);
	if (arguments[1] == NULL && command_is_group(slice_from_string(arguments[0])))
		return explain_group(command, arguments[0]);
	explained = command_find(arguments, &words, &error);
	if (explained == NULL)
		return command_fail(command, COMMAND_MISUSED, "%s", error.text);
	if (arguments[words] != NULL)
		return command_misuse(command, "\"%.60s\" is one argument too many",
				      arguments[words]);
	return explained->run(explained, only_help);
}

const struct cli_flag help_flags[] = {{.name = NULL}};
