/* Figures of a system as flags, --users 3000 --latency 2s --redis no, or from a file. */
#ifndef ALLIM_CLI_FIGURE_FLAGS_H
#define ALLIM_CLI_FIGURE_FLAGS_H

#include "advisor/observation.h"
#include "cli/command.h"

/* Reads the command's own flags into `options`, and makes a situation of the rules of thumb, the
 * file that `*from` then names (NULL: none), and the figures among the flags, which overrule it.
 * `ret_observations` is what the file says beside figures, or NULL. Returns COMMAND_GOES_ON, or the
 * exit status. */
int figure_flags_read(struct situation *ret_situation, struct observations *ret_observations,
		      const struct command *command, char **arguments, void *options,
		      const char *const *from);

/* Appends the flags that say what was entered, each behind a blank: " --users 3000 --redis no". */
void figure_flags_append(struct buffer *buffer, const struct situation *situation);

#endif
