/* What a WebSocket's client cannot do for ever: leave a message unfinished. The test is the store,
 * and turns the clock. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"
#include "protocol/websocket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPGRADE                                         \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

enum { BODY_TIMEOUT = 20000, HEARTBEAT = 15000 };

static struct lone_worker lone;

static int start(void **state)
{
	static const char *const settings[] = {"http-body-timeout=20s", "stream-heartbeat=15s",
					       NULL};

	(void)state;
	lone_worker_start(&lone, ROUTE_PUBLIC, settings);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

/* All that has come to the client, whose frames may hold any byte. */
static struct slice receive(int client)
{
	static char bytes[256 * 1024];
	size_t length = 0;
	ssize_t count;

	while ((count = recv(client, bytes + length, sizeof(bytes) - length, 0)) > 0)
		length += (size_t)count;
	return slice_from_bytes(bytes, length);
}

static bool has(struct slice bytes, const char *text)
{
	return memmem(bytes.data, bytes.length, text, strlen(text)) != NULL;
}

static void assert_received(int client, const char *text)
{
	struct slice bytes = receive(client);

	if (!has(bytes, text))
		fail_msg("\"%s\" is not in \"%.*s\"", text, (int)bytes.length, bytes.data);
}

/* A WebSocket that is live. */
static int open_websocket(struct connection **ret_connection)
{
	int client = lone_worker_connect(&lone, ret_connection);

	lone_worker_request(&lone, client, "GET", "/v1/inbox/socket", "anna", UPGRADE);
	if (lone_worker_asked(&lone, STORE_REPLAY) > 0)
		lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0, 0);
	assert_received(client, "\"event\":\"count\"");
	return client;
}

static void send_bytes(int client, struct slice bytes)
{
	assert_int_equal(send(client, bytes.data, bytes.length, MSG_NOSIGNAL), bytes.length);
	lone_worker_turn(&lone);
}

static int64_t time_left(const struct connection *connection)
{
	const struct loop *loop = &lone.worker->loop;

	return loop->timers.start + (int64_t)connection->timer.step * TIMER_STEP - loop->now;
}

/* Lets so much time pass, until the connection's timer is due. */
static void fire_after(struct connection *connection, int64_t milliseconds)
{
	lone.worker->loop.now += milliseconds;
	connection_on_timer(&connection->timer);
	lone.worker->loop.now -= milliseconds;
}

/* Whatever of it has come: its time begins with its first byte, and neither a heartbeat nor a ping
 * in the middle of it prolongs that. */
static void unfinished_messages_have_their_time(void **state)
{
	static const struct slice parts[] = {
	    {"\x81", 1},
	    {"\x81\x85\0\0", 4},
	    {"\x81\x85\0\0\0\0{", 7},
	    {"\x01\x81\0\0\0\0{", 7},
	    {"\x01\x81\0\0\0\0{\x89\x80\0\0\0\0", 13},
	    {"\x89\x80\0\0\0\0\x89", 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct connection *connection;
		int client = open_websocket(&connection);

		send_bytes(client, parts[i]);
		receive(client);
		fire_after(connection, HEARTBEAT);
		assert_received(client, "\"event\":\"heartbeat\"");
		fire_after(connection, BODY_TIMEOUT + TIMER_STEP);
		assert_received(client, "\x03\xf0send a message in one go; the setting "
					"http.body_timeout");
		assert_int_equal(connection->state, CONNECTION_LINGERING);
		close(client);
		lone_worker_turn(&lone);
	}
}

/* The timer is set to the end of the time where that comes before the next heartbeat. */
static void the_time_is_kept_between_heartbeats(void **state)
{
	struct connection *connection;
	int client = open_websocket(&connection);

	(void)state;
	send_bytes(client, SLICE("\x81"));
	lone.worker->loop.now += HEARTBEAT;
	connection_on_timer(&connection->timer);
	assert_in_range(time_left(connection), 0, BODY_TIMEOUT - HEARTBEAT + 2 * TIMER_STEP);
	close(client);
	lone_worker_turn(&lone);
}

static void finished_messages_need_none(void **state)
{
	static const struct slice parts[] = {
	    {"\x81\x82\0\0\0\0{}", 8},
	    {"\x01\x81\0\0\0\0{\x80\x81\0\0\0\0}", 14},
	    {"\x89\x80\0\0\0\0", 6},
	};
	struct connection *connection;
	int client = open_websocket(&connection);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		send_bytes(client, slice_from_bytes(parts[i].data, 1));
		send_bytes(client, slice_from_bytes(parts[i].data + 1, parts[i].length - 1));
		receive(client);
		fire_after(connection, BODY_TIMEOUT + TIMER_STEP);
		assert_received(client, "\"event\":\"heartbeat\"");
	}
	close(client);
	lone_worker_turn(&lone);
}

/* Bytes that come after so much time. */
static void take_after(struct connection *connection, int64_t milliseconds, struct slice bytes)
{
	char copy[64];

	memcpy(copy, bytes.data, bytes.length);
	lone.worker->loop.now += milliseconds;
	connection->holder->ops->on_bytes(connection->holder, copy, bytes.length);
	lone.worker->loop.now -= milliseconds;
}

/* The end of one and the beginning of another come together, and the other has all of its time. */
static void each_message_has_its_own_time(void **state)
{
	struct connection *connection;
	int client = open_websocket(&connection);

	(void)state;
	send_bytes(client, SLICE("\x81"));
	take_after(connection, HEARTBEAT, SLICE("\x82\0\0\0\0{}\x81"));
	receive(client);
	fire_after(connection, BODY_TIMEOUT + TIMER_STEP);
	assert_received(client, "\"event\":\"heartbeat\"");
	fire_after(connection, HEARTBEAT + BODY_TIMEOUT + TIMER_STEP);
	assert_received(client, "send a message in one go");
	close(client);
	lone_worker_turn(&lone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unfinished_messages_have_their_time),
	    cmocka_unit_test(the_time_is_kept_between_heartbeats),
	    cmocka_unit_test(finished_messages_need_none),
	    cmocka_unit_test(each_message_has_its_own_time),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
