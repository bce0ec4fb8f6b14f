/* The states of a connection, its timers, and what a client sends ahead of its answers. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"

#include <string.h>
#include <unistd.h>

static struct lone_worker lone;

static int start(void **state)
{
	static const char *const settings[] = {"http-header-timeout=1s", "http-body-timeout=2s",
					       "http-write-timeout=4s", "http-keep-alive=8s", NULL};

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

static void send_text(int client, const char *text)
{
	assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	lone_worker_turn(&lone);
}

static void assert_received(int client, const char *text)
{
	const char *received = lone_worker_received(client);

	if (strstr(received, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, received);
}

/* The timer fires in so many milliseconds, or a little less; 0: it is stopped. */
static void assert_timer(const struct connection *connection, int64_t milliseconds)
{
	const struct timer_wheel *timers = &lone.worker->loop.timers;
	int64_t left =
	    timers->start + (int64_t)connection->timer.step * TIMER_STEP - lone.worker->loop.now;

	assert_int_equal(timer_is_set(&connection->timer), milliseconds > 0);
	if (milliseconds > 0)
		assert_in_range(left, milliseconds - 500, milliseconds + 2 * TIMER_STEP);
}

/* Fills the socket towards the client, so that nothing more goes through. */
static void fill(const struct connection *connection)
{
	static const char junk[4096];

	while (send(connection->descriptor, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		continue;
}

static void test_states(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	assert_int_equal(connection->state, CONNECTION_IDLE);
	assert_timer(connection, 1000);
	send_text(client, "GET /v1/inbox HT");
	assert_int_equal(connection->state, CONNECTION_RECEIVING);
	assert_timer(connection, 1000);
	send_text(client, "TP/1.1\r\nHost: test\r\n\r\n");
	assert_received(client, "HTTP/1.1 401");
	assert_int_equal(connection->state, CONNECTION_IDLE);
	assert_timer(connection, 8000);
	lone_worker_request(&lone, client, "GET", "/v1/inbox", "anna", "");
	assert_int_equal(connection->state, CONNECTION_ANSWERING);
	assert_timer(connection, 0);
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 0, 0);
	assert_received(client, "HTTP/1.1 200");
	assert_int_equal(connection->state, CONNECTION_IDLE);
	lone_worker_request(&lone, client, "GET", "/v1/inbox", NULL, "Connection: close\r\n");
	assert_int_equal(connection->state, CONNECTION_LINGERING);
	assert_timer(connection, 1000);
	close(client);
	lone_worker_turn(&lone);
	assert_true(list_is_empty(&lone.worker->connections));
}

static void test_timeouts(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	send_text(client, "GET /v1/in");
	connection_on_timer(&connection->timer);
	assert_received(client, "HTTP/1.1 408");
	assert_int_equal(connection->state, CONNECTION_LINGERING);
	connection_on_timer(&connection->timer);
	assert_int_equal(connection->state, CONNECTION_CLOSED);
	close(client);
	client = lone_worker_connect(&lone, &connection);
	connection_on_timer(&connection->timer); /* it never asked for anything */
	assert_int_equal(connection->state, CONNECTION_CLOSED);
	lone_worker_turn(&lone);
	assert_string_equal(lone_worker_received(client), "");
	close(client);
}

/* What stands behind a request waits for its answer, in order, whoever answers first. */
static void test_pipelining(void **state)
{
	static const char third[] = "GET /nothing HTTP/1.1\r\nHost: test\r\n\r\n";
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);
	const char *received;

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox", "anna", "");
	lone_worker_request(&lone, client, "GET", "/v1/inbox/count", "anna", "");
	send_text(client, third);
	assert_int_equal(lone.asked_count, 1);
	assert_string_equal(lone_worker_received(client), "");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 1, 0);
	lone_worker_turn(&lone);
	received = lone_worker_received(client);
	assert_non_null(strstr(received, "\"notifications\""));
	assert_non_null(strstr(strstr(received, "\"notifications\""), "{\"unread\":0,\"cursor\""));
	assert_non_null(strstr(strstr(received, "{\"unread\":0,\"cursor\""), "HTTP/1.1 404"));
	assert_int_equal(connection->state, CONNECTION_IDLE);
	close(client);
}

/* Two requests that come in one piece. */
static void test_following(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox", "anna",
			    "\r\nGET /nothing HTTP/1.1\r\nHost: test\r\n");
	assert_string_equal(lone_worker_received(client), "");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 1, 0);
	assert_received(client, "HTTP/1.1 404");
	close(client);
}

/* Who leaves before his answer is there: the store's answer finds nobody. */
static void test_leaving(void **state)
{
	int client = lone_worker_connect(&lone, NULL);

	(void)state;
	lone_worker_request(&lone, client, "GET", "/v1/inbox", "anna", "");
	close(client);
	lone_worker_turn(&lone);
	lone_worker_turn(&lone);
	assert_true(list_is_empty(&lone.worker->connections));
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 1, 0);
}

/* `100 Continue` that waits for the socket: its timer gives way to that of the body. */
static void test_slow_continue(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	fill(connection);
	lone_worker_request(&lone, client, "POST", "/v1/inbox/read", "anna",
			    "Content-Length: 12\r\nContent-Type: application/json\r\n"
			    "Expect: 100-continue\r\n");
	assert_true(connection_is_full(connection));
	assert_int_equal(connection->state, CONNECTION_RECEIVING);
	assert_timer(connection, 2000);
	lone_worker_received(client);
	lone_worker_turn(&lone);
	assert_false(connection_is_full(connection));
	assert_int_equal(connection->state, CONNECTION_RECEIVING);
	assert_timer(connection, 2000);
	assert_received(client, "100 Continue");
	connection_on_timer(&connection->timer);
	assert_received(client, "HTTP/1.1 408");
	close(client);
}

/* The whole request comes while `100 Continue` still waits: somebody must watch the socket. */
static void test_continue_that_is_never_taken(void **state)
{
	struct connection *connection;
	int client = lone_worker_connect(&lone, &connection);

	(void)state;
	fill(connection);
	lone_worker_request(&lone, client, "POST", "/v1/inbox/read", "anna",
			    "Content-Length: 12\r\nContent-Type: application/json\r\n"
			    "Expect: 100-continue\r\n");
	send_text(client, "{\"all\":true}");
	assert_int_equal(connection->state, CONNECTION_ANSWERING);
	assert_timer(connection, 4000);
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_MARK), 0);
	assert_int_equal(connection->state, CONNECTION_SENDING);
	assert_timer(connection, 4000);
	connection_on_timer(&connection->timer);
	assert_int_equal(connection->state, CONNECTION_CLOSED);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_states, start, stop),
	    cmocka_unit_test_setup_teardown(test_timeouts, start, stop),
	    cmocka_unit_test_setup_teardown(test_pipelining, start, stop),
	    cmocka_unit_test_setup_teardown(test_following, start, stop),
	    cmocka_unit_test_setup_teardown(test_leaving, start, stop),
	    cmocka_unit_test_setup_teardown(test_slow_continue, start, stop),
	    cmocka_unit_test_setup_teardown(test_continue_that_is_never_taken, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
