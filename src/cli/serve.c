/* Flags that are not serve's own are settings; the table of settings reads and explains them. */
#include "cli/command.h"

#include "cli/sources.h"
#include "config/settings_reference.h"
#include "config/settings_table.h"
#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Each setting can be given by its name and by a few shorter ones; more flags are a mistake. */
enum { SETTING_FLAGS = 2 * SETTINGS_COUNT };

struct options {
	bool demo;
	const char *config;
	struct settings_flag flags[SETTING_FLAGS];
	size_t flag_count;
};

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
	struct options *options = context;
	struct settings_flag *flag = &options->flags[options->flag_count];
	const char *own_names[FLAGS_NAMES_MOST];
	int taken;

	if (options->flag_count == SETTING_FLAGS)
		return error_set(error, -EINVAL, "more than %d settings are given", SETTING_FLAGS);
	flags_names(serve_flags, own_names);
	taken = settings_read_flag(flag, arguments, own_names, error);
	if (taken == 2 && flags_check_value(flag->name, flag->value, error) < 0)
		return -EINVAL;
	if (taken < 0 || check_value(flag, error) < 0)
		return -EINVAL;
	options->flag_count++;
	return taken;
}

static void append_settings(struct buffer *buffer)
{
	buffer_append_string(buffer, "\nsettings\n");
	settings_reference_append_help(buffer);
}

/* Port 0 is only known now, so whoever starts a node reads its address from this line. */
static void on_ready(const char *address, const char *admin_address)
{
	printf("allim is ready: http://%s (admin http://%s)\n", address, admin_address);
	fflush(stdout);
}

static int serve(const struct command *command, const struct options *options)
{
	struct server_options server = {.demo = options->demo, .on_ready = on_ready};
	struct error error;
	int result = sources_init(&server.sources, options->config);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", strerror(-result));
	server.sources.flags = options->flags;
	server.sources.flag_count = options->flag_count;
	result = server_run(&server, &error);
	sources_finish(&server.sources);
	return result < 0 ? command_fail(command, COMMAND_FAILED, "%s", error.text) : COMMAND_DONE;
}

int serve_run(const struct command *command, char **arguments)
{
	struct options options = {.demo = false};
	const struct flags_others others = {read_setting, append_settings, &options};
	struct error error;
	int result = command_read_flags(command, arguments, &options, &others);

	if (result != COMMAND_GOES_ON)
		return result;
	if (settings_check_flags(options.flags, options.flag_count, &error) < 0)
		return command_misuse(command, "%s", error.text);
	return serve(command, &options);
}

const struct cli_flag serve_flags[] = {
    {.name = "demo",
     .help = "let demo users log in and publish, and serve a page to try it; loopback only",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, demo)},
    {.name = "config",
     .value_name = "FILE",
     .help = "the settings file (ALLIM_CONFIG); variables and flags overrule it",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, config)},
    {.name = NULL},
};
