/* Where `allim audit` reads from: a folder of files, a store, or a node's admin listener. One
 * interface for each. Functions that return an exit status have said what went wrong;
 * COMMAND_GOES_ON says that nothing did. */
#ifndef ALLIM_CLI_AUDIT_READER_H
#define ALLIM_CLI_AUDIT_READER_H

#include "cli/command.h"

#include <jansson.h>

/* Which records are wanted. */
struct audit_wish {
	const char *user;  /* NULL: any */
	const char *event; /* NULL: any */
	int64_t since;	   /* microseconds since 1970; 0: any */
};

struct audit_reader;

struct audit_reader_ops {
	/* Milliseconds until it is worth while to look again at the end. */
	int pause;
	/* Appends the next records to the array. `*ret_more` says that there may be more now.
	 * Returns an exit status. */
	int (*next)(struct audit_reader *reader, json_t *records, bool *ret_more);
	void (*close)(struct audit_reader *reader);
};

/* What every reader starts with. */
struct audit_reader {
	const struct audit_reader_ops *ops;
	const struct command *command;
	const struct audit_wish *wish;
};

/* Each returns an exit status. What is opened is to be closed; the wish must stay until then.
 * The store's password is what settings and variables say; a `url` that is NULL is what
 * ALLIM_ADMIN_URL says. */
int audit_reader_open_folder(const struct command *command, const struct audit_wish *wish,
			     const char *folder, struct audit_reader **ret_reader);
int audit_reader_open_store(const struct command *command, const struct audit_wish *wish,
			    const char *location, struct audit_reader **ret_reader);
int audit_reader_open_admin(const struct command *command, const struct audit_wish *wish,
			    const char *url, struct audit_reader **ret_reader);

#endif
