/* A WebSocket whose store and clock are the test: what a client that is behind is told, and what a
 * client cannot do for ever, which is to leave a message unfinished, or answers untaken. */
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/lone_worker.h"
#include "protocol/websocket.h"
#include "server/stream_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPGRADE                                         \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

enum { BODY_TIMEOUT = 20000, HEARTBEAT = 15000, REPLAY_BYTES = 4096, ANSWER_BYTES = 60000 };

static struct lone_worker lone;

static int start(void **state)
{
	static const char *const settings[] = {"http-body-timeout=20s", "stream-heartbeat=15s",
					       "delivery-replay-bytes=4KiB", "audit-events=deliver",
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

/* The worker learns that the user's inbox has come so far. */
static void hear(const char *user, int64_t seq)
{
	struct hint_batch *batch = hint_batch_create(7, 1);
	struct hint hint = {.user = slice_from_string(user), .seq = seq};

	assert_int_equal(hint_batch_add(batch, &hint), 0);
	worker_receive(lone.worker, batch);
	hint_batch_release(batch);
	lone_worker_turn(&lone);
}

/* While the store has not answered, the client has less than the head, and is told of the head. */
static void heartbeats_carry_the_head(void **state)
{
	struct connection *connection;
	int client = open_websocket(&connection);

	(void)state;
	fire_after(connection, HEARTBEAT);
	assert_received(client, "{\"head\":\"0000000000000007.0.0\"}");
	hear("anna", 5);
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 1);
	fire_after(connection, HEARTBEAT);
	assert_received(client, "{\"head\":\"0000000000000007.5.0\"}");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 5, 0);
	assert_received(client, "\"cursor\":\"0000000000000007.5.0\"");
	close(client);
	lone_worker_turn(&lone);
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

/* Bytes that come after so much time. */
static void take_after(struct connection *connection, int64_t milliseconds, struct slice bytes)
{
	char copy[64];

	memcpy(copy, bytes.data, bytes.length);
	lone.worker->loop.now += milliseconds;
	connection->holder->ops->on_bytes(connection->holder, copy, bytes.length);
	lone.worker->loop.now -= milliseconds;
}

/* A client that goes on talking puts no heartbeat off. */
static void parts_of_a_message_put_no_heartbeat_off(void **state)
{
	struct connection *connection;
	int client = open_websocket(&connection);
	uint64_t step = connection->timer.step;

	(void)state;
	send_bytes(client, SLICE("\x81"));
	take_after(connection, BODY_TIMEOUT - HEARTBEAT + TIMER_STEP, SLICE("\x85\0\0"));
	assert_true(connection->timer.step == step);
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

static void ask(int client, int id)
{
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {0};
	struct buffer message = BUFFER_EMPTY, frame = BUFFER_EMPTY;

	buffer_append_format(&message, "{\"id\":%d,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", id);
	websocket_append_masked(&frame, WEBSOCKET_TEXT, buffer_slice(&message), mask);
	send_bytes(client, buffer_slice(&frame));
	buffer_finish(&message);
	buffer_finish(&frame);
}

/* The timer would have said so; a message that comes before that is no way around. */
static void a_message_behind_the_end_of_the_token_ends_it(void **state)
{
	const struct metrics *metrics = &lone.worker->metrics;
	uint64_t before = metrics_get(metrics, METRIC_STREAMS_EXPIRED);
	struct connection *connection;
	int client = open_websocket(&connection);

	(void)state;
	((struct stream *)connection->holder)->expires_at = 1;
	ask(client, 1);
	assert_received(client, "token_expired");
	assert_int_equal(metrics_get(metrics, METRIC_STREAMS_EXPIRED), before + 1);
	close(client);
	lone_worker_turn(&lone);
}

/* A socket that takes little at a time, so that answers wait. */
static int open_narrow(struct connection **ret_connection)
{
	int client = open_websocket(ret_connection), bytes = 4096;

	assert_int_equal(
	    setsockopt((*ret_connection)->descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)),
	    0);
	return client;
}

/* Answers the oldest question for a list with much. */
static void answer_much(void)
{
	static char title[ANSWER_BYTES];
	struct notification notification = {.id = 1, .seq = 1, .first_seq = 1};
	struct store_list *list = lone_worker_take(&lone, STORE_LIST);

	memset(title, 'x', sizeof(title));
	notification.content.type = SLICE("t");
	notification.content.title = slice_from_bytes(title, sizeof(title));
	list->notifications = &notification;
	list->notification_count = 1;
	lone_worker_answer_heads(&lone, list, 0, 0);
}

/* Takes all that waits. */
static void drain(const struct connection *connection, int client, struct buffer *taken)
{
	do {
		buffer_append(taken, receive(client));
		lone_worker_turn(&lone);
	} while (connection_is_full(connection));
	buffer_append(taken, receive(client));
}

static size_t count(const struct buffer *text, const char *part)
{
	size_t found = 0, length = strlen(part);

	for (const char *at = text->data;
	     (at = memmem(at, (size_t)(text->data + text->length - at), part, length)) != NULL;
	     at += length)
		found++;
	return found;
}

/* Of four answers that nobody takes one is kept. The others are asked for again, one by one, as the
 * client takes what is there, and nothing new is begun before the last of them is. What was thrown
 * away was not delivered. */
static void answers_that_nobody_takes_are_few(void **state)
{
	struct buffer taken = BUFFER_EMPTY;
	struct connection *connection;
	int client = open_narrow(&connection);
	size_t kept;

	(void)state;
	lone_worker_keep_audit_log(&lone);
	for (int id = 1; id <= 4; id++)
		ask(client, id);
	assert_int_equal(lone_worker_asked(&lone, STORE_LIST), 4);
	answer_much();
	kept = connection_kept(connection);
	assert_in_range(kept, REPLAY_BYTES + 1, ANSWER_BYTES + 1000);
	for (int i = 0; i < 3; i++)
		answer_much();
	assert_int_equal(connection_kept(connection), kept);
	assert_int_equal(lone_worker_asked(&lone, STORE_LIST), 0);
	ask(client, 5);
	for (int left = 3; left > 0; left--) {
		drain(connection, client, &taken);
		assert_int_equal(lone_worker_asked(&lone, STORE_LIST), left > 1 ? 1 : 2);
		answer_much();
	}
	drain(connection, client, &taken);
	assert_int_equal(lone_worker_asked(&lone, STORE_LIST), 1);
	answer_much();
	drain(connection, client, &taken);
	for (int id = 1; id <= 5; id++) {
		char head[40];

		snprintf(head, sizeof(head), "{\"id\":%d,\"status\":200,", id);
		assert_int_equal(count(&taken, head), 1);
	}
	assert_int_equal(count(&taken, "\"title\":\"xxx"), 5);
	assert_int_equal(lone_worker_end_audit_log(&lone), 5);
	buffer_finish(&taken);
	close(client);
	lone_worker_turn(&lone);
}

/* A client that goes away meanwhile leaves nothing behind. */
static void deferred_requests_end_with_the_connection(void **state)
{
	struct connection *connection;
	int client = open_narrow(&connection);

	(void)state;
	for (int id = 1; id <= 3; id++)
		ask(client, id);
	for (int i = 0; i < 2; i++)
		answer_much();
	close(client);
	lone_worker_turn(&lone);
	answer_much();
	assert_int_equal(lone_worker_asked(&lone, STORE_LIST), 0);
}

/* What cannot be deferred for want of memory is told at once, or ends the connection. */
static void a_shortage_of_memory_loses_no_answer(void **state)
{
	bool failed = true;
	unsigned n;

	(void)state;
	for (n = 1; failed; n++) {
		struct buffer taken = BUFFER_EMPTY;
		struct connection *connection;
		int client = open_narrow(&connection);

		ask(client, 1);
		ask(client, 2);
		answer_much();
		failing_allocator_fail_at(n);
		answer_much();
		failed = failing_allocator_reset();
		if (connection->state != CONNECTION_HOLDING) {
			close(client);
			lone_worker_turn(&lone);
			continue;
		}
		drain(connection, client, &taken);
		if (lone_worker_asked(&lone, STORE_LIST) > 0)
			answer_much();
		drain(connection, client, &taken);
		assert_int_equal(count(&taken, "{\"id\":1,\"status\":200,"), 1);
		assert_int_equal(count(&taken, "{\"id\":2,\"status\":"), 1);
		buffer_finish(&taken);
		close(client);
		lone_worker_turn(&lone);
	}
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heartbeats_carry_the_head),
	    cmocka_unit_test(unfinished_messages_have_their_time),
	    cmocka_unit_test(the_time_is_kept_between_heartbeats),
	    cmocka_unit_test(parts_of_a_message_put_no_heartbeat_off),
	    cmocka_unit_test(finished_messages_need_none),
	    cmocka_unit_test(each_message_has_its_own_time),
	    cmocka_unit_test(a_message_behind_the_end_of_the_token_ends_it),
	    cmocka_unit_test(answers_that_nobody_takes_are_few),
	    cmocka_unit_test(deferred_requests_end_with_the_connection),
	    cmocka_unit_test(a_shortage_of_memory_loses_no_answer),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
