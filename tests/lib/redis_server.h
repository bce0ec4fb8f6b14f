/* Real Redis servers of a test's own: each in a temporary folder, on a free port of loopback, under
 * a guard (guard.h), so that none outlives the test. Where something cannot be done, the test
 * fails. One thread at a time. */
#ifndef ALLIM_TESTS_REDIS_SERVER_H
#define ALLIM_TESTS_REDIS_SERVER_H

#include "lib/guard.h"

#include <hiredis/hiredis.h>

enum { REDIS_SERVER_PATH_BYTES = 96, REDIS_SERVER_SETTINGS = 8, REDIS_CLUSTER_SERVERS = 3 };

struct redis_server {
	struct guard *guard;
	unsigned short port;	 /* without TLS */
	unsigned short tls_port; /* 0: none */
	unsigned short bus_port; /* of a cluster's server, for the others; 0: none */
	bool has_run;
	const char *settings[REDIS_SERVER_SETTINGS]; /* lines of its configuration */
	size_t setting_count;
	const char *password; /* that redis_server_command() uses; NULL: none */
};

/* Takes a folder and a port. Nothing runs yet: redis_server_add() may give lines of configuration
 * first, which must live as long as the server. */
void redis_server_init(struct redis_server *server);
void redis_server_add(struct redis_server *server, const char *setting);

/* Makes an authority of its own and a certificate for 127.0.0.1 and localhost, and takes a port for
 * TLS. redis_server_path() names the authority's file: "ca.pem". */
void redis_server_use_tls(struct redis_server *server);
void redis_server_path(const struct redis_server *server, const char *name,
		       char ret_path[static REDIS_SERVER_PATH_BYTES]);

/* Starts it, again on the same port, and waits until it answers. */
void redis_server_start(struct redis_server *server);

/* Kills it without warning. */
void redis_server_kill(struct redis_server *server);

/* Freezes it with all its connections, and lets it go on. */
void redis_server_freeze(struct redis_server *server);
void redis_server_thaw(struct redis_server *server);

/* Kills it and removes its folder. */
void redis_server_finish(struct redis_server *server);

/* Runs one command on a connection of its own. The answer is the caller's (freeReplyObject). */
redisReply *redis_server_command(struct redis_server *server, const char *format, ...);

/* The same for an answer that is OK or a number. Returns the number, or 0. */
long long redis_server_number(struct redis_server *server, const char *format, ...);

/* Three masters with a third of the slots each, that serve what they have when one is missing. */
void redis_cluster_start(struct redis_server servers[static REDIS_CLUSTER_SERVERS]);
void redis_cluster_finish(struct redis_server servers[static REDIS_CLUSTER_SERVERS]);

/* Moves one slot from the server that has it to another. */
void redis_cluster_move(struct redis_server servers[static REDIS_CLUSTER_SERVERS], unsigned slot,
			unsigned from, unsigned to);

#endif
