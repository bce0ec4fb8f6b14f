/* Long polls: who waits, and what ends it. */
#include "lib/assertions.h"
#include "lib/client.h"
#include "lib/failing_allocator.h"
#include "lib/lone_worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct lone_worker lone;

static int start(void **state)
{
	static const char *const settings[] = {"limits-connections-per-user=2", NULL};
	int client;

	(void)state;
	lone_worker_start(&lone, ROUTE_PUBLIC, settings);
	client = lone_worker_connect(&lone, NULL);
	lone_worker_request(&lone, client, "GET", "/v1/inbox", "anna", "");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 0, 0);
	close(client);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

static int wait_for_change(struct connection **ret_connection)
{
	int client = lone_worker_connect(&lone, ret_connection);

	lone_worker_request(&lone, client, "GET", "/v1/inbox?after=0000000000000007.0.0&wait=20",
			    "anna", "");
	return client;
}

/* The worker knows that nothing came, and does not ask. */
static void test_time_is_up(void **state)
{
	struct connection *connection;
	int client = wait_for_change(&connection);

	(void)state;
	assert_int_equal(connection->state, CONNECTION_HOLDING);
	connection_on_timer(&connection->timer);
	lone_worker_turn(&lone);
	assert_int_equal(lone.asked_count, 0);
	assert_int_equal(connection->state, CONNECTION_IDLE);
	lone_worker_check_answer(client, "\"notifications\":[],\"marked\":[]");
}

/* It knows that something came, though its hint has not. */
static void test_time_is_up_with_something_heard(void **state)
{
	struct connection *connection;
	int client = wait_for_change(&connection);

	(void)state;
	hub_learn_broadcast_head(&lone.worker->hub, 1);
	connection_on_timer(&connection->timer);
	lone_worker_turn(&lone);
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 1);
	close(client);
}

static void test_change(void **state)
{
	int client = wait_for_change(NULL);

	(void)state;
	lone_worker_broadcast(&lone, 1);
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 1);
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0, 1);
	lone_worker_check_answer(client, "\"cursor\":\"0000000000000007.0.1\"");
}

static void test_limit(void **state)
{
	int first = wait_for_change(NULL), second = wait_for_change(NULL);

	(void)state;
	lone_worker_check_answer(wait_for_change(NULL), "limits.connections_per_user");
	close(first);
	close(second);
}

/* A shortage of memory is no limit of the user's. */
static void test_out_of_memory(void **state)
{
	unsigned told = 0;
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		int client = lone_worker_connect(&lone, NULL);
		char request[5200];
		const char *received;

		snprintf(request, sizeof(request),
			 "GET /v1/inbox?after=0000000000000007.0.0&wait=20 HTTP/1.1\r\nHost: "
			 "test\r\n%s\r\n",
			 client_authorization("anna"));
		send(client, request, strlen(request), MSG_NOSIGNAL);
		failing_allocator_fail_at(n);
		lone_worker_turn(&lone);
		failed = failing_allocator_reset();
		received = lone_worker_received(client);
		assert_null(strstr(received, " 429 "));
		told += strstr(received, " 503 ") != NULL;
		assert_int_equal(lone.asked_count, 0);
		close(client);
		lone_worker_turn(&lone);
		lone_worker_turn(&lone);
	}
	assert_true(told > 1);
}

/* Nothing new is an answer, too: who asks for it stays known. */
static void test_who_polls_is_not_forgotten(void **state)
{
	struct hub *hub = &lone.worker->hub;
	int client = lone_worker_connect(&lone, NULL);

	(void)state;
	hub_find(hub, SLICE("anna"))->used_at = 0;
	lone_worker_request(&lone, client, "GET", "/v1/inbox?after=0000000000000007.0.0", "anna",
			    "");
	assert_int_equal(lone.asked_count, 0);
	hub_forget(hub, lone.worker->loop.now - 10000);
	assert_non_null(hub_find(hub, SLICE("anna")));
	close(client);
}

/* A client that was written when the settings allowed more goes on. */
static void test_wishes_beyond_the_settings(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);
	const int64_t longest = lone.worker->settings->poll_wait_maximum;

	(void)state;
	lone_worker_request(&lone, client, "GET",
			    "/v1/inbox?after=0000000000000007.0.0&wait=86400&limit=100000", "anna",
			    "");
	assert_int_equal(connection->state, CONNECTION_HOLDING);
	assert_in_range(lone.worker->loop.timers.start +
			    (int64_t)connection->timer.step * TIMER_STEP - lone.worker->loop.now,
			longest - 1000, longest + 2 * TIMER_STEP);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_time_is_up, start, stop),
	    cmocka_unit_test_setup_teardown(test_time_is_up_with_something_heard, start, stop),
	    cmocka_unit_test_setup_teardown(test_change, start, stop),
	    cmocka_unit_test_setup_teardown(test_limit, start, stop),
	    cmocka_unit_test_setup_teardown(test_who_polls_is_not_forgotten, start, stop),
	    cmocka_unit_test_setup_teardown(test_wishes_beyond_the_settings, start, stop),
	    cmocka_unit_test_setup_teardown(test_out_of_memory, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
