/* rabbitmq-server is a script around the Erlang virtual machine, and takes everything from its
 * environment. The one in /usr/sbin insists on the user rabbitmq, so the one behind it is
 * called. */
#include "lib/rabbitmq_server.h"

#include "lib/assertions.h"
#include "lib/certificates.h"
#include "lib/free_port.h"

#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS "/usr/lib/rabbitmq/bin/"

enum { TRIES = 20, VARIABLES = 16, WORDS = 32, VARIABLE_BYTES = 192 };

struct environment {
	size_t count;
	char texts[VARIABLES][VARIABLE_BYTES];
};

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void take_ports(struct rabbitmq_server *server)
{
	server->port = free_port_find();
	server->epmd_port = free_port_find();
	server->distribution_port = free_port_find();
	if (server->tls_port != 0)
		server->tls_port = free_port_find();
}

void rabbitmq_server_init(struct rabbitmq_server *server)
{
	*server = (struct rabbitmq_server){
	    .guard = guard_create("allim-rabbitmq", NULL),
	    .control = guard_create("allim-rabbitmqctl", NULL),
	};
	take_ports(server);
}

void rabbitmq_server_use_tls(struct rabbitmq_server *server)
{
	certificates_make(server->guard);
	server->tls_port = free_port_find();
}

void rabbitmq_server_path(const struct rabbitmq_server *server, const char *name,
			  char ret_path[static RABBITMQ_SERVER_PATH_BYTES])
{
	int length = snprintf(ret_path, RABBITMQ_SERVER_PATH_BYTES, "%s/%s",
			      guard_folder(server->guard), name);

	assert_true(length > 0 && length < RABBITMQ_SERVER_PATH_BYTES);
}

static FILE *open_file(const struct rabbitmq_server *server, const char *name)
{
	char path[RABBITMQ_SERVER_PATH_BYTES];
	FILE *file;

	rabbitmq_server_path(server, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void write_configuration(const struct rabbitmq_server *server)
{
	const char *folder = guard_folder(server->guard);
	FILE *file = open_file(server, "rabbitmq.conf");

	fprintf(file,
		"listeners.tcp.local = 127.0.0.1:%u\n"
		"log.console = true\nlog.console.level = warning\nlog.file = false\n"
		"disk_free_limit.absolute = 1MB\n",
		server->port);
	if (server->tls_port != 0)
		fprintf(file,
			"listeners.ssl.local = 127.0.0.1:%u\n"
			"ssl_options.cacertfile = %s/ca.pem\n"
			"ssl_options.certfile = %s/server.pem\n"
			"ssl_options.keyfile = %s/server.key\n",
			server->tls_port, folder, folder, folder);
	assert_int_equal(fclose(file), 0);
	file = open_file(server, "enabled_plugins");
	fprintf(file, "[].\n");
	assert_int_equal(fclose(file), 0);
}

static void __attribute__((format(printf, 2, 3)))
add(struct environment *environment, const char *format, ...)
{
	va_list arguments;
	int length;

	assert_true(environment->count < VARIABLES);
	va_start(arguments, format);
	length =
	    vsnprintf(environment->texts[environment->count++], VARIABLE_BYTES, format, arguments);
	va_end(arguments);
	assert_true(length > 0 && length < VARIABLE_BYTES);
}

/* HOME is where the cookie is that servers and rabbitmqctl know each other by. */
static void make_environment(const struct rabbitmq_server *server, struct environment *environment)
{
	const char *folder = guard_folder(server->guard);

	environment->count = 0;
	add(environment, "HOME=%s", folder);
	add(environment, "LC_ALL=C.UTF-8");
	add(environment, "ERL_EPMD_ADDRESS=127.0.0.1");
	add(environment, "ERL_EPMD_PORT=%u", server->epmd_port);
	add(environment, "RABBITMQ_NODENAME=allim-%u@localhost", server->port);
	add(environment, "RABBITMQ_DIST_PORT=%u", server->distribution_port);
	add(environment, "RABBITMQ_CONF_ENV_FILE=/dev/null");
	add(environment, "RABBITMQ_CONFIG_FILE=%s/rabbitmq.conf", folder);
	add(environment, "RABBITMQ_ENABLED_PLUGINS_FILE=%s/enabled_plugins", folder);
	add(environment, "RABBITMQ_MNESIA_BASE=%s/mnesia", folder);
	add(environment, "RABBITMQ_LOG_BASE=%s", folder);
	add(environment, "RABBITMQ_LOGS=-");
	add(environment, "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 -kernel "
			 "inet_dist_use_interface {127,0,0,1}");
}

static void run(struct guard *guard, const struct environment *environment, const char *program,
		const char *const *words)
{
	const char *command[VARIABLES + WORDS + 3] = {"/usr/bin/env"};
	size_t count = 1;

	for (size_t i = 0; i < environment->count; i++)
		command[count++] = environment->texts[i];
	command[count++] = program;
	for (size_t i = 0; words[i] != NULL; i++) {
		assert_true(i < WORDS);
		command[count++] = words[i];
	}
	command[count] = NULL;
	guard_start(guard, command);
}

static amqp_connection_state_t try_to_connect(const struct rabbitmq_server *server)
{
	const struct timeval timeout = {.tv_sec = 10};
	amqp_connection_state_t connection = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(connection);

	amqp_set_handshake_timeout(connection, &timeout);
	if (amqp_socket_open_noblock(socket, "127.0.0.1", server->port, &timeout) ==
		AMQP_STATUS_OK &&
	    amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
		    .reply_type == AMQP_RESPONSE_NORMAL &&
	    amqp_channel_open(connection, 1) != NULL)
		return connection;
	amqp_destroy_connection(connection);
	return NULL;
}

/* True when it takes a login, false when it has ended instead. */
static bool start_once(struct rabbitmq_server *server)
{
	static const char *const no_words[] = {NULL};
	struct environment environment;
	amqp_connection_state_t connection = NULL;

	write_configuration(server);
	make_environment(server, &environment);
	run(server->guard, &environment, PROGRAMS "rabbitmq-server", no_words);
	while ((connection = try_to_connect(server)) == NULL) {
		if (!guard_is_busy(server->guard))
			return false;
		pause_shortly();
	}
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
	return true;
}

void rabbitmq_server_start(struct rabbitmq_server *server)
{
	server->is_started = false;
	for (int i = 0; i < TRIES; i++) {
		if (start_once(server)) {
			server->has_run = true;
			return;
		}
		guard_kill(server->guard);
		if (!server->has_run)
			take_ports(server);
	}
	fail_msg("rabbitmq-server does not start: %s", guard_log(server->guard));
}

void rabbitmq_server_kill(struct rabbitmq_server *server)
{
	guard_kill(server->guard);
}

void rabbitmq_server_freeze(struct rabbitmq_server *server)
{
	guard_freeze(server->guard);
}

void rabbitmq_server_thaw(struct rabbitmq_server *server)
{
	guard_thaw(server->guard);
}

void rabbitmq_server_finish(struct rabbitmq_server *server)
{
	guard_destroy(server->control);
	guard_destroy(server->guard);
	server->guard = server->control = NULL;
}

/* What ends last among its processes is one that it left behind, whose status means nothing. So a
 * shell notes that all went well. */
static void run_control(struct rabbitmq_server *server, const char *const *words)
{
	const char *command[WORDS] = {"-c", "\"$@\" && : >done", "sh", PROGRAMS "rabbitmqctl"};
	struct environment environment;
	char done[RABBITMQ_SERVER_PATH_BYTES];

	for (size_t i = 0; words[i] != NULL; i++) {
		assert_true(i + 5 < WORDS);
		command[i + 4] = words[i];
	}
	make_environment(server, &environment);
	run(server->control, &environment, "/bin/sh", command);
	guard_wait(server->control);
	snprintf(done, sizeof(done), "%s/done", guard_folder(server->control));
	if (unlink(done) < 0)
		fail_msg("rabbitmqctl %s failed: %s", words[0], guard_log(server->control));
}

const char *rabbitmq_server_control(struct rabbitmq_server *server, const char *const *words)
{
	static const char *const await[] = {"await_startup", NULL};

	if (!server->is_started)
		run_control(server, await);
	server->is_started = true;
	run_control(server, words);
	return guard_log(server->control);
}

amqp_connection_state_t rabbitmq_server_connect(const struct rabbitmq_server *server)
{
	amqp_connection_state_t connection = try_to_connect(server);

	assert_non_null(connection);
	return connection;
}
