/* Flags that several of the advisor's commands have, as rows of their tables; each fills the member
 * of the command's `struct options` that is called like the flag (`weights` for --weight). */
#ifndef ALLIM_CLI_ADVICE_FLAGS_H
#define ALLIM_CLI_ADVICE_FLAGS_H

#include "advisor/advisor_method.h"
#include "cli/command.h"
#include "cli/flags.h"

#define ADVICE_FLAG_FROM                                                     \
	{                                                                    \
		.name = "from", .value_name = "FILE",                        \
		.help = "figures in JSON, such as measurement.json; flags "  \
			"overrule it",                                       \
		.kind = FLAGS_TEXT, .offset = offsetof(struct options, from) \
	}

#define ADVICE_FLAG_CURRENT                                                           \
	{                                                                             \
		.name = "current", .value_name = "METHOD",                            \
		.help = "what there is today: none (the default), poll, sse-db, ...", \
		.kind = FLAGS_TEXT, .offset = offsetof(struct options, current)       \
	}

#define ADVICE_FLAG_PRICES                                                      \
	{                                                                       \
		.name = "prices", .value_name = "BOOK",                         \
		.help = "guide, aws-2026 (the default), or a file of your own", \
		.kind = FLAGS_TEXT, .offset = offsetof(struct options, prices)  \
	}

#define ADVICE_FLAG_WEIGHT                                                       \
	{                                                                        \
		.name = "weight", .value_name = "NAME=NUMBER",                   \
		.help = "how much a criterion counts in the scores; may be "     \
			"repeated",                                              \
		.kind = FLAGS_TEXTS, .offset = offsetof(struct options, weights) \
	}

#define ADVICE_FLAG_RULES                                                               \
	{                                                                               \
		.name = "rules", .value_name = "FILE",                                  \
		.help = "rules of your own instead of the guide's", .kind = FLAGS_TEXT, \
		.offset = offsetof(struct options, rules)                               \
	}

/* Reads what was given with --current; NULL is none. Returns COMMAND_GOES_ON, or the exit
 * status. */
int advice_flags_read_current(const struct command *command, const char *given,
			      enum advisor_method *ret_current);

#endif
