#include "bench/call.h"

#include "unit/bench/peer.h"

#include <errno.h>
#include <pthread.h>

struct server {
	int listener;
	const char *parts[3];
};

static const char *const request = "GET /metrics HTTP/1.1\r\n\r\n";

static void *serve(void *context)
{
	const struct server *server = context;
	int descriptor = peer_accept(server->listener);

	peer_expect(descriptor, request);
	for (size_t i = 0; i < sizeof(server->parts) / sizeof(server->parts[0]); i++) {
		if (server->parts[i] != NULL)
			peer_send(descriptor, server->parts[i]);
		usleep(1000);
	}
	close(descriptor);
	return NULL;
}

/* Has a server answer once, in those parts, and returns what came of the call. */
static int call(const char *first, const char *second, const char *third, struct buffer *body)
{
	union socket_address address;
	struct server server = {.listener = peer_listen(&address), .parts = {first, second, third}};
	struct slice bytes = slice_from_string(request);
	pthread_t thread;
	int status;

	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	status = body == NULL ? call_server(&address, bytes) : call_fetch(&address, bytes, body);
	pthread_join(thread, NULL);
	close(server.listener);
	return status;
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(call("HTTP/1.1 204 No Content\r\n\r\n", NULL, NULL, NULL), 204);
	assert_int_equal(call("HTTP/", "1.1 503 ", "Unavailable\r\n\r\n", NULL), 503);
	assert_int_equal(call("HTTP/1.1", NULL, NULL, NULL), -ECONNRESET);
	assert_int_equal(call("HTTP/1.1 abc\r\n", NULL, NULL, NULL), -EBADMSG);
}

static void test_body(void **state)
{
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(call("HTTP/1.1 200 OK\r\nContent-", "Length: 5\r\n\r\nhe", "llo", &body),
			 200);
	assert_true(slice_equals(buffer_slice(&body), SLICE("hello")));
	assert_int_equal(
	    call("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NULL, NULL, &body), 404);
	assert_true(slice_equals(buffer_slice(&body), SLICE("hello")));
	assert_int_equal(call("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", NULL, &body),
			 -ECONNRESET);
	assert_int_equal(call("nonsense\r\n\r\n", NULL, NULL, &body), -EBADMSG);
	buffer_finish(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
