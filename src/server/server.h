/* One node: a store, a feed, workers for clients, a listener for administrators, and signals. */
#ifndef ALLIM_SERVER_SERVER_H
#define ALLIM_SERVER_SERVER_H

#include "base/error.h"
#include "config/settings.h"

/* What a node is for. */
enum server_role {
	SERVER_DELIVERS, /* clients connect */
	SERVER_SHOWS,	 /* likewise, and demo users may log in with their names as passwords and
			  * may publish; a page is served */
	SERVER_CONSUMES	 /* it only publishes what its sources bring */
};

struct server_options {
	/* Read again on SIGHUP, so they must outlive server_run(). */
	struct settings_sources sources;
	enum server_role role;
	/* Called once when the node runs, with the addresses it got; `address` is empty where it
	 * has no clients. NULL is allowed. */
	void (*on_ready)(const char *address, const char *admin_address);
};

/* What a start would refuse of these settings, without starting anything. Returns 0 or a negative
 * errno value with a sentence. */
int server_check(const struct settings *settings, enum server_role role, struct error *error);

/* Runs until SIGTERM or SIGINT has been handled. Returns 0 after an orderly end, or a negative
 * errno value with a sentence when it could not start. */
int server_run(const struct server_options *options, struct error *error);

#endif
