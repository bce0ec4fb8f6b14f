/* Finds the command and runs it; see commands.def for what there is.
 *
 * SIGPIPE is ignored, so that a reader who goes away is an error of the write, which ends a command
 * quietly (command_print). */
#include "cli/command.h"
#include "cli/help.h"
#include "core/json_reader.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Without a command, nothing was asked: the help then is talk, and the status says so. */
static int complain(void)
{
	struct buffer help = BUFFER_EMPTY;

	help_append(&help);
	fwrite(help.data, 1, help.length, stderr);
	buffer_finish(&help);
	return COMMAND_MISUSED;
}

static int run_row(int row, char **arguments)
{
	return command_table[row].run(&command_table[row], arguments);
}

/* `allim GROUP --help` is asked of the command help, which knows of groups. */
static bool asks_about_group(char **arguments)
{
	return command_is_group(slice_from_string(arguments[0])) && arguments[1] != NULL &&
	       arguments[2] == NULL &&
	       (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0);
}

static int run(char **arguments)
{
	const struct command *command;
	struct error error;
	size_t words;

	if (arguments[0] == NULL)
		return complain();
	if (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0)
		return run_row(COMMAND_ROW_help, arguments + 1);
	if (strcmp(arguments[0], "--version") == 0)
		return run_row(COMMAND_ROW_version, arguments + 1);
	if (asks_about_group(arguments)) {
		arguments[1] = NULL;
		return run_row(COMMAND_ROW_help, arguments);
	}
	command = command_find(arguments, &words, &error);
	if (command == NULL)
		return command_fail(NULL, COMMAND_MISUSED, "%s", error.text);
	return command->run(command, arguments + words);
}

/* A file or socket that is opened later must not take the place of a standard stream that is
 * closed. Standard output then cannot be written, so that a command whose output is lost fails. */
static bool open_standard_streams(void)
{
	for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
		int mode = stream == STDOUT_FILENO ? O_RDONLY : O_RDWR;

		if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", mode) < 0)
			return false;
	}
	return true;
}

int main(int count, char **arguments)
{
	if (!open_standard_streams())
		return COMMAND_FAILED;
	signal(SIGPIPE, SIG_IGN);
	json_reader_adopt();
	return count == 0 ? complain() : run(arguments + 1);
}
