/* What the commands `deadletter ...` share: asking the admin listener about dead letters. Functions
 * that return an exit status have said what went wrong; COMMAND_GOES_ON says that nothing did. */
#ifndef ALLIM_CLI_DEADLETTER_H
#define ALLIM_CLI_DEADLETTER_H

#include "cli/command.h"
#include "cli/endpoint.h"

#include <jansson.h>

enum { DEADLETTER_PAGE = 100 /* letters that the server lists at once */ };

struct deadletter_admin {
	const struct command *command;
	struct endpoint endpoint;
	int status; /* of the last answer */
};

/* `url` as a flag gave it, or NULL. Returns an exit status. */
int deadletter_choose(const struct command *command, const char *url,
		      struct deadletter_admin *ret_admin);

/* Returns an exit status. */
int deadletter_read_id(const struct command *command, const char *text, int64_t *ret_id);

/* Asks with one request, about that letter (0: about none in particular; then messages name none).
 * `ret_answer`, where it is not NULL, gets an object that the caller drops. Returns an exit
 * status. */
int deadletter_ask(struct deadletter_admin *admin, int64_t id, const char *method, const char *path,
		   struct slice body, json_t **ret_answer);

/* The next page of the list, from the newest down: an array that the caller drops. `*before` is 0
 * at first and moves on; at the end it is 0 again. Returns an exit status. */
int deadletter_next_page(struct deadletter_admin *admin, const char *source, int64_t limit,
			 int64_t *before, json_t **ret_letters);

/* The flag --admin of each of the commands, whose options have a member `admin`. */
#define DEADLETTER_ADMIN_FLAG(options_)                                                            \
	{                                                                                          \
		.name = "admin", .value_name = "URL",                                              \
		.help =                                                                            \
		    "the admin listener (ALLIM_ADMIN_URL), " ENDPOINT_ADMIN_DEFAULT " by default", \
		.kind = FLAGS_TEXT, .offset = offsetof(options_, admin)                            \
	}

#endif
