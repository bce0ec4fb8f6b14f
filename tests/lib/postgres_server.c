/* The binaries of Debian are not in PATH; the newest version's folder is taken.
 *
 * After SIGKILL, the small System V segment that keeps two servers from one folder stays in the
 * kernel; everything else is in the folder (dynamic_shared_memory_type=mmap). */
#include "lib/postgres_server.h"

#include "base/random.h"
#include "lib/assertions.h"
#include "lib/guard.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SETTINGS = 16,
	/* Below what the kernel gives to outgoing connections: a client that tries to reach a
	 * dead server must not become its own peer. */
	FIRST_PORT = 15000,
	PORTS = 15000,
	START_TRIES = 5,
	PAUSE_MICROSECONDS = 5000,
	SEGMENT_LINE = 7, /* of postmaster.pid */
};

struct postgres_server {
	struct guard *guard;
	pid_t postmaster; /* 0: it is not running */
	uint16_t port;
	bool is_volatile;
	const char *password;
	const char *const *settings;
	unsigned databases; /* made so far */
};

/* The folder of the newest server that is installed. */
static const char *find_binaries(void)
{
	static char newest[256];
	glob_t found;
	long version = 0;

	if (newest[0] != '\0')
		return newest;
	if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) != 0)
		fail_msg("no PostgreSQL is installed: run scripts/install-dependencies test");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		long number = strtol(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);

		if (number <= version)
			continue;
		version = number;
		snprintf(newest, sizeof(newest), "%.*s",
			 (int)(strlen(found.gl_pathv[i]) - strlen("/postgres")), found.gl_pathv[i]);
	}
	globfree(&found);
	return newest;
}

static uint16_t choose_port(void)
{
	struct random random;

	random_init(&random, random_system_seed());
	for (;;) {
		uint16_t port = (uint16_t)(FIRST_PORT + random_below(&random, PORTS));
		struct sockaddr_in address = {.sin_family = AF_INET,
					      .sin_addr = {htonl(INADDR_LOOPBACK)},
					      .sin_port = htons(port)};
		int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int result = bind(probe, (struct sockaddr *)&address, sizeof(address));

		close(probe);
		if (result == 0)
			return port;
	}
}

/* In the guard's process: allocates nothing. */
static void remove_segment(const char *folder)
{
	char path[128], text[1024];
	const char *line = text;
	ssize_t length;
	int file, segment;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", folder);
	file = open(path, O_RDONLY | O_CLOEXEC);
	length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	close(file);
	if (length <= 0)
		return;
	text[length] = '\0';
	for (int i = 1; i < SEGMENT_LINE && line != NULL; i++) {
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	if (line != NULL && sscanf(line, "%*u %d", &segment) == 1)
		shmctl(segment, IPC_RMID, NULL);
}

static void write_password(const struct postgres_server *server, const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%s\n", server->password);
	assert_int_equal(fclose(file), 0);
	if (geteuid() == 0) /* the folder's owner reads it */
		assert_int_equal(chown(path, 65534, 65534), 0);
}

static void init_database(struct postgres_server *server)
{
	char program[300], password_file[128];
	const char *command[] = {program,
				 "--pgdata=data",
				 "--username=" POSTGRES_SERVER_USER,
				 "--encoding=UTF8",
				 "--locale=C.UTF-8",
				 "--no-sync",
				 "--no-instructions",
				 "--auth=trust",
				 NULL,
				 NULL};

	snprintf(program, sizeof(program), "%s/initdb", find_binaries());
	if (server->password != NULL) {
		snprintf(password_file, sizeof(password_file), "%s/password",
			 guard_folder(server->guard));
		write_password(server, password_file);
		command[7] = "--auth=scram-sha-256";
		command[8] = "--pwfile=password";
	}
	guard_start(server->guard, command);
	if (guard_wait(server->guard) != 0)
		fail_msg("initdb failed: %s", guard_log(server->guard));
}

/* Returns whether it takes connections; false when it ended instead. */
static bool wait_until_ready(struct postgres_server *server)
{
	static const char *const names[] = {"host", "port", "connect_timeout", NULL};
	char port[8];
	const char *values[] = {"127.0.0.1", port, "5", NULL};

	snprintf(port, sizeof(port), "%u", server->port);
	while (PQpingParams(names, values, 0) != PQPING_OK) {
		if (!guard_is_busy(server->guard))
			return false;
		usleep(PAUSE_MICROSECONDS);
	}
	return guard_is_busy(server->guard);
}

static bool try_to_start(struct postgres_server *server)
{
	char program[300], port[8];
	const char *command[2 * SETTINGS + 32] = {
	    program,
	    "-D",
	    "data",
	    "-p",
	    port,
	    "-h",
	    "127.0.0.1",
	    "-k",
	    guard_folder(server->guard),
	    "-c",
	    server->is_volatile ? "fsync=off" : "fsync=on",
	    "-c",
	    "dynamic_shared_memory_type=mmap",
	    "-c",
	    "shared_buffers=32MB",
	    "-c",
	    "log_line_prefix=%m [%p] ",
	};
	size_t count = 0;

	snprintf(program, sizeof(program), "%s/postgres", find_binaries());
	snprintf(port, sizeof(port), "%u", server->port);
	while (command[count] != NULL)
		count++;
	for (size_t i = 0; server->settings != NULL && server->settings[i] != NULL; i++) {
		assert_true(i < SETTINGS);
		command[count++] = "-c";
		command[count++] = server->settings[i];
	}
	server->postmaster = guard_start(server->guard, command);
	return wait_until_ready(server);
}

void postgres_server_start(struct postgres_server *server)
{
	assert_int_equal(server->postmaster, 0);
	if (!try_to_start(server))
		fail_msg("PostgreSQL does not start: %s", guard_log(server->guard));
}

struct postgres_server *postgres_server_create(const struct postgres_server_options *options)
{
	static const struct postgres_server_options defaults = {.password = NULL};
	struct postgres_server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	if (options == NULL)
		options = &defaults;
	server->guard = guard_create("allim-postgres", remove_segment);
	server->is_volatile = options->is_volatile;
	server->password = options->password;
	server->settings = options->settings;
	init_database(server);
	/* Somebody else may take the port before the server does. */
	for (int tries = 0; tries < START_TRIES; tries++) {
		server->port = choose_port();
		if (try_to_start(server))
			return server;
	}
	fail_msg("PostgreSQL does not start: %s", guard_log(server->guard));
	return NULL;
}

void postgres_server_destroy(struct postgres_server *server)
{
	if (server == NULL)
		return;
	guard_destroy(server->guard);
	free(server);
}

void postgres_server_stop(struct postgres_server *server)
{
	assert_true(server->postmaster > 0);
	assert_int_equal(kill(server->postmaster, SIGINT), 0);
	if (guard_wait(server->guard) != 0)
		fail_msg("PostgreSQL did not end in order: %s", guard_log(server->guard));
	server->postmaster = 0;
}

void postgres_server_kill(struct postgres_server *server)
{
	assert_true(server->postmaster > 0);
	guard_kill(server->guard);
	server->postmaster = 0;
}

void postgres_server_freeze(struct postgres_server *server)
{
	guard_freeze(server->guard);
}

void postgres_server_thaw(struct postgres_server *server)
{
	guard_thaw(server->guard);
}

uint16_t postgres_server_port(const struct postgres_server *server)
{
	return server->port;
}

void postgres_server_url(const struct postgres_server *server, const char *database,
			 char ret_url[static POSTGRES_SERVER_URL_BYTES])
{
	snprintf(ret_url, POSTGRES_SERVER_URL_BYTES,
		 "postgresql://" POSTGRES_SERVER_USER "@127.0.0.1:%u/%s", server->port, database);
}

void postgres_server_create_database(struct postgres_server *server,
				     char ret_url[static POSTGRES_SERVER_URL_BYTES])
{
	char name[32], statement[64];

	snprintf(name, sizeof(name), "test_%u", ++server->databases);
	snprintf(statement, sizeof(statement), "CREATE DATABASE %s", name);
	postgres_server_run(server, NULL, statement);
	postgres_server_url(server, name, ret_url);
}

void postgres_server_drop_database(struct postgres_server *server, const char *url)
{
	char statement[POSTGRES_SERVER_URL_BYTES + 64];

	snprintf(statement, sizeof(statement), "DROP DATABASE %s WITH (FORCE)",
		 strrchr(url, '/') + 1);
	postgres_server_run(server, NULL, statement);
}

PGconn *postgres_server_connect(struct postgres_server *server, const char *url)
{
	static const char *const names[] = {"dbname", "password", "application_name", NULL};
	char own_url[POSTGRES_SERVER_URL_BYTES];
	const char *values[] = {url == NULL ? own_url : url, server->password, "test", NULL};
	PGconn *connection;

	postgres_server_url(server, "postgres", own_url);
	connection = PQconnectdbParams(names, values, 1);
	if (PQstatus(connection) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(connection));
	return connection;
}

static PGresult *query(PGconn *connection, const char *statement)
{
	PGresult *result = PQexec(connection, statement);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", statement, PQerrorMessage(connection));
	return result;
}

void postgres_server_run(struct postgres_server *server, const char *url, const char *statements)
{
	PGconn *connection = postgres_server_connect(server, url);

	PQclear(query(connection, statements));
	PQfinish(connection);
}

const char *postgres_server_ask(struct postgres_server *server, const char *url,
				const char *statement)
{
	static char text[1024];
	PGconn *connection = postgres_server_connect(server, url);
	PGresult *result = query(connection, statement);

	text[0] = '\0';
	if (PQntuples(result) > 0)
		snprintf(text, sizeof(text), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(connection);
	return text;
}

const char *postgres_server_log(const struct postgres_server *server)
{
	return guard_log(server->guard);
}
