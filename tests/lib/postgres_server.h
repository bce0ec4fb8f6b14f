/* A real PostgreSQL that belongs to a test: made by initdb in a temporary folder, on a loopback
 * port of its own, run as nobody where the test is root, and gone with the test (lib/guard.h).
 *
 * Its only user is the superuser `allim`. Functions fail the test where something does not work.
 * One thread at a time. */
#ifndef ALLIM_TESTS_POSTGRES_SERVER_H
#define ALLIM_TESTS_POSTGRES_SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSTGRES_SERVER_USER "allim"

enum { POSTGRES_SERVER_URL_BYTES = 128 };

struct postgres_server_options {
	const char *password; /* is demanded (scram-sha-256); NULL: everybody is trusted */
	bool is_volatile;     /* without fsync: for tests that prove nothing about durability */
	const char *const *settings; /* "name=value", ended by NULL, and kept; NULL is allowed */
};

struct postgres_server;

/* Starts a server and waits until it takes connections. NULL: the defaults. */
struct postgres_server *postgres_server_create(const struct postgres_server_options *options);

/* Ends it in whatever state, and removes its folder. NULL is allowed. */
void postgres_server_destroy(struct postgres_server *server);

/* An orderly end that waits for no client (SIGINT, "fast"). */
void postgres_server_stop(struct postgres_server *server);

/* SIGKILL to all of its processes; none is left afterwards. */
void postgres_server_kill(struct postgres_server *server);

/* Starts what was stopped or killed, on the same port and folder, and waits until it takes
 * connections. */
void postgres_server_start(struct postgres_server *server);

/* All of its processes stop where they are (SIGSTOP) while the kernel goes on taking connections
 * and bytes for them; and go on. */
void postgres_server_freeze(struct postgres_server *server);
void postgres_server_thaw(struct postgres_server *server);

uint16_t postgres_server_port(const struct postgres_server *server);

/* postgresql://allim@127.0.0.1:PORT/DATABASE, without the password. */
void postgres_server_url(const struct postgres_server *server, const char *database,
			 char ret_url[static POSTGRES_SERVER_URL_BYTES]);

/* Makes an empty database and gives its URL. Drops one again, whoever is connected to it. */
void postgres_server_create_database(struct postgres_server *server,
				     char ret_url[static POSTGRES_SERVER_URL_BYTES]);
void postgres_server_drop_database(struct postgres_server *server, const char *url);

/* A connection of the test's own, to be closed with PQfinish(). `url` NULL: to the database
 * `postgres`. */
PGconn *postgres_server_connect(struct postgres_server *server, const char *url);

/* Runs statements. */
void postgres_server_run(struct postgres_server *server, const char *url, const char *statements);

/* The first value of the first row, "" where there is none. Static storage until the next call. */
const char *postgres_server_ask(struct postgres_server *server, const char *url,
				const char *statement);

/* The end of the server's log, for messages. Static storage until the next call. */
const char *postgres_server_log(const struct postgres_server *server);

#endif
