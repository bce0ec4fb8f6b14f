/* A real RabbitMQ of a test's own: in a temporary folder, on free ports of loopback, with an epmd
 * of its own, under a guard (guard.h), so that nothing of it outlives the test. It takes some
 * seconds to start and about 150 MB, so tests share one and take an exchange each. Where something
 * cannot be done, the test fails. One thread at a time. */
#ifndef ALLIM_TESTS_RABBITMQ_SERVER_H
#define ALLIM_TESTS_RABBITMQ_SERVER_H

#include "lib/guard.h"

#include <amqp.h>
#include <amqp_framing.h>

enum { RABBITMQ_SERVER_PATH_BYTES = 96 };

struct rabbitmq_server {
	struct guard *guard;
	struct guard *control;	 /* of rabbitmqctl */
	unsigned short port;	 /* without TLS */
	unsigned short tls_port; /* 0: none */
	unsigned short epmd_port;
	unsigned short distribution_port;
	bool has_run;
	bool is_started; /* all of it: it takes logins before it takes commands */
};

/* Takes a folder and ports. Nothing runs yet. */
void rabbitmq_server_init(struct rabbitmq_server *server);

/* Makes certificates (certificates.h) and takes a port for TLS. rabbitmq_server_path() names the
 * authority's file: "ca.pem". */
void rabbitmq_server_use_tls(struct rabbitmq_server *server);
void rabbitmq_server_path(const struct rabbitmq_server *server, const char *name,
			  char ret_path[static RABBITMQ_SERVER_PATH_BYTES]);

/* Starts it, again on the same port, and waits until it takes logins. */
void rabbitmq_server_start(struct rabbitmq_server *server);

/* Kills it without warning. */
void rabbitmq_server_kill(struct rabbitmq_server *server);

/* Freezes it with all its connections, and lets it go on. */
void rabbitmq_server_freeze(struct rabbitmq_server *server);
void rabbitmq_server_thaw(struct rabbitmq_server *server);

/* Kills it and removes its folder. */
void rabbitmq_server_finish(struct rabbitmq_server *server);

/* Runs rabbitmqctl with these words, ended by NULL, and waits for it. Returns what it writes, until
 * the next call. */
const char *rabbitmq_server_control(struct rabbitmq_server *server, const char *const *words);
#define RABBITMQ_CONTROL(server, ...) \
	rabbitmq_server_control(server, (const char *const[]){__VA_ARGS__, NULL})

/* A connection as guest to "/" with the channel 1 open; amqp_destroy_connection() ends it. */
amqp_connection_state_t rabbitmq_server_connect(const struct rabbitmq_server *server);

#endif
