#include "cli/node_flags.h"

#include <stdio.h>

struct options {
	const char *config;
};

static void on_ready(const char *address, const char *admin_address)
{
	(void)address;
	printf("allim consumes (admin http://%s)\n", admin_address);
	fflush(stdout);
}

int consume_run(const struct command *command, char **arguments)
{
	struct node_flags flags = {.own = consume_flags};
	struct options options = {.config = NULL};
	int result = node_flags_read(&flags, command, arguments, &options);

	if (result != COMMAND_GOES_ON)
		return result;
	return node_flags_run(&flags, command, options.config, SERVER_CONSUMES, on_ready);
}

const struct cli_flag consume_flags[] = {
    {.name = "config",
     .value_name = "FILE",
     .help = "the settings file (ALLIM_CONFIG); variables and flags overrule it",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, config)},
    {.name = NULL},
};
