/* How a worker learns which broadcasts there are, and who waits for it. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"

#include <errno.h>
#include <string.h>
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

/* Asks for the inbox; the store's answer has a broadcast of which no hint has come. */
static int ask_ahead(const char *user)
{
	int client = lone_worker_connect(&lone, NULL);

	lone_worker_request(&lone, client, "GET", "/v1/inbox", user, "");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_LIST), 0, 1);
	assert_string_equal(lone_worker_received(client), "");
	return client;
}

static void test_many_join_one_question(void **state)
{
	int anna = ask_ahead("anna"), minjun = ask_ahead("minjun");
	struct store_heads *heads;
	int64_t ids[] = {1};

	(void)state;
	assert_int_equal(lone_worker_asked(&lone, STORE_HEADS), 1);
	heads = lone_worker_take(&lone, STORE_HEADS);
	heads->everyone.seq = 1;
	heads->broadcast_ids = ids;
	heads->broadcast_count = 1;
	lone_worker_answer(&lone, heads, 0);
	lone_worker_check_answer(anna, "\"unread\":1");
	lone_worker_check_answer(minjun, "\"unread\":1");
	assert_int_equal(lone.asked_count, 0);
}

/* What a mark leaves unread is told only by who knows all broadcasts. */
static void test_a_mark_waits_too(void **state)
{
	int client = lone_worker_connect(&lone, NULL);
	struct store_mark *mark;

	(void)state;
	lone_worker_request(&lone, client, "POST", "/v1/inbox/seen", "anna",
			    "Content-Type: application/json\r\nContent-Length: 12\r\n");
	assert_int_equal(send(client, "{\"all\":true}", 12, MSG_NOSIGNAL), 12);
	lone_worker_turn(&lone);
	mark = lone_worker_take(&lone, STORE_MARK);
	mark->cursor = (struct cursor){7, 1, 1};
	mark->marked = 1;
	lone_worker_answer(&lone, mark, 0);
	assert_string_equal(lone_worker_received(client), "");
	lone_worker_broadcast(&lone, 1);
	lone_worker_check_answer(client, "\"marked\":1,\"unread\":1");
}

/* The hint brings the list forward before the store has answered. */
static void test_a_hint_is_enough(void **state)
{
	int anna = ask_ahead("anna");
	struct store_heads *heads;

	(void)state;
	lone_worker_broadcast(&lone, 1);
	lone_worker_check_answer(anna, "\"unread\":1");
	heads = lone_worker_take(&lone, STORE_HEADS);
	lone_worker_answer(&lone, heads, 0); /* of a snapshot before it */
	assert_int_equal(lone.worker->hub.broadcast_count, 1);
	assert_int_equal(lone.asked_count, 0);
}

/* Every stream gets the broadcast from the hint, and the store is left alone. */
static void test_streams_do_not_read(void **state)
{
	int streams[3], anna;

	(void)state;
	for (int i = 0; i < 3; i++) {
		streams[i] = lone_worker_connect(&lone, NULL);
		lone_worker_request(&lone, streams[i], "GET", "/v1/inbox/stream", "minjun", "");
		if (lone_worker_asked(&lone, STORE_REPLAY) > 0)
			lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0,
						 0);
		assert_non_null(strstr(lone_worker_received(streams[i]), "{\"unread\":0}"));
	}
	anna = ask_ahead("anna");
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 0);
	lone_worker_broadcast(&lone, 1);
	assert_int_equal(lone_worker_asked(&lone, STORE_REPLAY), 0);
	for (int i = 0; i < 3; i++)
		lone_worker_check_answer(streams[i], "event: notification");
	close(anna);
}

/* A client adds a broadcast to its count when it comes: a count that has it already must wait. */
static void test_counts_wait_for_the_broadcast(void **state)
{
	int stream = lone_worker_connect(&lone, NULL), anna;
	struct store_heads *heads;
	int64_t ids[] = {1};
	const char *received;

	(void)state;
	lone_worker_request(&lone, stream, "GET", "/v1/inbox/stream", "minjun", "");
	lone_worker_answer_heads(&lone, lone_worker_take(&lone, STORE_REPLAY), 0, 0);
	lone_worker_received(stream);
	anna = ask_ahead("anna");
	heads = lone_worker_take(&lone, STORE_HEADS);
	heads->everyone.seq = 1;
	heads->broadcast_ids = ids;
	heads->broadcast_count = 1;
	lone.worker->refresh.recount = true; /* everybody is to be told */
	lone_worker_answer(&lone, heads, 0);
	assert_string_equal(lone_worker_received(stream), "");
	lone_worker_broadcast(&lone, 1);
	received = lone_worker_received(stream);
	assert_non_null(strstr(received, "event: notification"));
	assert_non_null(strstr(strstr(received, "event: notification"), "{\"unread\":1}"));
	close(stream);
	close(anna);
}

/* A failure is told, what was to be asked stays to be asked, and not before the next second. */
static void test_failure(void **state)
{
	int anna;

	(void)state;
	lone.worker->hub.recheck = true;
	lone.worker->hub.recount = true;
	lone_worker_turn(&lone);
	anna = ask_ahead("anna");
	assert_false(lone.worker->hub.recheck || lone.worker->hub.recount);
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_HEADS), -EIO);
	lone_worker_check_answer(anna, "store_failed");
	assert_true(lone.worker->hub.recheck && lone.worker->hub.recount);
	lone_worker_turn(&lone);
	assert_int_equal(lone.asked_count, 0);
	refresh_keep(lone.worker);
	lone_worker_turn(&lone);
	assert_int_equal(lone_worker_asked(&lone, STORE_HEADS), 1);
}

/* A store that does not answer is not asked again. */
static void test_frozen_store(void **state)
{
	(void)state;
	hub_learn_broadcast_head(&lone.worker->hub, 1);
	for (int i = 0; i < 5; i++) {
		lone_worker_turn(&lone);
		refresh_keep(lone.worker);
	}
	assert_int_equal(lone_worker_asked(&lone, STORE_HEADS), 1);
}

/* Who leaves while he waits is forgotten. */
static void test_leaving(void **state)
{
	(void)state;
	close(ask_ahead("anna"));
	close(ask_ahead("minjun"));
	lone_worker_turn(&lone);
	lone_worker_turn(&lone);
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_HEADS), -EIO);
	assert_true(list_is_empty(&lone.worker->refresh.waiting));
	close(ask_ahead("sofia"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_many_join_one_question, start, stop),
	    cmocka_unit_test_setup_teardown(test_a_mark_waits_too, start, stop),
	    cmocka_unit_test_setup_teardown(test_a_hint_is_enough, start, stop),
	    cmocka_unit_test_setup_teardown(test_streams_do_not_read, start, stop),
	    cmocka_unit_test_setup_teardown(test_counts_wait_for_the_broadcast, start, stop),
	    cmocka_unit_test_setup_teardown(test_failure, start, stop),
	    cmocka_unit_test_setup_teardown(test_frozen_store, start, stop),
	    cmocka_unit_test_setup_teardown(test_leaving, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
