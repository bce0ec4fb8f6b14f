/* The table of commands, and what all of them share: reading their flags, saying what went wrong,
 * and printing.
 *
 * Standard output is data, standard error is talk. All of this runs on the main thread. */
#ifndef ALLIM_CLI_COMMAND_H
#define ALLIM_CLI_COMMAND_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/flags.h"

enum command_exit {
	COMMAND_GOES_ON = -1, /* no exit status yet */
#define COMMAND_EXIT(name_, code_, meaning_) COMMAND_##name_ = (code_),
#include "cli/commands.def"
};

struct command {
	const char *name;
	/* `arguments` are those behind the name, NULL at the end; they may be reordered. Returns
	 * the exit status. */
	int (*run)(const struct command *command, char **arguments);
	const struct cli_flag *flags;
	size_t operands;
	const char *usage;
	const char *summary;
	const char *example;
};

enum {
#define COMMAND(name_, prefix_, ...) COMMAND_ROW_##prefix_,
#include "cli/commands.def"
	COMMAND_COUNT
};

extern const struct command command_table[COMMAND_COUNT];

/* Each command is a file that has these two. */
#define COMMAND(name_, prefix_, ...)                                        \
	int prefix_##_run(const struct command *command, char **arguments); \
	extern const struct cli_flag prefix_##_flags[];
#include "cli/commands.def"

/* Finds the command that `arguments` begins with, and how many words its name has. Returns NULL
 * with a sentence that names the nearest where there is none. */
const struct command *command_find(char *const *arguments, size_t *ret_words, struct error *error);

/* Whether `word` is the first of the names of several commands, as `token` is. */
bool command_is_group(struct slice word);

/* Append what --help shows: of a group, of one command, and of allim (with an empty group). */
void command_append_list(struct buffer *buffer, struct slice group);
void command_append_help(struct buffer *buffer, const struct command *command);
void command_append_exits(struct buffer *buffer);
void command_append_variables(struct buffer *buffer);

/* The variable's value, or NULL where it is absent or empty. */
const char *command_variable(const char *name);

/* Whether commands read that variable and settings do not. */
bool command_has_variable(struct slice name);

/* Reads the flags into `options`, whose members hold the defaults. Returns COMMAND_GOES_ON, with
 * the operands alone left in `arguments`, or the exit status after --help or a mistake. `others`
 * reads flags that are not in the command's table, or is NULL. */
int command_read_flags(const struct command *command, char **arguments, void *options,
		       const struct flags_others *others);

/* Says it in one line on standard error, with unprintable characters escaped, and returns `code`.
 */
int command_fail(const struct command *command, enum command_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says what happens, in the same way, and goes on. */
void command_say(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a wrong command line, with where to find help. */
int command_misuse(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints the buffer on standard output at once, and frees it. Returns COMMAND_GOES_ON, or the exit
 * status: COMMAND_DONE, quietly, when nobody reads any more. */
int command_print(const struct command *command, struct buffer *buffer);

/* The same for the last output of a command: COMMAND_DONE where all is printed. */
int command_print_last(const struct command *command, struct buffer *buffer);

#endif
