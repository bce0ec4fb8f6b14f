/* Orders go through a named pipe in the guard's folder, and answers come back in its log. The program
 * is copied there, since who runs it may not be allowed into the folder where it was built. */
#include "lib/kafka_server.h"

#include "lib/assertions.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ORDER_BYTES = 512, SCRIPT_BYTES = 64, FOR_ALL = 0666, PROGRAM = 0755 };

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* The pipe is open for reading here, too, so that it never ends. */
static void open_pipe(struct kafka_server *server)
{
	char path[KAFKA_SERVER_PATH_BYTES];

	snprintf(path, sizeof(path), "%s/orders", guard_folder(server->guard));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(chmod(path, FOR_ALL), 0);
	server->orders = open(path, O_RDWR | O_CLOEXEC);
	assert_true(server->orders >= 0);
}

static void copy_program(struct kafka_server *server)
{
	char path[KAFKA_SERVER_PATH_BYTES];
	int from = open(KAFKA_MOCK, O_RDONLY | O_CLOEXEC), to;
	struct stat status;

	assert_true(from >= 0);
	assert_int_equal(fstat(from, &status), 0);
	snprintf(path, sizeof(path), "%s/kafka_mock", guard_folder(server->guard));
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PROGRAM);
	assert_true(to >= 0);
	for (off_t left = status.st_size; left > 0;) {
		ssize_t sent = sendfile(to, from, NULL, (size_t)left);

		assert_true(sent > 0);
		left -= sent;
	}
	assert_int_equal(fchmod(to, PROGRAM), 0);
	close(to);
	close(from);
}

static const char *wait_for(struct kafka_server *server, const char *text)
{
	const char *found;

	while ((found = strstr(guard_log(server->guard), text)) == NULL) {
		if (!guard_is_busy(server->guard))
			fail_msg("kafka_mock ended: %s", guard_log(server->guard));
		pause_shortly();
	}
	return found;
}

static void read_brokers(struct kafka_server *server)
{
	const char *line = wait_for(server, "brokers ");
	char *port;

	while (strchr(line, '\n') == NULL)
		line = wait_for(server, "brokers ");
	assert_int_equal(sscanf(line, "brokers %255s", server->brokers), 1);
	port = strchr(server->brokers, ':');
	assert_non_null(port);
	assert_int_equal(sscanf(port, ":%hu", &server->port), 1);
}

void kafka_server_start(struct kafka_server *server, unsigned brokers)
{
	char script[SCRIPT_BYTES];
	const char *command[] = {"/bin/sh", "-c", script, NULL};

	*server = (struct kafka_server){.guard = guard_create("allim-kafka", NULL)};
	open_pipe(server);
	copy_program(server);
	snprintf(script, sizeof(script), "exec ./kafka_mock %u <orders", brokers);
	guard_start(server->guard, command);
	read_brokers(server);
}

/* An answer is a line of its own, so counting lines tells how many there are. */
static unsigned answers(struct kafka_server *server)
{
	unsigned lines = 0;

	for (const char *at = guard_log(server->guard); (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	return lines - 1;
}

void kafka_server_tell(struct kafka_server *server, const char *format, ...)
{
	char order[ORDER_BYTES];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(order, sizeof(order) - 1, format, arguments);
	va_end(arguments);
	assert_true(length > 0 && length < ORDER_BYTES - 1);
	order[length++] = '\n';
	assert_int_equal(write(server->orders, order, (size_t)length), length);
	server->told++;
	while (answers(server) < server->told) {
		if (!guard_is_busy(server->guard))
			fail_msg("kafka_mock ended: %s", guard_log(server->guard));
		pause_shortly();
	}
	if (strstr(guard_log(server->guard), "\nerror ") != NULL)
		fail_msg("kafka_mock refuses %s: %s", order, guard_log(server->guard));
}

void kafka_server_freeze(struct kafka_server *server)
{
	guard_freeze(server->guard);
}

void kafka_server_thaw(struct kafka_server *server)
{
	guard_thaw(server->guard);
}

void kafka_server_finish(struct kafka_server *server)
{
	guard_destroy(server->guard);
	close(server->orders);
}
