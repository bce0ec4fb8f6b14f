/* A stream whose store fails. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct lone_worker lone;

static int start(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_PUBLIC, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

static int64_t time_left(const struct connection *connection)
{
	const struct loop *loop = &lone.worker->loop;

	assert_true(timer_is_set(&connection->timer));
	return loop->timers.start + (int64_t)connection->timer.step * TIMER_STEP - loop->now;
}

/* It asks again, later each time and not when all others do; a heartbeat goes with it only when
 * that has become rare. */
static void test_store_that_fails(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);
	int64_t delay = 1000;

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox/stream", "anna", "");
	for (int failures = 1; failures <= 6; failures++) {
		const char *received;

		lone_worker_answer(&lone, lone_worker_take(&lone, STORE_REPLAY), -EIO);
		assert_in_range(time_left(connection), delay / 2 - TIMER_STEP,
				delay + 2 * TIMER_STEP);
		if (failures <= 4)
			delay *= 2;
		lone_worker_received(client);
		connection_on_timer(&connection->timer);
		received = lone_worker_received(client);
		assert_string_equal(received, failures < 4 ? "" : ":\n");
		lone_worker_turn(&lone);
	}
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0, 0);
	assert_non_null(strstr(lone_worker_received(client), "event: count"));
	connection_on_timer(&connection->timer);
	assert_string_equal(lone_worker_received(client), ":\n");
	close(client);
}

/* A long catching up reads several times, and what came meanwhile is new once. */
static void test_reading_on(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);
	struct change change = {
	    .kind = CHANGE_ROW, .seq = 2, .notification = {.id = 2, .seq = 2, .first_seq = 2}};
	struct store_replay *replay;
	const char *received;

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox/stream?after=0000000000000007.0.0",
			    "anna", "");
	replay = lone_worker_take(&lone, STORE_REPLAY);
	replay->changes = &change;
	replay->change_count = 1;
	replay->more = true;
	lone_worker_answer_heads(&lone, replay, 3, 0);
	assert_non_null(strstr(lone_worker_received(client), "event: notification"));
	replay = lone_worker_take(&lone, STORE_REPLAY);
	assert_int_equal(replay->after.seq, 2);
	/* Number 1 came first and changed since: it stands at the end, and is new all the same. */
	change.seq = change.notification.seq = 3;
	change.notification.id = change.notification.first_seq = 1;
	replay->changes = &change;
	replay->change_count = 1;
	lone_worker_answer_heads(&lone, replay, 3, 0);
	received = lone_worker_received(client);
	assert_non_null(strstr(received, "event: notification"));
	assert_null(strstr(received, "event: change"));
	assert_int_equal(lone.asked_count, 0);
	close(client);
}

/* A mark that is read again has the end's count only at the end, or the notifications behind it
 * would be counted twice. */
static void test_the_count_comes_last(void **state)
{
	int client = lone_worker_connect(&lone, NULL);
	struct change changes[] = {
	    {.kind = CHANGE_ALL, .seq = 2, .state = NOTIFICATION_READ},
	    {.kind = CHANGE_ROW, .seq = 3, .notification = {.id = 2, .seq = 3, .first_seq = 3}},
	};
	struct store_replay *replay;
	const char *received, *mark, *row, *count;

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox/stream?after=0000000000000007.1.0",
			    "anna", "");
	replay = lone_worker_take(&lone, STORE_REPLAY);
	replay->changes = changes;
	replay->change_count = 2;
	replay->counts.unread = 1;
	lone_worker_answer_heads(&lone, replay, 3, 0);
	received = lone_worker_received(client);
	mark = strstr(received, "event: change");
	row = strstr(received, "event: notification");
	count = strstr(received, "\"unread\"");
	assert_non_null(mark);
	assert_true(mark < row && row < count);
	assert_non_null(strstr(row, "event: count\ndata: {\"unread\":1}"));
	close(client);
}

static void hear(const char *user, int64_t seq)
{
	struct hint_batch *batch = hint_batch_create(7, 1);
	struct hint hint = {.user = slice_from_string(user), .seq = seq};

	assert_int_equal(hint_batch_add(batch, &hint), 0);
	worker_receive(lone.worker, batch);
	hint_batch_release(batch);
	lone_worker_turn(&lone);
}

/* Nothing that is heard makes it ask for ever, or fall silent. */
static void test_a_head_that_the_store_lacks(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox/stream?after=0000000000000007.8.0",
			    "anna", "");
	hear("anna", 100);
	for (int round = 0; round < 6; round++) {
		for (int reads = 0; reads < 2; reads++)
			lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 8,
						 0);
		assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 0);
		lone_worker_received(client);
		connection_on_timer(&connection->timer);
		lone_worker_turn(&lone);
	}
	assert_string_equal(lone_worker_received(client), ":\n");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 100, 0);
	assert_non_null(strstr(lone_worker_received(client), "event: count"));
	assert_int_equal(lone.asked_count, 0);
	close(client);
}

/* Until the store has answered, the handshake is not answered either; whoever sends frames before
 * is cut off, and their answers do not come in its place. */
static void test_frames_before_the_handshake_is_answered(void **state)
{
	static const char ping[] = "\x89\x80\0\0\0\0";
	int client = lone_worker_connect(&lone, NULL);
	char byte;

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox/socket", "anna",
			    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
			    "Sec-WebSocket-Version: 13\r\n"
			    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 1);
	assert_int_equal(send(client, ping, sizeof(ping) - 1, MSG_NOSIGNAL), sizeof(ping) - 1);
	lone_worker_turn(&lone);
	assert_int_equal(recv(client, &byte, 1, 0), 0);
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0, 0);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_store_that_fails, start, stop),
	    cmocka_unit_test_setup_teardown(test_reading_on, start, stop),
	    cmocka_unit_test_setup_teardown(test_the_count_comes_last, start, stop),
	    cmocka_unit_test_setup_teardown(test_a_head_that_the_store_lacks, start, stop),
	    cmocka_unit_test_setup_teardown(test_frames_before_the_handshake_is_answered, start,
					    stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
