/* All three commands show what the settings layer says about its own table. */
#include "cli/command.h"

#include "cli/output.h"
#include "cli/sources.h"
#include "config/settings_reference.h"
#include "server/server.h"

#include <string.h>

static int report(const struct command *command, const char *file)
{
	struct buffer text = BUFFER_EMPTY;

	output_append_visible(&text, slice_from_string(file == NULL ? "environment" : file));
	buffer_append_string(&text, ": fine\n");
	return command_print_last(command, &text);
}

int config_check_run(const struct command *command, char **arguments)
{
	struct settings_sources sources;
	struct settings settings;
	struct error error;
	int result = command_read_flags(command, arguments, NULL, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (sources_init(&sources, arguments[0]) < 0)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	result = settings_load(&settings, &sources, &error);
	if (result == 0) {
		result = server_check(&settings, SERVER_DELIVERS, &error);
		settings_finish(&settings);
	}
	result = result < 0 ? command_fail(command, COMMAND_FAILED, "%s", error.text)
			    : report(command, sources.file);
	sources_finish(&sources);
	return result;
}

int config_default_run(const struct command *command, char **arguments)
{
	struct buffer text = BUFFER_EMPTY;
	struct settings settings;
	int result = command_read_flags(command, arguments, NULL, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	settings_init_defaults(&settings);
	settings_reference_append_yaml(&text, &settings);
	settings_finish(&settings);
	return command_print_last(command, &text);
}

int config_reference_run(const struct command *command, char **arguments)
{
	struct buffer text = BUFFER_EMPTY;
	int result = command_read_flags(command, arguments, NULL, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	settings_reference_append_markdown(&text);
	return command_print_last(command, &text);
}

const struct cli_flag config_check_flags[] = {{.name = NULL}};
const struct cli_flag config_default_flags[] = {{.name = NULL}};
const struct cli_flag config_reference_flags[] = {{.name = NULL}};
