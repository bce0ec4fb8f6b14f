/* Figures of a system as flags: --users 3000 --latency 2s --redis no. */
#ifndef ALLIM_CLI_FIGURE_FLAGS_H
#define ALLIM_CLI_FIGURE_FLAGS_H

#include "advisor/situation.h"
#include "cli/command.h"

/* Reads the command's own flags into `options`, and all figures into the situation, whose other
 * figures stay as they are. Returns COMMAND_GOES_ON, or the exit status. */
int figure_flags_read(struct situation *situation, const struct command *command, char **arguments,
		      void *options);

#endif
