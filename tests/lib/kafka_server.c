/* Orders go through a named pipe in the guard's folder, and answers come back in its log. The
 * program is copied there, since who runs it may not be allowed into the folder where it was built.
 * For a real Kafka there is no guard. */
#include "lib/kafka_server.h"

#include "base/random.h"
#include "lib/assertions.h"
#include "lib/kafka_real.h"

#include <fcntl.h>
#include <inttypes.h>
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

	while (strchr(line, '\n') == NULL)
		line = wait_for(server, "brokers ");
	assert_int_equal(sscanf(line, "brokers %255s", server->brokers), 1);
}

static void start_mock(struct kafka_server *server, unsigned brokers)
{
	char script[SCRIPT_BYTES];
	const char *command[] = {"/bin/sh", "-c", script, NULL};

	server->guard = guard_create("allim-kafka", NULL);
	open_pipe(server);
	copy_program(server);
	snprintf(script, sizeof(script), "exec ./kafka_mock %u <orders", brokers);
	guard_start(server->guard, command);
	read_brokers(server);
}

bool kafka_server_is_real(const struct kafka_server *server)
{
	return server->guard == NULL;
}

/* A test before this one may have failed while it was down. */
static void find_real(struct kafka_server *server)
{
	if (kafka_real_has_control())
		kafka_real_control("up");
	snprintf(server->brokers, sizeof(server->brokers), "%s", kafka_real_broker());
}

void kafka_server_start(struct kafka_server *server, unsigned brokers)
{
	const char *port;

	*server = (struct kafka_server){.orders = -1};
	if (kafka_real_broker() != NULL)
		find_real(server);
	else
		start_mock(server, brokers);
	port = strchr(server->brokers, ':');
	assert_non_null(port);
	assert_int_equal(sscanf(port, ":%hu", &server->port), 1);
}

void kafka_server_needs_mock(const struct kafka_server *server)
{
	if (kafka_server_is_real(server)) {
		print_message("skipped: only the mock can be told to do this\n");
		skip();
	}
}

void kafka_server_needs_control(const struct kafka_server *server)
{
	if (kafka_server_is_real(server) && !kafka_real_has_control()) {
		print_message("skipped: ALLIM_TEST_KAFKA_FOLDER is not set\n");
		skip();
	}
}

void kafka_server_name_topic(const char *word, char ret_topic[static KAFKA_SERVER_TOPIC_BYTES])
{
	snprintf(ret_topic, KAFKA_SERVER_TOPIC_BYTES, "%s-%" PRIx64, word, random_system_seed());
}

void kafka_server_create(struct kafka_server *server, const char *topic, unsigned partitions)
{
	if (kafka_server_is_real(server))
		kafka_real_create(topic, partitions);
	else
		kafka_server_tell(server, "create %s %u", topic, partitions);
}

void kafka_server_down(struct kafka_server *server)
{
	if (kafka_server_is_real(server))
		kafka_real_control("down");
	else
		kafka_server_tell(server, "down -1");
}

void kafka_server_up(struct kafka_server *server)
{
	if (kafka_server_is_real(server))
		kafka_real_control("up");
	else
		kafka_server_tell(server, "up -1");
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

	assert_false(kafka_server_is_real(server));
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
	if (kafka_server_is_real(server))
		kafka_real_control("freeze");
	else
		guard_freeze(server->guard);
}

void kafka_server_thaw(struct kafka_server *server)
{
	if (kafka_server_is_real(server))
		kafka_real_control("thaw");
	else
		guard_thaw(server->guard);
}

void kafka_server_finish(struct kafka_server *server)
{
	if (kafka_server_is_real(server)) {
		if (kafka_real_has_control())
			kafka_real_control("up");
		return;
	}
	guard_destroy(server->guard);
	close(server->orders);
}
