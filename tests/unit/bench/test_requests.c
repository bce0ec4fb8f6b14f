#include "bench/requests.h"

#include "bench/bench.h"
#include "unit/bench/peer.h"

#include <errno.h>

enum { PATIENCE_MILLISECONDS = 60000 };

struct fixture {
	struct bench bench;
	struct requests requests;
	union socket_address address;
	int listener;
	int peer;
	int status;
	struct buffer body;
};

static void on_response(void *context, struct requester *requester, const struct response *response)
{
	struct fixture *fixture = context;

	(void)requester;
	fixture->status = response->status;
	buffer_append(&fixture->body, response->body);
}

static void set_up(struct fixture *fixture)
{
	const struct options options = {.threads = 1};
	struct error error;

	fixture->status = 0;
	fixture->body = BUFFER_EMPTY;
	fixture->listener = peer_listen(&fixture->address);
	assert_int_equal(bench_init(&fixture->bench, &options, &error), 0);
	assert_int_equal(
	    requests_init(&fixture->requests, &fixture->bench.loop, &fixture->address, 1, &error),
	    0);
	fixture->requests.on_response = on_response;
	fixture->requests.context = fixture;
	fixture->peer = peer_accept(fixture->listener);
}

static void tear_down(struct fixture *fixture)
{
	requests_finish(&fixture->requests);
	bench_finish(&fixture->bench);
	buffer_finish(&fixture->body);
	close(fixture->listener);
	close(fixture->peer);
}

static bool is_answered(void *context)
{
	const struct fixture *fixture = context;

	return fixture->status != 0 || fixture->requests.error != 0;
}

static void turn_until_answered(struct fixture *fixture)
{
	fixture->status = 0;
	assert_int_equal(
	    bench_run_until(&fixture->bench, is_answered, fixture, PATIENCE_MILLISECONDS), 0);
}

static void test_answers(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	for (int i = 0; i < 3; i++) {
		requests_send(&fixture.requests.items[0], SLICE("GET / HTTP/1.1\r\n\r\n"));
		peer_expect(fixture.peer, "GET / HTTP/1.1\r\n\r\n");
		peer_send(fixture.peer, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
		turn_until_answered(&fixture);
		assert_int_equal(fixture.status, 201);
	}
	assert_buffer(fixture.body, "okokok");
	tear_down(&fixture);
}

static void test_answer_in_parts(void **state)
{
	static const char *const parts[] = {"HTTP/1.1 200 O", "K\r\nContent-Length: 4\r\n\r\na",
					    "bc"};
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	for (int i = 0; i < 2; i++) {
		requests_send(&fixture.requests.items[0], SLICE("GET / HTTP/1.1\r\n\r\n"));
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
			peer_send(fixture.peer, parts[j]);
			bench_pause(&fixture.bench, 20);
			assert_int_equal(fixture.status, 0);
		}
		peer_send(fixture.peer, "d");
		turn_until_answered(&fixture);
		fixture.status = 0;
	}
	assert_buffer(fixture.body, "abcdabcd");
	tear_down(&fixture);
}

static void test_failures(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	peer_send(fixture.peer, "nonsense\r\n\r\n");
	turn_until_answered(&fixture);
	assert_int_equal(fixture.requests.error, -EBADMSG);
	tear_down(&fixture);
	set_up(&fixture);
	shutdown(fixture.peer, SHUT_RDWR);
	turn_until_answered(&fixture);
	assert_int_equal(fixture.requests.error, -ECONNRESET);
	tear_down(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_answer_in_parts),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
