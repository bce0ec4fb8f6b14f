#include "bench/streams.h"

#include "bench/bench.h"
#include "unit/bench/peer.h"

#include <errno.h>

enum { PATIENCE_MILLISECONDS = 60000 };

struct fixture {
	struct bench bench;
	struct streams streams;
	union socket_address address;
	int listener;
	uint64_t wanted;
	unsigned told; /* how often a socket took more */
};

static void set_up(struct fixture *fixture, enum stream_wire wire)
{
	const struct options options = {.threads = 1};
	struct error error;

	assert_int_equal(bench_init(&fixture->bench, &options, &error), 0);
	assert_int_equal(streams_init(&fixture->streams, &fixture->bench.loop, wire, 2), 0);
	fixture->listener = peer_listen(&fixture->address);
}

static void tear_down(struct fixture *fixture)
{
	streams_finish(&fixture->streams);
	bench_finish(&fixture->bench);
	close(fixture->listener);
}

static bool has_counted(void *context)
{
	const struct fixture *fixture = context;

	return fixture->streams.heartbeats + fixture->streams.notifications == fixture->wanted ||
	       fixture->streams.error != 0;
}

static void turn_until(struct fixture *fixture, uint64_t wanted)
{
	fixture->wanted = wanted;
	assert_int_equal(
	    bench_run_until(&fixture->bench, has_counted, fixture, PATIENCE_MILLISECONDS), 0);
}

static int open_stream(struct fixture *fixture)
{
	struct error error;

	assert_int_equal(
	    streams_open(&fixture->streams, &fixture->address, SLICE("GET / X\r\n\r\n"), &error),
	    0);
	return peer_accept(fixture->listener);
}

static void test_counts(void **state)
{
	struct fixture fixture;
	int first, second;

	(void)state;
	set_up(&fixture, STREAM_WIRE_SSE);
	first = open_stream(&fixture);
	second = open_stream(&fixture);
	peer_expect(first, "GET / X\r\n\r\n");
	peer_send(first, "HTTP/1.1 200 OK\r\n\r\n:\n\n");
	turn_until(&fixture, 1);
	assert_int_equal(fixture.streams.ready, 1);
	peer_send(second, "HTTP/1.1 200 OK\r\n\r\nevent: notification\ndata: {}\n\n:\n\n");
	turn_until(&fixture, 3);
	assert_int_equal(fixture.streams.ready, 2);
	assert_int_equal(fixture.streams.heartbeats, 2);
	assert_int_equal(fixture.streams.notifications, 1);
	tear_down(&fixture);
	close(first);
	close(second);
}

static void test_counts_of_a_socket(void **state)
{
	struct fixture fixture;
	int peer;

	(void)state;
	set_up(&fixture, STREAM_WIRE_WEBSOCKET);
	peer = open_stream(&fixture);
	peer_expect(peer, "GET / X\r\n\r\n");
	peer_send(peer, "HTTP/1.1 101 Switching Protocols\r\n\r\n"
			"\x81\x18{\"event\":\"notification\"}\x81\x15{\"event\":\"heartbeat\"}");
	turn_until(&fixture, 2);
	assert_int_equal(fixture.streams.ready, 1);
	assert_int_equal(fixture.streams.heartbeats, 1);
	assert_int_equal(fixture.streams.notifications, 1);
	tear_down(&fixture);
	close(peer);
}

static void on_writable(void *context, struct stream *stream)
{
	struct fixture *fixture = context;

	assert_ptr_equal(stream, &fixture->streams.items[0]);
	fixture->told++;
}

static bool was_told_twice(void *context)
{
	const struct fixture *fixture = context;

	return fixture->told == 2;
}

static bool was_told(void *context)
{
	const struct fixture *fixture = context;

	return fixture->told == 1;
}

/* Sends until the socket is full. Returns how many bytes that took. */
static size_t fill(int descriptor)
{
	static const char bytes[65536];
	size_t sum = 0;
	ssize_t length;

	while ((length = send(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		sum += (size_t)length;
	return sum;
}

static void empty(int descriptor, size_t length)
{
	static char bytes[65536];

	while (length > 0) {
		ssize_t taken =
		    recv(descriptor, bytes, length < sizeof(bytes) ? length : sizeof(bytes), 0);

		assert_true(taken > 0);
		length -= (size_t)taken;
	}
}

static void test_tells_when_it_takes_more(void **state)
{
	struct fixture fixture = {.told = 0};
	size_t length;
	int peer;

	(void)state;
	set_up(&fixture, STREAM_WIRE_WEBSOCKET);
	fixture.streams.on_writable = on_writable;
	fixture.streams.context = &fixture;
	peer = open_stream(&fixture);
	peer_expect(peer, "GET / X\r\n\r\n");
	assert_int_equal(bench_run_until(&fixture.bench, was_told, &fixture, PATIENCE_MILLISECONDS),
			 0);
	length = fill(fixture.streams.items[0].descriptor);
	empty(peer, length);
	assert_int_equal(
	    bench_run_until(&fixture.bench, was_told_twice, &fixture, PATIENCE_MILLISECONDS), 0);
	assert_int_equal(fixture.streams.error, 0);
	tear_down(&fixture);
	close(peer);
}

static void test_ended_stream(void **state)
{
	struct fixture fixture;
	int peer;

	(void)state;
	set_up(&fixture, STREAM_WIRE_SSE);
	peer = open_stream(&fixture);
	peer_expect(peer, "GET / X\r\n\r\n");
	close(peer);
	turn_until(&fixture, 1);
	assert_int_equal(fixture.streams.error, -ECONNRESET);
	tear_down(&fixture);
}

static void test_refused_stream(void **state)
{
	struct fixture fixture;
	int peer;

	(void)state;
	set_up(&fixture, STREAM_WIRE_SSE);
	peer = open_stream(&fixture);
	peer_send(peer, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
	turn_until(&fixture, 1);
	assert_int_equal(fixture.streams.error, -EBADMSG);
	assert_int_equal(fixture.streams.ready, 0);
	tear_down(&fixture);
	close(peer);
}

static void test_nobody_listens(void **state)
{
	struct fixture fixture;
	struct error error;

	(void)state;
	set_up(&fixture, STREAM_WIRE_SSE);
	close(fixture.listener);
	assert_int_equal(streams_open(&fixture.streams, &fixture.address, SLICE("GET"), &error),
			 -ECONNREFUSED);
	fixture.listener = dup(0);
	tear_down(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_counts_of_a_socket),
	    cmocka_unit_test(test_tells_when_it_takes_more),
	    cmocka_unit_test(test_ended_stream),
	    cmocka_unit_test(test_refused_stream),
	    cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
