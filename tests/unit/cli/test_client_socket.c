#include "cli/client_socket.h"

#include "base/clock.h"
#include "lib/assertions.h"
#include "scripted_server.h"

#include <errno.h>
#include <unistd.h>

static void bytes_come_and_the_end_is_seen(void **state)
{
	static const char *const answers[] = {"pong", NULL};
	static struct scripted_server server;
	struct error error;
	char bytes[16];
	int descriptor;

	(void)state;
	scripted_server_start(&server, answers, false);
	descriptor = client_socket_open(&server.endpoint, INT64_MAX, &error);
	assert_true(descriptor >= 0);
	assert_int_equal(client_socket_send(descriptor, SLICE("ping\r\n\r\n"), INT64_MAX), 0);
	assert_int_equal(client_socket_receive(descriptor, bytes, sizeof(bytes), INT64_MAX), 4);
	assert_memory_equal(bytes, "pong", 4);
	assert_int_equal(client_socket_receive(descriptor, bytes, sizeof(bytes), INT64_MAX), 0);
	close(descriptor);
	scripted_server_stop(&server);
	assert_string_equal(server.requests[0], "ping\r\n\r\n");
}

/* The other side neither reads nor sends. */
static void deadlines_hold(void **state)
{
	static const char *const answers[] = {"", NULL};
	static struct scripted_server server;
	static char much[16 * 1024 * 1024];
	struct error error;
	int64_t start = clock_monotonic();
	int descriptor;

	(void)state;
	scripted_server_start(&server, answers, true);
	descriptor = client_socket_open(&server.endpoint, start + 60000, &error);
	assert_true(descriptor >= 0);
	assert_int_equal(client_socket_receive(descriptor, much, 1, clock_monotonic() + 50),
			 -ETIMEDOUT);
	assert_int_equal(client_socket_send(descriptor, SLICE("x\r\n\r\n"), INT64_MAX), 0);
	assert_int_equal(client_socket_send(descriptor, slice_from_bytes(much, sizeof(much)),
					    clock_monotonic() + 50),
			 -ETIMEDOUT);
	assert_true(clock_monotonic() - start >= 100);
	close(descriptor);
	scripted_server_stop(&server);
}

static void names_are_looked_up(void **state)
{
	static const char *const answers[] = {"", NULL};
	static struct scripted_server server;
	struct error error;
	int descriptor;

	(void)state;
	scripted_server_start(&server, answers, false);
	strcpy(server.endpoint.host, "localhost");
	descriptor = client_socket_open(&server.endpoint, INT64_MAX, &error);
	assert_true(descriptor >= 0);
	close(descriptor);
	scripted_server_stop(&server);
	strcpy(server.endpoint.host, "no-such-host.invalid");
	assert_int_equal(client_socket_open(&server.endpoint, INT64_MAX, &error), -EHOSTUNREACH);
	assert_non_null(strstr(error.text, "cannot find the host no-such-host.invalid: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_come_and_the_end_is_seen),
	    cmocka_unit_test(deadlines_hold),
	    cmocka_unit_test(names_are_looked_up),
	};

	return cmocka_run_group_tests_name("client_socket", tests, NULL, NULL);
}
