#include "cli/node_flags.h"

#include <stdio.h>

struct options {
	bool demo;
	const char *config;
};

/* Port 0 is only known now, so whoever starts a node reads its address from this line. */
static void on_ready(const char *address, const char *admin_address)
{
	printf("allim is ready: http://%s (admin http://%s)\n", address, admin_address);
	fflush(stdout);
}

int serve_run(const struct command *command, char **arguments)
{
	struct node_flags flags = {.own = serve_flags};
	struct options options = {.demo = false};
	int result = node_flags_read(&flags, command, arguments, &options);

	if (result != COMMAND_GOES_ON)
		return result;
	return node_flags_run(&flags, command, options.config,
			      options.demo ? SERVER_SHOWS : SERVER_DELIVERS, on_ready);
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
