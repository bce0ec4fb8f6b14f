/* What a feed does while its RabbitMQ fails it: connections closed, queue and exchange deleted, the
 * server killed, frozen, short of memory, and a node that does not listen. After each fault, what
 * may have been lost makes the nodes look at the store, and what is published from then on arrives.
 *
 * The tests share a server, which takes seconds to start, and have an exchange each. */
#include "conformance/feed/conformance.h"

#include "lib/captured_log.h"
#include "lib/failing_allocator.h"
#include "lib/rabbitmq_server.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	NODE_A = 11,
	NODE_B = 12,
	LARGE_BYTES = 1 << 20,
	BACKLOG = 100,
	OVERFLOW = 200, /* large batches: far more than a queue and the sockets hold */
};

static struct rabbitmq_server server;
static unsigned exchanges;

/* Two nodes with an exchange. */
struct scene {
	char url[64];
	char exchange[64];
	struct conformance_node a;
	struct conformance_node b;
	unsigned published;
};

static void open_node(struct scene *scene, struct conformance_node *node, uint64_t number)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.rabbitmq_url = scene->url;
	settings.rabbitmq_exchange = scene->exchange;
	conformance_open_with(node, &rabbitmq_feed_ops, number, &settings);
}

static bool both_connected(struct scene *scene)
{
	return conformance_statistics(&scene->a).connected &&
	       conformance_statistics(&scene->b).connected;
}

static unsigned wakes(struct scene *scene)
{
	return conformance_wakes(&scene->b);
}

static int setup_without_nodes(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	snprintf(scene->url, sizeof(scene->url), "amqp://127.0.0.1:%u", server.port);
	snprintf(scene->exchange, sizeof(scene->exchange), "test.%u", ++exchanges);
	*state = scene;
	return 0;
}

/* Publishes until one has come. */
static void publish_until_heard(struct scene *scene, struct conformance_node *from,
				struct conformance_node *to)
{
	do {
		conformance_publish(from, ++scene->published);
		for (int i = 0; i < 100 && !conformance_has_come(to, scene->published); i++)
			conformance_pause();
	} while (!conformance_has_come(to, scene->published));
}

/* Both publish, too, when the test begins: one that connects makes the exchange. */
static int setup(void **state)
{
	struct scene *scene;

	setup_without_nodes(state);
	scene = *state;
	open_node(scene, &scene->a, NODE_A);
	open_node(scene, &scene->b, NODE_B);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	/* The first subscription wakes, too. */
	CONFORMANCE_WAIT_FOR(wakes(scene) == 1);
	publish_until_heard(scene, &scene->a, &scene->b);
	publish_until_heard(scene, &scene->b, &scene->a);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	conformance_close(&scene->a);
	conformance_close(&scene->b);
	free(scene);
	return 0;
}

/* A batch may be lost while a connection is down that nobody has noticed yet, so the sender tries
 * again; the first that is published after the recovery must arrive. */
static void assert_delivers(struct scene *scene)
{
	bool came = false;

	while (!came) {
		unsigned number = ++scene->published;

		conformance_publish(&scene->a, number);
		for (int i = 0; i < 200 && !came; i++) {
			came = conformance_has_come(&scene->b, number);
			conformance_pause();
		}
	}
}

static uint64_t reconnections(struct scene *scene)
{
	return conformance_statistics(&scene->b).reconnections;
}

static uint64_t failures(struct scene *scene)
{
	return conformance_statistics(&scene->a).failures;
}

static void run_in_server(const char *program)
{
	RABBITMQ_CONTROL(&server, "eval", program);
}

static void close_connections(void)
{
	run_in_server("[rabbit_networking:close_connection(C, \"a test\") || "
		      "C <- rabbit_networking:connections()].");
}

static void test_closed_connections(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 1; i <= 2; i++) {
		unsigned before = wakes(scene);

		close_connections();
		CONFORMANCE_WAIT_FOR(wakes(scene) > before && reconnections(scene) >= 2 * i);
		CONFORMANCE_WAIT_FOR(both_connected(scene));
		assert_delivers(scene);
	}
}

/* A message that was sent and not answered for may be lost, so the other node is woken. Its own
 * subscription stays all the time. */
static void test_killed_publisher(void **state)
{
	struct scene *scene = *state;
	uint64_t operations;

	assert_delivers(scene);
	run_in_server("[sys:suspend(C) || C <- rabbit_channel:list_local()].");
	operations = conformance_statistics(&scene->a).operations;
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->a).operations > operations);
	run_in_server("[exit(C, kill) || C <- rabbit_networking:connections(), "
		      "[{_, P}] <- [rabbit_networking:connection_info(C, [client_properties])], "
		      "{<<\"connection_name\">>, _, <<\"allim: hints, publishing\">>} <- P].");
	run_in_server("[catch sys:resume(C) || C <- rabbit_channel:list_local()].");
	CONFORMANCE_WAIT_FOR(wakes(scene) == 2);
	assert_int_equal(failures(scene), 1);
	assert_int_equal(reconnections(scene), 1);
	assert_delivers(scene);
}

/* Runs Erlang in the server, on the queues of this exchange's nodes: their names begin with it. */
static void run_for_queues(const struct scene *scene, const char *action)
{
	char program[512];

	snprintf(program, sizeof(program),
		 "[%s || Q <- rabbit_amqqueue:list(<<\"/\">>), "
		 "{resource, _, queue, N} <- [amqqueue:get_name(Q)], "
		 "string:prefix(N, <<\"%s.\">>) =/= nomatch].",
		 action, scene->exchange);
	run_in_server(program);
}

/* The server tells a consumer whose queue is gone. */
static void test_deleted_queues(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	run_for_queues(scene, "rabbit_amqqueue:delete(Q, false, false, <<\"a test\">>)");
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "the queue of this node was deleted") == 2);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) == 2);
	assert_delivers(scene);
	captured_log_end(&log);
}

static void delete_exchange(const struct scene *scene)
{
	amqp_connection_state_t connection = rabbitmq_server_connect(&server);

	assert_non_null(
	    amqp_exchange_delete(connection, 1, amqp_cstring_bytes(scene->exchange), false));
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

/* The server tells nobody. The first node that finds out makes it anew; the other then binds its
 * queue again without a word, and misses nothing that a number or the next sweep would not tell. */
static void test_deleted_exchange(void **state)
{
	struct scene *scene = *state;

	delete_exchange(scene);
	CONFORMANCE_WAIT_FOR(conformance_wakes(&scene->a) + conformance_wakes(&scene->b) >= 3);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	publish_until_heard(scene, &scene->a, &scene->b);
	publish_until_heard(scene, &scene->b, &scene->a);
	assert_delivers(scene);
}

static void make_exchange(const struct scene *scene)
{
	amqp_connection_state_t connection = rabbitmq_server_connect(&server);

	assert_non_null(amqp_exchange_declare(connection, 1, amqp_cstring_bytes(scene->exchange),
					      amqp_cstring_bytes("fanout"), false, true, false,
					      false, amqp_empty_table));
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

/* Somebody made it anew before the nodes noticed: what is published meanwhile goes nowhere, comes
 * back as unroutable, and is told of when queues are bound again. */
static void test_exchange_made_anew(void **state)
{
	struct scene *scene = *state;

	delete_exchange(scene);
	make_exchange(scene);
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(conformance_has_come(&scene->b, scene->published) ||
			     failures(scene) == 1);
	assert_int_equal(failures(scene), 1);
	assert_delivers(scene);
	CONFORMANCE_WAIT_FOR(wakes(scene) >= 2);
	assert_int_equal(reconnections(scene), 0);
}

static void test_killed_server(void **state)
{
	struct scene *scene = *state;

	assert_delivers(scene);
	rabbitmq_server_kill(&server);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->b).connected);
	conformance_publish(&scene->a, ++scene->published);
	rabbitmq_server_start(&server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
}

/* Opening does not need it, and it is waited for with one line in the log. What is published before
 * it is there, is sent then. */
static void test_server_that_comes_later(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	rabbitmq_server_kill(&server);
	open_node(scene, &scene->a, NODE_A);
	open_node(scene, &scene->b, NODE_B);
	assert_false(conformance_statistics(&scene->a).connected);
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "RabbitMQ cannot be used") >= 2);
	rabbitmq_server_start(&server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 1);
	assert_delivers(scene);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "RabbitMQ is in use") == 2);
	assert_int_equal(captured_log_count(&log, "cannot connect; see that RabbitMQ runs"), 2);
	assert_int_equal(reconnections(scene), 0);
	captured_log_end(&log);
}

static struct hint_batch *large_batch(unsigned number)
{
	struct hint_batch *batch = conformance_batch(number);
	char *text = malloc(LARGE_BYTES);
	struct hint hint = {.user = SLICE("anna"), .seq = 1, .has_change = true};

	assert_non_null(text);
	memset(text, 'x', LARGE_BYTES);
	hint.change.kind = CHANGE_ROW;
	hint.change.notification.content.body = slice_from_bytes(text, LARGE_BYTES);
	assert_int_equal(hint_batch_add(batch, &hint), 0);
	free(text);
	return batch;
}

/* The server stays frozen until all is published: a publish that waited for it would never return.
 * What was dropped wakes the other node. */
static void test_frozen_server(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(1);
	unsigned before = wakes(scene);

	scene->published = 1;
	rabbitmq_server_freeze(&server);
	while (failures(scene) < 20)
		feed_publish(scene->a.feed, batch);
	hint_batch_release(batch);
	rabbitmq_server_thaw(&server);
	CONFORMANCE_WAIT_FOR(wakes(scene) > before);
	assert_delivers(scene);
}

static void test_server_frozen_for_long(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	rabbitmq_server_freeze(&server);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->a).connected &&
			     !conformance_statistics(&scene->b).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "did not answer within 5 s") >= 2);
	/* Publishers ask nothing while they have nothing to say, but hear heartbeats. */
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "nothing came from it for 10 s") == 2);
	rabbitmq_server_thaw(&server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
	captured_log_end(&log);
}

/* Closing does not wait for a server that says nothing, for longer than a moment. */
static void test_closing_while_frozen(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(1);

	rabbitmq_server_freeze(&server);
	while (failures(scene) == 0)
		feed_publish(scene->a.feed, batch);
	hint_batch_release(batch);
	conformance_close(&scene->a);
	rabbitmq_server_thaw(&server);
	open_node(scene, &scene->a, NODE_A);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	scene->published = 1;
	assert_delivers(scene);
}

static void set_memory_limit(const char *part)
{
	RABBITMQ_CONTROL(&server, "set_vm_memory_high_watermark", part);
}

/* Publishers are blocked, and the log says so, but what waits in the queues goes on. What is
 * published meanwhile waits, too, up to a limit; beyond it the other node is told in the end. */
static void test_memory_alarm(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(CONFORMANCE_BATCHES - 1);
	struct captured_log log;
	unsigned before;

	captured_log_start(&log);
	pthread_mutex_lock(&scene->b.ear.mutex);
	for (unsigned i = 0; i < BACKLOG; i++)
		conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->a).operations >= BACKLOG + 4);
	set_memory_limit("0.0000001");
	/* The first that is published learns of it. */
	while (captured_log_count(&log, "it blocks publishers") == 0) {
		feed_publish(scene->a.feed, batch);
		conformance_pause();
	}
	pthread_mutex_unlock(&scene->b.ear.mutex);
	assert_false(conformance_statistics(&scene->a).connected);
	CONFORMANCE_WAIT_FOR(conformance_count(&scene->b) >= BACKLOG);
	before = wakes(scene);
	while (failures(scene) < 3)
		feed_publish(scene->a.feed, batch);
	hint_batch_release(batch);
	set_memory_limit("0.4");
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) > before);
	assert_delivers(scene);
	captured_log_end(&log);
}

/* A queue that is full drops its oldest messages. Who listens to it, and nobody else, looks at the
 * store. On a slow machine it hangs for so long that the server ends its connection, to the same
 * end. */
static void test_slow_listener(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(CONFORMANCE_BATCHES - 1);

	assert_delivers(scene);
	pthread_mutex_lock(&scene->b.ear.mutex);
	/* The publisher's own queue stays empty: it hears each. */
	for (unsigned i = 1; i <= OVERFLOW; i++) {
		feed_publish(scene->a.feed, batch);
		conformance_publish_canary(&scene->a, i);
		CONFORMANCE_WAIT_FOR(conformance_canaries(&scene->a) == i);
	}
	pthread_mutex_unlock(&scene->b.ear.mutex);
	hint_batch_release(batch);
	CONFORMANCE_WAIT_FOR(wakes(scene) >= 2);
	assert_delivers(scene);
	assert_int_equal(failures(scene), 0);
	assert_int_equal(conformance_wakes(&scene->a), 1);
}

/* What somebody else publishes to the exchange is counted, and nothing more. */
static void test_foreign_messages(void **state)
{
	struct scene *scene = *state;
	amqp_connection_state_t connection = rabbitmq_server_connect(&server);
	static const char *const texts[] = {"", "{}", "\xFF\x00\x01"};

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(amqp_basic_publish(connection, 1,
						    amqp_cstring_bytes(scene->exchange),
						    amqp_empty_bytes, false, false, NULL,
						    amqp_cstring_bytes(texts[i])),
				 AMQP_STATUS_OK);
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->b).failures == 3);
	assert_delivers(scene);
	assert_int_equal(reconnections(scene), 0);
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

/* The n-th allocation on the way of one batch fails, wherever that is; large ones need memory at
 * every step. */
static void test_out_of_memory(void **state)
{
	struct scene *scene = *state;
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct hint_batch *batch = large_batch(++scene->published);
		uint64_t before = failures(scene) + conformance_statistics(&scene->b).failures;

		failing_allocator_fail_at(n);
		feed_publish(scene->a.feed, batch);
		CONFORMANCE_WAIT_FOR(failures(scene) + conformance_statistics(&scene->b).failures >
					 before ||
				     conformance_has_come(&scene->b, scene->published));
		failed = failing_allocator_reset();
		hint_batch_release(batch);
		assert_delivers(scene);
	}
	assert_true(failures(scene) > 0);
	assert_int_equal(conformance_statistics(&scene->a).reconnections, 0);
}

static int start_server(void **state)
{
	(void)state;
	rabbitmq_server_init(&server);
	rabbitmq_server_start(&server);
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	rabbitmq_server_finish(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_closed_connections, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_publisher, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deleted_queues, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deleted_exchange, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exchange_made_anew, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_server, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_server_that_comes_later, setup_without_nodes,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_frozen_server, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_server_frozen_for_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_closing_while_frozen, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_memory_alarm, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_slow_listener, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_foreign_messages, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
