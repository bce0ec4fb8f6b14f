/* A cluster whose slots move and whose masters die: channels are followed to where they are, and
 * while one has no server, the others carry what is published. */
#include "conformance/feed/conformance.h"

#include "feed/redis_slots.h"
#include "lib/captured_log.h"
#include "lib/redis_server.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODE_A = 11, NODE_B = 12, CHANNELS = 16, CANARIES = 100 };

struct scene {
	struct redis_server servers[REDIS_CLUSTER_SERVERS];
	char url[96];
	struct conformance_node a;
	struct conformance_node b;
	unsigned published;
};

static void open_node(struct scene *scene, struct conformance_node *node, uint64_t number,
		      bool cluster)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.redis_url = scene->url;
	settings.redis_cluster = cluster;
	settings.redis_channels = CHANNELS;
	conformance_open_with(node, &redis_feed_ops, number, &settings);
}

static bool both_connected(struct scene *scene)
{
	return conformance_statistics(&scene->a).connected &&
	       conformance_statistics(&scene->b).connected;
}

static int start_servers(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	redis_cluster_start(scene->servers);
	snprintf(scene->url, sizeof(scene->url), "redis://127.0.0.1:%u", scene->servers[0].port);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	struct scene *scene;

	start_servers(state);
	scene = *state;
	open_node(scene, &scene->a, NODE_A, true);
	open_node(scene, &scene->b, NODE_B, true);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && conformance_wakes(&scene->b) > 0);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	conformance_close(&scene->a);
	conformance_close(&scene->b);
	redis_cluster_finish(scene->servers);
	free(scene);
	return 0;
}

/* Canaries are spread over the channels by their numbers. */
static void assert_all_channels_work(struct scene *scene)
{
	unsigned before = conformance_canaries(&scene->b);

	for (unsigned i = 1; i <= CANARIES; i++)
		conformance_publish_canary(&scene->b, i);
	CONFORMANCE_WAIT_FOR(conformance_canaries(&scene->b) >= before + CANARIES);
}

static void assert_delivers(struct scene *scene)
{
	unsigned number = ++scene->published;

	conformance_publish(&scene->a, number);
	CONFORMANCE_WAIT_FOR(conformance_has_come(&scene->b, number));
}

static void name_channel(unsigned channel, char ret_name[static 32])
{
	snprintf(ret_name, 32, "allim:hints:{%u}", channel);
}

static unsigned slot_of(unsigned channel)
{
	char name[32];

	name_channel(channel, name);
	return redis_slot_of(slice_from_string(name));
}

static unsigned server_of(unsigned slot)
{
	return slot * REDIS_CLUSTER_SERVERS / REDIS_SLOTS;
}

static long long subscribers(struct redis_server *server, unsigned channel)
{
	char name[32];
	redisReply *reply;
	long long count;

	name_channel(channel, name);
	reply = redis_server_command(server, "PUBSUB SHARDNUMSUB %s", name);
	assert_int_equal(reply->elements, 2);
	count = reply->element[1]->integer;
	freeReplyObject(reply);
	return count;
}

/* Redis agrees on where channels are. */
static void test_slots(void **state)
{
	struct scene *scene = *state;

	for (unsigned channel = 0; channel < CHANNELS; channel++) {
		char name[32];

		name_channel(channel, name);
		assert_int_equal(
		    redis_server_number(&scene->servers[0], "CLUSTER KEYSLOT %s", name),
		    slot_of(channel));
		assert_int_equal(subscribers(&scene->servers[server_of(slot_of(channel))], channel),
				 2);
	}
	assert_all_channels_work(scene);
}

static void test_moved_slots(void **state)
{
	struct scene *scene = *state;
	unsigned before = conformance_wakes(&scene->b);

	for (unsigned channel = 0; channel < CHANNELS; channel += 3) {
		unsigned from = server_of(slot_of(channel));
		unsigned to = (from + 1) % REDIS_CLUSTER_SERVERS;

		redis_cluster_move(scene->servers, slot_of(channel), from, to);
		CONFORMANCE_WAIT_FOR(subscribers(&scene->servers[to], channel) == 2);
	}
	CONFORMANCE_WAIT_FOR(both_connected(scene) && conformance_wakes(&scene->b) > before);
	assert_all_channels_work(scene);
	assert_delivers(scene);
}

static void test_killed_master(void **state)
{
	struct scene *scene = *state;

	/* The map was asked of the first. */
	for (unsigned i = 0; i < REDIS_CLUSTER_SERVERS; i++) {
		unsigned before;

		redis_server_kill(&scene->servers[i]);
		CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->a).connected &&
				     !conformance_statistics(&scene->b).connected);
		assert_delivers(scene);
		before = conformance_wakes(&scene->b);
		redis_server_start(&scene->servers[i]);
		CONFORMANCE_WAIT_FOR(both_connected(scene) &&
				     conformance_wakes(&scene->b) > before);
		assert_delivers(scene);
	}
	assert_all_channels_work(scene);
}

/* One channel through all servers works as well, and is no good use of a cluster. */
static void test_cluster_that_is_not_said(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	open_node(scene, &scene->a, NODE_A, false);
	open_node(scene, &scene->b, NODE_B, false);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_delivers(scene);
	assert_int_equal(captured_log_count(&log, "set redis.cluster to true"), 2);
	captured_log_end(&log);
}

/* Any server of the URL will do, wherever it stands there. */
static void test_dead_servers_in_the_url(void **state)
{
	struct scene *scene = *state;

	snprintf(scene->url, sizeof(scene->url),
		 "redis://127.0.0.1:1,127.0.0.1:2,127.0.0.1:%u,127.0.0.1:3",
		 scene->servers[0].port);
	open_node(scene, &scene->a, NODE_A, true);
	open_node(scene, &scene->b, NODE_B, true);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_delivers(scene);
}

/* A slot that nobody has is one line in the log. */
static void test_hole(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;
	unsigned slot = slot_of(0);

	captured_log_start(&log);
	for (unsigned i = 0; i < REDIS_CLUSTER_SERVERS; i++)
		redis_server_number(&scene->servers[i], "CLUSTER DELSLOTS %u", slot);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "channels that cannot be subscribed") > 0);
	assert_false(conformance_statistics(&scene->a).connected);
	assert_delivers(scene);
	redis_server_number(&scene->servers[server_of(slot)], "CLUSTER ADDSLOTS %u", slot);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_all_channels_work(scene);
	captured_log_end(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_moved_slots, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_master, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cluster_that_is_not_said, start_servers, teardown),
	    cmocka_unit_test_setup_teardown(test_dead_servers_in_the_url, start_servers, teardown),
	    cmocka_unit_test_setup_teardown(test_hole, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
