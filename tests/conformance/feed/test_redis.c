/* What a feed does while its Redis fails it: connections killed, the server killed, frozen, slow to
 * be read, a replica, and memory that is short. After each fault, what may have been lost makes the
 * node look at the store, and what is published from then on arrives. */
#include "conformance/feed/conformance.h"

#include "lib/captured_log.h"
#include "lib/failing_allocator.h"
#include "lib/redis_server.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODE_A = 11, NODE_B = 12, CONNECTING_ALLOCATIONS = 12, LARGE_BYTES = 1 << 20 };

/* Two nodes and their server. */
struct scene {
	struct redis_server server;
	char url[64];
	struct conformance_node a;
	struct conformance_node b;
	unsigned published;
};

static void open_node(struct scene *scene, struct conformance_node *node, uint64_t number)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.redis_url = scene->url;
	conformance_open_with(node, &redis_feed_ops, number, &settings);
}

static bool both_connected(struct scene *scene)
{
	return conformance_statistics(&scene->a).connected &&
	       conformance_statistics(&scene->b).connected;
}

static int setup_without_server(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	redis_server_init(&scene->server);
	/* A port that it had once is tried again. */
	redis_server_start(&scene->server);
	redis_server_kill(&scene->server);
	snprintf(scene->url, sizeof(scene->url), "redis://127.0.0.1:%u", scene->server.port);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	struct scene *scene;

	setup_without_server(state);
	scene = *state;
	redis_server_start(&scene->server);
	open_node(scene, &scene->a, NODE_A);
	open_node(scene, &scene->b, NODE_B);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	/* The first subscription wakes, too. */
	CONFORMANCE_WAIT_FOR(conformance_wakes(&scene->b) == 1);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	conformance_close(&scene->a);
	conformance_close(&scene->b);
	redis_server_finish(&scene->server);
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

static unsigned wakes(struct scene *scene)
{
	return conformance_wakes(&scene->b);
}

static uint64_t reconnections(struct scene *scene)
{
	return conformance_statistics(&scene->b).reconnections;
}

static void test_killed_subscriptions(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 1; i <= 5; i++) {
		unsigned before = wakes(scene);

		assert_int_equal(redis_server_number(&scene->server, "CLIENT KILL TYPE pubsub"), 2);
		CONFORMANCE_WAIT_FOR(wakes(scene) > before && reconnections(scene) >= i);
		CONFORMANCE_WAIT_FOR(both_connected(scene));
		assert_delivers(scene);
	}
}

/* A batch that was sent and not answered may be lost, so the other node is woken. Its own
 * subscription stays all the time. */
static void test_killed_publisher(void **state)
{
	struct scene *scene = *state;
	uint64_t operations = conformance_statistics(&scene->a).operations;

	redis_server_number(&scene->server, "CLIENT PAUSE 100000 WRITE");
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->a).operations > operations);
	assert_true(redis_server_number(&scene->server, "CLIENT KILL TYPE normal") >= 2);
	redis_server_number(&scene->server, "CLIENT UNPAUSE");
	CONFORMANCE_WAIT_FOR(wakes(scene) == 2);
	assert_int_equal(conformance_statistics(&scene->a).failures, 1);
	assert_delivers(scene);
}

static void test_killed_server(void **state)
{
	struct scene *scene = *state;

	redis_server_kill(&scene->server);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->b).connected);
	conformance_publish(&scene->a, ++scene->published);
	redis_server_start(&scene->server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
}

/* What waits for the server is sent when it is there. Only the sender is kept away, so the other
 * node is not woken instead. */
static void test_published_while_away(void **state)
{
	struct scene *scene = *state;
	unsigned number = ++scene->published;
	struct settings settings;
	char url[80];

	conformance_close(&scene->a);
	snprintf(url, sizeof(url), "redis://late@127.0.0.1:%u", scene->server.port);
	settings_init_defaults(&settings);
	settings.redis_url = url;
	settings.redis_password = SLICE("secret");
	conformance_open_with(&scene->a, &redis_feed_ops, NODE_A, &settings);
	conformance_publish(&scene->a, number);
	/* It has been refused. */
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->a).operations >= 12);
	redis_server_number(&scene->server, "ACL SETUSER late on >secret +@all allchannels");
	CONFORMANCE_WAIT_FOR(conformance_has_come(&scene->b, number));
	assert_int_equal(conformance_statistics(&scene->a).failures, 0);
	assert_int_equal(wakes(scene), 1);
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

	redis_server_freeze(&scene->server);
	while (conformance_statistics(&scene->a).failures < 20)
		feed_publish(scene->a.feed, batch);
	hint_batch_release(batch);
	redis_server_thaw(&scene->server);
	CONFORMANCE_WAIT_FOR(wakes(scene) > before);
	assert_delivers(scene);
	assert_int_equal(reconnections(scene), 0);
}

static void test_server_frozen_for_long(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	redis_server_freeze(&scene->server);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->a).connected &&
			     !conformance_statistics(&scene->b).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "did not answer within 5 s") >= 2);
	assert_int_equal(captured_log_count(&log, "nothing came from it for 10 s"), 2);
	redis_server_thaw(&scene->server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
	captured_log_end(&log);
}

/* Redis ends the connection of who does not read. */
static void test_slow_listener(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(1);

	redis_server_number(&scene->server, "CONFIG SET client-output-buffer-limit %s",
			    "pubsub 2mb 0 0");
	pthread_mutex_lock(&scene->b.ear.mutex);
	for (;;) {
		redisReply *reply = redis_server_command(&scene->server, "CLIENT LIST TYPE pubsub");
		bool has_one = strchr(reply->str, '\n') == strrchr(reply->str, '\n');

		freeReplyObject(reply);
		if (has_one)
			break;
		feed_publish(scene->a.feed, batch);
		conformance_pause();
	}
	pthread_mutex_unlock(&scene->b.ear.mutex);
	hint_batch_release(batch);
	CONFORMANCE_WAIT_FOR(reconnections(scene) >= 1 && wakes(scene) >= 2);
	assert_delivers(scene);
}

/* Opening does not need it, and it is waited for with one line in the log. */
static void test_server_that_comes_later(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	open_node(scene, &scene->a, NODE_A);
	open_node(scene, &scene->b, NODE_B);
	assert_false(conformance_statistics(&scene->a).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "Redis cannot be used") == 2);
	redis_server_start(&scene->server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) == 1);
	assert_delivers(scene);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "Redis is in use") == 2);
	assert_int_equal(captured_log_count(&log, "Redis cannot be used"), 2);
	assert_int_equal(reconnections(scene), 0);
	captured_log_end(&log);
}

/* After a failover a node may find that its server has become a replica. */
static void test_replica(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	redis_server_number(&scene->server, "REPLICAOF 127.0.0.1 1");
	redis_server_number(&scene->server, "CLIENT KILL TYPE pubsub");
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "read-only replica") >= 2);
	assert_false(conformance_statistics(&scene->b).connected);
	redis_server_number(&scene->server, "REPLICAOF NO ONE");
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_delivers(scene);
	captured_log_end(&log);
}

static uint64_t failures(struct scene *scene)
{
	return conformance_statistics(&scene->a).failures +
	       conformance_statistics(&scene->b).failures;
}

/* The n-th allocation on the way of one batch fails, wherever that is; large ones need memory at
 * every step. */
static void test_out_of_memory(void **state)
{
	struct scene *scene = *state;
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct hint_batch *batch = large_batch(++scene->published);
		uint64_t before = failures(scene);

		failing_allocator_fail_at(n);
		feed_publish(scene->a.feed, batch);
		CONFORMANCE_WAIT_FOR(failures(scene) > before ||
				     conformance_has_come(&scene->b, scene->published));
		failed = failing_allocator_reset();
		hint_batch_release(batch);
		assert_delivers(scene);
	}
	assert_true(failures(scene) > 0);
	/* A command that found no memory leaves those before and after it as they are. */
	assert_int_equal(conformance_statistics(&scene->a).reconnections, 0);
}

/* The same while connections are made anew. */
static void test_out_of_memory_while_connecting(void **state)
{
	struct scene *scene = *state;

	for (unsigned n = 1; n <= CONNECTING_ALLOCATIONS; n++) {
		uint64_t before = reconnections(scene);

		failing_allocator_fail_at(n);
		redis_server_number(&scene->server, "CLIENT KILL TYPE pubsub");
		redis_server_number(&scene->server, "CLIENT KILL TYPE normal");
		CONFORMANCE_WAIT_FOR(reconnections(scene) > before);
		failing_allocator_reset();
		CONFORMANCE_WAIT_FOR(both_connected(scene));
	}
	assert_delivers(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_killed_subscriptions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_publisher, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_server, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_published_while_away, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_frozen_server, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_server_frozen_for_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_slow_listener, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_server_that_comes_later, setup_without_server,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_replica, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out_of_memory_while_connecting, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
