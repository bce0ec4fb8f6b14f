/* Reading flags by a table, from which their help is generated too.
 *
 *	--name VALUE   --name=VALUE   --switch   --  (only operands follow)
 *
 * A value that begins with two dashes must be written behind a '=', because it is more often a
 * forgotten value than meant. */
#ifndef ALLIM_CLI_FLAGS_H
#define ALLIM_CLI_FLAGS_H

#include "base/buffer.h"
#include "base/error.h"

/* The type of the member that a flag fills. */
enum flags_kind {
	FLAGS_SWITCH,	/* bool */
	FLAGS_TEXT,	/* const char *, which points into the arguments */
	FLAGS_TEXTS,	/* struct flags_texts; the flag may be repeated */
	FLAGS_NUMBER,	/* int64_t */
	FLAGS_DURATION, /* int64_t, milliseconds; written with a unit, or in seconds */
	FLAGS_KINDS
};

enum { FLAGS_TEXTS_MOST = 1000 };

struct flags_texts {
	const char *items[FLAGS_TEXTS_MOST];
	size_t count;
};

struct cli_flag {
	const char *name;	/* without dashes; NULL ends a table */
	const char *value_name; /* for the help; NULL for a switch */
	const char *help;
	enum flags_kind kind;
	size_t offset;	 /* of the member in the command's options */
	int64_t minimum; /* of numbers and durations */
	int64_t maximum;
};

/* Flags that are not in the table. */
struct flags_others {
	/* Takes the flag that `arguments` begins with. Returns how many arguments that were, or
	 * -EINVAL with a sentence. */
	int (*read)(void *context, char *const *arguments, struct error *error);
	/* Appends their part of the help. */
	void (*append_help)(struct buffer *buffer);
	void *context;
};

enum { FLAGS_NAMES_MOST = 32 };

/* Reads all of `arguments` (NULL at the end) into `options`, and moves the operands to their front.
 * Returns the number of operands, -ECANCELED for --help or -h, or -EINVAL with a sentence.
 * `others` may be NULL. */
int flags_read(const struct cli_flag *flags, void *options, char **arguments,
	       const struct flags_others *others, struct error *error);

/* Refuses a value that is an argument of its own and looks like a flag. Returns 0, or -EINVAL with
 * a sentence. */
int flags_check_value(struct slice name, const char *value, struct error *error);

/* Lists the names of the table and `help`, with NULL at the end. */
void flags_names(const struct cli_flag *flags, const char *ret_names[static FLAGS_NAMES_MOST]);

/* Appends one row of help: "  --name VALUE" and the text beside or, where it is too long, below. */
void flags_append_row(struct buffer *buffer, const char *name, const char *value_name,
		      const char *help);

/* Appends the rows of a table. */
void flags_append_help(struct buffer *buffer, const struct cli_flag *flags);

#endif
