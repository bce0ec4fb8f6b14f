/* What a feed does while its Kafka fails it: brokers that go and come back, freeze, are slow,
 * refuse or move partitions, a topic that is missing, and memory that is short. After each fault,
 * what may have been lost makes the node look at the store, and what is published from then on
 * arrives. */
#include "conformance/feed/conformance.h"

#include "broker/kafka_client.h"
#include "lib/captured_log.h"
#include "lib/failing_allocator.h"
#include "lib/kafka_server.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	NODE_A = 11,
	NODE_B = 12,
	BROKERS = 3,
	PARTITIONS = 4,
	ALLOCATIONS = 25,
	LARGE_BYTES = 1 << 19,
	MANY = 1000,
	ATTEMPTS = 30,
	ADVICE_BYTES = 128,
};

/* Of Kafka's protocol. */
enum {
	NO_ERROR = 0,
	OFFSET_OUT_OF_RANGE = 1,
	UNKNOWN_TOPIC = 3,
	NOT_LEADER = 6,
	REQUEST_TIMED_OUT = 7,
	MESSAGE_TOO_LARGE = 10,
	NOT_ENOUGH_REPLICAS = 19,
	NOT_AUTHORIZED = 29,
	OUT_OF_ORDER_SEQUENCE = 45,
	DUPLICATE_SEQUENCE = 46,
	INVALID_PRODUCER_EPOCH = 47,
	UNKNOWN_PRODUCER = 59,
};

/* Two nodes and their cluster. */
struct scene {
	struct kafka_server server;
	char topic[KAFKA_SERVER_TOPIC_BYTES];
	struct captured_log log;
	struct conformance_node a;
	struct conformance_node b;
	unsigned published;
};

static void open_node(struct scene *scene, struct conformance_node *node, uint64_t number)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.kafka_brokers = scene->server.brokers;
	settings.kafka_topic = scene->topic;
	conformance_open_with(node, &kafka_feed_ops, number, &settings);
}

static bool both_connected(struct scene *scene)
{
	return conformance_statistics(&scene->a).connected &&
	       conformance_statistics(&scene->b).connected;
}

static int setup_without_nodes(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	kafka_server_start(&scene->server, BROKERS);
	kafka_server_name_topic("hints", scene->topic);
	kafka_server_create(&scene->server, scene->topic, PARTITIONS);
	captured_log_start(&scene->log);
	*state = scene;
	return 0;
}

static void open_nodes(struct scene *scene)
{
	open_node(scene, &scene->a, NODE_A);
	open_node(scene, &scene->b, NODE_B);
}

static unsigned wakes(struct scene *scene)
{
	return conformance_wakes(&scene->b);
}

static int setup(void **state)
{
	struct scene *scene;

	setup_without_nodes(state);
	scene = *state;
	open_nodes(scene);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	/* What is heard for the first time wakes, too, and once. */
	assert_int_equal(wakes(scene), 1);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	conformance_close(&scene->a);
	conformance_close(&scene->b);
	captured_log_end(&scene->log);
	kafka_server_finish(&scene->server);
	free(scene);
	return 0;
}

static bool is_told(struct scene *scene, const char *text)
{
	return captured_log_count(&scene->log, text) > 0;
}

static uint64_t failures_of(struct conformance_node *node)
{
	return conformance_statistics(node).failures;
}

/* A batch may be lost in a fault that nobody has noticed yet, so the sender tries again. */
static void assert_delivers(struct scene *scene)
{
	bool came = false;

	while (!came) {
		unsigned number = ++scene->published;

		conformance_publish(&scene->a, number);
		for (int i = 0; i < 2000 && !came; i++) {
			came = conformance_has_come(&scene->b, number);
			conformance_pause();
		}
	}
}

/* Opening does not need it, and it is waited for with one line in the log. */
static void test_brokers_that_come_later(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_control(&scene->server);
	kafka_server_down(&scene->server);
	open_nodes(scene);
	assert_false(conformance_statistics(&scene->a).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "Kafka cannot be used") == 2);
	kafka_server_up(&scene->server);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_int_equal(wakes(scene), 1);
	assert_delivers(scene);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "Kafka is in use") == 2);
	assert_int_equal(captured_log_count(&scene->log, "Kafka cannot be used"), 2);
	assert_int_equal(conformance_statistics(&scene->b).reconnections, 0);
}

/* What was published meanwhile is sent when they are back, or the other node is woken instead. */
static void test_brokers_that_go_and_come_back(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_control(&scene->server);
	for (unsigned i = 1; i <= 3; i++) {
		unsigned number = ++scene->published;

		kafka_server_down(&scene->server);
		CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->b).connected);
		conformance_publish(&scene->a, number);
		kafka_server_up(&scene->server);
		CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) > i);
		assert_true(conformance_statistics(&scene->b).reconnections >= i);
		CONFORMANCE_WAIT_FOR(conformance_has_come(&scene->b, number) ||
				     failures_of(&scene->a) > 0);
		assert_delivers(scene);
	}
}

/* One of three is enough to be deaf, since a part of the users is behind it. */
static void test_one_broker_of_three(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "leader %s 0 2", scene->topic);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	kafka_server_tell(&scene->server, "down 2");
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->b).connected);
	for (int i = 0; i < PARTITIONS; i++)
		kafka_server_tell(&scene->server, "leader %s %d 1", scene->topic, i);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
}

static void test_partition_without_leader(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "leader %s 3 -1", scene->topic);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->b).connected);
	CONFORMANCE_WAIT_FOR(is_told(scene, "not every partition of its topic can be read"));
	kafka_server_tell(&scene->server, "leader %s 3 1", scene->topic);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
}

/* Nothing is lost while partitions move, unless it took longer than a message may wait. */
static void test_moving_partitions(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	for (int i = 0; i < 60; i++) {
		if (i % 10 == 0)
			kafka_server_tell(&scene->server, "leader %s %d %d", scene->topic,
					  i / 10 % PARTITIONS, 1 + i / 10 % BROKERS);
		conformance_publish(&scene->a, ++scene->published);
		conformance_pause();
	}
	CONFORMANCE_WAIT_FOR(conformance_count(&scene->b) + failures_of(&scene->a) >= 60);
	assert_delivers(scene);
}

/* librdkafka tries again, or, where its numbers are no longer accepted, the feed takes another
 * producer. A broker that calls a message a double of one that it has is believed. */
static void test_refused_sequences(void **state)
{
	static const int codes[] = {
	    NOT_LEADER,		REQUEST_TIMED_OUT,	NOT_ENOUGH_REPLICAS,
	    UNKNOWN_PRODUCER,	INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE,
	    DUPLICATE_SEQUENCE,
	};
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_delivers(scene);
		kafka_server_tell(&scene->server, "error %d %d", KAFKA_PRODUCE, codes[i]);
		assert_delivers(scene);
	}
}

/* What is refused for good is a failure with a reason, and an empty batch wakes the other node. */
static void test_refused_message(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "error %d %d", KAFKA_PRODUCE, MESSAGE_TOO_LARGE);
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(wakes(scene) == 2);
	assert_int_equal(failures_of(&scene->a), 1);
	assert_int_equal(conformance_count(&scene->b), 0);
	assert_int_equal(conformance_wakes(&scene->a), 1);
	CONFORMANCE_WAIT_FOR(is_told(scene, "raise max.message.bytes"));
	assert_delivers(scene);
}

static void test_refused_writing(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "error %d %d %d", KAFKA_PRODUCE, NOT_AUTHORIZED, MANY);
	conformance_publish(&scene->a, ++scene->published);
	CONFORMANCE_WAIT_FOR(is_told(scene, "its user may not use the topic"));
	kafka_server_tell(&scene->server, "clear %d", KAFKA_PRODUCE);
	CONFORMANCE_WAIT_FOR(wakes(scene) >= 2);
	assert_delivers(scene);
	assert_int_equal(captured_log_count(&scene->log, "its user may not use the topic"), 1);
}

static uint64_t operations(struct scene *scene)
{
	return conformance_statistics(&scene->b).operations;
}

/* A feed whose fetches are refused hears nothing, though all brokers are connected. */
static void test_refused_reading(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "error %d %d %d", KAFKA_FETCH, NOT_AUTHORIZED, MANY);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->a).connected &&
			     !conformance_statistics(&scene->b).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "its user may not use the topic") ==
			     2);
	kafka_server_tell(&scene->server, "clear %d", KAFKA_FETCH);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "Kafka is in use") == 4);
}

/* Nor does one that does not know where partitions end, however often it asks. */
static void test_unknown_ends(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "error %d %d %d", KAFKA_LIST_OFFSETS, NOT_AUTHORIZED,
			  MANY);
	open_nodes(scene);
	CONFORMANCE_WAIT_FOR(operations(scene) > ATTEMPTS);
	assert_false(conformance_statistics(&scene->b).connected);
	assert_int_equal(wakes(scene), 0);
	kafka_server_tell(&scene->server, "clear %d", KAFKA_LIST_OFFSETS);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_int_equal(wakes(scene), 1);
	assert_delivers(scene);
}

/* The place is lost: the topic was made anew, or its messages were deleted before they were read.
 * Each of the nodes reads from each of the brokers. */
static void test_lost_place(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "error %d %d %d", KAFKA_FETCH, OFFSET_OUT_OF_RANGE,
			  4 * BROKERS);
	CONFORMANCE_WAIT_FOR(wakes(scene) >= 2 && conformance_wakes(&scene->a) >= 2);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_delivers(scene);
	assert_false(is_told(scene, "Kafka cannot be used"));
}

static void test_slow_brokers(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_mock(&scene->server);
	kafka_server_tell(&scene->server, "latency -1 500");
	for (int i = 0; i < 5; i++)
		assert_delivers(scene);
	assert_true(both_connected(scene));
	assert_int_equal(wakes(scene), 1);
	assert_int_equal(failures_of(&scene->a), 0);
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

/* The brokers stay frozen until all is published: a publish that waited for them would never
 * return. What was dropped wakes the other node. */
static void test_frozen_brokers(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch;
	unsigned before = wakes(scene);

	kafka_server_needs_control(&scene->server);
	batch = large_batch(++scene->published);
	kafka_server_freeze(&scene->server);
	while (failures_of(&scene->a) < 20)
		feed_publish(scene->a.feed, batch);
	hint_batch_release(batch);
	kafka_server_thaw(&scene->server);
	CONFORMANCE_WAIT_FOR(wakes(scene) > before);
	assert_delivers(scene);
}

static void test_brokers_frozen_for_long(void **state)
{
	struct scene *scene = *state;

	kafka_server_needs_control(&scene->server);
	kafka_server_freeze(&scene->server);
	CONFORMANCE_WAIT_FOR(!conformance_statistics(&scene->a).connected &&
			     !conformance_statistics(&scene->b).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "it does not answer") >= 2);
	kafka_server_thaw(&scene->server);
	CONFORMANCE_WAIT_FOR(both_connected(scene) && wakes(scene) >= 2);
	assert_delivers(scene);
}

/* The mock lets nobody create topics; whoever runs it does. */
static void test_missing_topic(void **state)
{
	struct scene *scene = *state;
	unsigned number = ++scene->published;
	char advice[ADVICE_BYTES];

	kafka_server_needs_mock(&scene->server);
	snprintf(advice, sizeof(advice), "--create --topic %s --partitions 8", scene->topic);
	kafka_server_tell(&scene->server, "topic-error %s %d", scene->topic, UNKNOWN_TOPIC);
	open_nodes(scene);
	conformance_publish(&scene->a, number);
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, "kafka-topics.sh") == 2);
	assert_true(is_told(scene, advice));
	assert_false(conformance_statistics(&scene->a).connected);
	kafka_server_tell(&scene->server, "topic-error %s %d", scene->topic, NO_ERROR);
	CONFORMANCE_WAIT_FOR(both_connected(scene));
	assert_int_equal(wakes(scene), 1);
	assert_delivers(scene);
	assert_int_equal(failures_of(&scene->a), 0);
	assert_int_equal(captured_log_count(&scene->log, "Kafka cannot be used"), 2);
}

/* A batch larger than a message goes in several, with all of its changes. */
static void test_large_batches(void **state)
{
	struct scene *scene = *state;
	struct hint_batch *batch = large_batch(++scene->published);
	uint64_t before = conformance_statistics(&scene->b).received;
	struct hint hint = batch->hints[batch->count - 1];

	assert_int_equal(hint_batch_add(batch, &hint), 0);
	feed_publish(scene->a.feed, batch);
	CONFORMANCE_WAIT_FOR(conformance_statistics(&scene->b).received == before + 3);
	pthread_mutex_lock(&scene->b.ear.mutex);
	assert_true(scene->b.ear.last->hints[scene->b.ear.last->count - 1].has_change);
	pthread_mutex_unlock(&scene->b.ear.mutex);
	assert_int_equal(failures_of(&scene->a), 0);
	hint_batch_release(batch);
}

static void produce(struct kafka_client *client, const char *topic, char *bytes, size_t length)
{
	const rd_kafka_vu_t parts[] = {
	    {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
	    {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
	    {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {bytes, length}},
	};

	assert_null(rd_kafka_produceva(client->kafka, parts, sizeof(parts) / sizeof(parts[0])));
}

/* Somebody else's message in the topic is a failure of those who read it, and no more. */
static void test_foreign_message(void **state)
{
	struct scene *scene = *state;
	struct kafka_client client;
	char junk[] = "junk";
	rd_kafka_conf_t *configuration;
	struct settings settings;
	struct error error;

	settings_init_defaults(&settings);
	settings.kafka_brokers = scene->server.brokers;
	assert_int_equal(kafka_client_configure(&settings, &configuration, &error), 0);
	assert_int_equal(kafka_client_open(&client, RD_KAFKA_PRODUCER, configuration, &error), 0);
	produce(&client, scene->topic, junk, sizeof(junk));
	produce(&client, scene->topic, NULL, 0);
	CONFORMANCE_WAIT_FOR(failures_of(&scene->b) == 2);
	kafka_client_close(&client);
	assert_delivers(scene);
}

/* The n-th allocation on the way of one batch fails, wherever that is; large ones need memory at
 * every step. */
static void test_out_of_memory(void **state)
{
	struct scene *scene = *state;

	for (unsigned n = 1; n <= ALLOCATIONS; n++) {
		struct hint_batch *batch = large_batch(++scene->published);
		uint64_t before = failures_of(&scene->a) + failures_of(&scene->b);

		failing_allocator_fail_at(n);
		feed_publish(scene->a.feed, batch);
		CONFORMANCE_WAIT_FOR(failures_of(&scene->a) + failures_of(&scene->b) > before ||
				     conformance_has_come(&scene->b, scene->published));
		failing_allocator_reset();
		hint_batch_release(batch);
	}
	assert_delivers(scene);
	assert_true(failures_of(&scene->a) + failures_of(&scene->b) > 0);
}

#define WITH_NODES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_brokers_that_come_later, setup_without_nodes,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_missing_topic, setup_without_nodes, teardown),
	    cmocka_unit_test_setup_teardown(test_unknown_ends, setup_without_nodes, teardown),
	    WITH_NODES(test_brokers_that_go_and_come_back),
	    WITH_NODES(test_one_broker_of_three),
	    WITH_NODES(test_partition_without_leader),
	    WITH_NODES(test_moving_partitions),
	    WITH_NODES(test_refused_sequences),
	    WITH_NODES(test_refused_message),
	    WITH_NODES(test_refused_writing),
	    WITH_NODES(test_refused_reading),
	    WITH_NODES(test_lost_place),
	    WITH_NODES(test_slow_brokers),
	    WITH_NODES(test_frozen_brokers),
	    WITH_NODES(test_brokers_frozen_for_long),
	    WITH_NODES(test_large_batches),
	    WITH_NODES(test_foreign_message),
	    WITH_NODES(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
