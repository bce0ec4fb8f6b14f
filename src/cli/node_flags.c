/* A mistake in the flags is told before files and variables are looked at. */
#include "cli/node_flags.h"

#include "cli/sources.h"
#include "config/settings_reference.h"
#include "config/settings_table.h"

#include <errno.h>
#include <string.h>

static int check_value(const struct settings_flag *flag, struct error *error)
{
	const struct settings_type *type = settings_table_find_flag(flag->name)->type;

	if (flag->value == NULL && !type->optional_value && !type->secret)
		return error_set(error, -EINVAL, "--%.*s needs a value: %s", (int)flag->name.length,
				 flag->name.data, type->placeholder);
	return 0;
}

static int read_setting(void *context, char *const *arguments, struct error *error)
{
	struct node_flags *flags = context;
	struct settings_flag *flag = &flags->settings[flags->count];
	const char *own_names[FLAGS_NAMES_MOST];
	int taken;

	if (flags->count == NODE_FLAGS_SETTINGS)
		return error_set(error, -EINVAL, "more than %d settings are given",
				 NODE_FLAGS_SETTINGS);
	flags_names(flags->own, own_names);
	taken = settings_read_flag(flag, arguments, own_names, error);
	if (taken == 2 && flags_check_value(flag->name, flag->value, error) < 0)
		return -EINVAL;
	if (taken < 0 || check_value(flag, error) < 0)
		return -EINVAL;
	flags->count++;
	return taken;
}

static void append_settings(struct buffer *buffer)
{
	buffer_append_string(buffer, "\nsettings\n");
	settings_reference_append_help(buffer);
}

int node_flags_read(struct node_flags *flags, const struct command *command, char **arguments,
		    void *options)
{
	const struct flags_others others = {read_setting, append_settings, flags};
	struct error error;
	int result = command_read_flags(command, arguments, options, &others);

	if (result != COMMAND_GOES_ON)
		return result;
	if (settings_check_flags(flags->settings, flags->count, &error) < 0)
		return command_misuse(command, "%s", error.text);
	return COMMAND_GOES_ON;
}

int node_flags_run(const struct node_flags *flags, const struct command *command,
		   const char *config, enum server_role role,
		   void (*on_ready)(const char *address, const char *admin_address))
{
	struct server_options server = {.role = role, .on_ready = on_ready};
	struct error error;
	int result = sources_init(&server.sources, config);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", strerror(-result));
	server.sources.flags = flags->settings;
	server.sources.flag_count = flags->count;
	result = server_run(&server, &error);
	sources_finish(&server.sources);
	return result < 0 ? command_fail(command, COMMAND_FAILED, "%s", error.text) : COMMAND_DONE;
}
