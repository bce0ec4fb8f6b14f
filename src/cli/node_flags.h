/* The command line of a node: whatever flag is not the command's own is a setting, which the table
 * of settings reads and explains. */
#ifndef ALLIM_CLI_NODE_FLAGS_H
#define ALLIM_CLI_NODE_FLAGS_H

#include "cli/command.h"
#include "config/settings.h"
#include "server/server.h"

/* Each setting can be given by its name and by a few shorter ones; more flags are a mistake. */
enum { NODE_FLAGS_SETTINGS = 2 * SETTINGS_COUNT };

struct node_flags {
	const struct cli_flag *own; /* the command's table */
	struct settings_flag settings[NODE_FLAGS_SETTINGS];
	size_t count;
};

/* Reads the command line into `options`, where --config and the like go, and into `flags`. Returns
 * like command_read_flags(). */
int node_flags_read(struct node_flags *flags, const struct command *command, char **arguments,
		    void *options);

/* Runs a node of that kind until it ends. Returns the exit status. */
int node_flags_run(const struct node_flags *flags, const struct command *command,
		   const char *config, enum server_role role,
		   void (*on_ready)(const char *address, const char *admin_address));

#endif
