/* What every feed must do; each test runs for every kind (conformance.h).
 *
 * A feed may double, delay and lose, but where nothing fails it does not lose. So the tests wait,
 * for as long as they may run, and count nothing twice. */
#include "conformance/feed/conformance.h"

#include "lib/changes.h"
#include "lib/failing_allocator.h"
#include "lib/kafka_thread.h"
#include "lib/only.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, BATCHES = 300, NODE_A = 11, NODE_B = 12, CANARY = 17 };

static const struct conformance_kind *const kinds[] = {
    &conformance_local, &conformance_dbpoll,	&conformance_pgnotify,
    &conformance_redis, &conformance_redis_tls, &conformance_redis_cluster,
    &conformance_kafka, &conformance_rabbitmq,	&conformance_rabbitmq_tls,
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void *places[KINDS];

static void assert_same_hint(const struct hint *hint, const struct hint *expected)
{
	struct buffer texts[2] = {BUFFER_EMPTY, BUFFER_EMPTY};

	assert_slices(hint->user, expected->user);
	assert_int_equal(hint->seq, expected->seq);
	assert_int_equal(hint->counts.unread, expected->counts.unread);
	assert_int_equal(hint->counts.broadcasts_marked, expected->counts.broadcasts_marked);
	assert_int_equal(hint->counts.broadcasts_handled, expected->counts.broadcasts_handled);
	assert_int_equal(hint->has_change, expected->has_change);
	if (!hint->has_change)
		return;
	assert_int_equal(hint->change.kind, expected->change.kind);
	assert_int_equal(hint->change.seq, expected->change.seq);
	assert_int_equal(change_time(&hint->change), change_time(&expected->change));
	if (hint->change.kind == CHANGE_ALL) {
		assert_int_equal(hint->change.state, expected->change.state);
		return;
	}
	assert_int_equal(hint->change.notification.first_seq,
			 expected->change.notification.first_seq);
	notification_append_json(&hint->change.notification, &texts[0]);
	notification_append_json(&expected->change.notification, &texts[1]);
	assert_slices(buffer_slice(&texts[0]), buffer_slice(&texts[1]));
	buffer_finish(&texts[0]);
	buffer_finish(&texts[1]);
}

/* Two nodes that share a server. */
struct pair {
	struct conformance_node a;
	struct conformance_node b;
};

static void open_pair(struct pair *pair, const struct conformance_kind *kind, void *place)
{
	conformance_open(&pair->a, kind, place, NODE_A);
	conformance_open(&pair->b, kind, place, NODE_B);
}

static void close_pair(struct pair *pair)
{
	conformance_close(&pair->a);
	conformance_close(&pair->b);
}

static void assert_last_is(struct conformance_ear *ear, const struct hint_batch *batch)
{
	pthread_mutex_lock(&ear->mutex);
	assert_true(ear->last->epoch == CONFORMANCE_EPOCH);
	assert_true(ear->last->committed_at == batch->committed_at);
	assert_int_equal(ear->last->count, batch->count);
	for (size_t i = 0; i < batch->count; i++)
		assert_same_hint(&ear->last->hints[i], &batch->hints[i]);
	pthread_mutex_unlock(&ear->mutex);
}

static void check_content(const struct conformance_kind *kind, void *place)
{
	struct pair pair;

	open_pair(&pair, kind, place);
	for (unsigned i = 1; i <= changes_hostile_text_count; i++) {
		struct hint_batch *batch = conformance_batch(i);

		feed_publish(pair.a.feed, batch);
		CONFORMANCE_WAIT_FOR(conformance_has_come(&pair.b, i));
		assert_last_is(&pair.b.ear, batch);
		hint_batch_release(batch);
	}
	close_pair(&pair);
}

/* The batch stays the caller's, who may let go of it at once; the listener keeps its own. */
static void check_references(const struct conformance_kind *kind, void *place)
{
	struct pair pair;

	open_pair(&pair, kind, place);
	conformance_publish(&pair.a, 1);
	CONFORMANCE_WAIT_FOR(conformance_has_come(&pair.b, 1));
	feed_close(pair.a.feed);
	feed_close(pair.b.feed);
	assert_slice(pair.b.ear.last->hints[0].user, "anna");
	conformance_ear_finish(&pair.a.ear);
	conformance_ear_finish(&pair.b.ear);
}

/* A node hears the others and not itself. Its own batch would have come back by the time that the
 * other node has heard it, and heard an answer, and a canary came back. */
static void check_own(const struct conformance_kind *kind, void *place)
{
	struct feed_statistics statistics;
	struct pair pair;

	open_pair(&pair, kind, place);
	conformance_publish(&pair.a, 1);
	CONFORMANCE_WAIT_FOR(conformance_has_come(&pair.b, 1));
	conformance_publish(&pair.b, 2);
	CONFORMANCE_WAIT_FOR(conformance_has_come(&pair.a, 2));
	conformance_publish_canary(&pair.a, CANARY);
	CONFORMANCE_WAIT_FOR(conformance_canaries(&pair.a) > 0);
	assert_int_equal(conformance_count(&pair.a), 1);
	assert_int_equal(conformance_count(&pair.b), 1);
	statistics = conformance_statistics(&pair.a);
	assert_int_equal(statistics.published, 1);
	assert_true(statistics.received >= 1);
	assert_int_equal(statistics.failures, 0);
	close_pair(&pair);
}

static void check_waking(const struct conformance_kind *kind, void *place)
{
	struct pair pair;
	unsigned before;

	open_pair(&pair, kind, place);
	before = conformance_wakes(&pair.b);
	conformance_publish(&pair.a, 1);
	CONFORMANCE_WAIT_FOR(conformance_wakes(&pair.b) > before);
	close_pair(&pair);
}

/* Readiness is proved by a batch without hints. */
static void check_canary(const struct conformance_kind *kind, void *place)
{
	struct conformance_node node;

	conformance_open(&node, kind, place, NODE_A);
	conformance_publish_canary(&node, CANARY);
	CONFORMANCE_WAIT_FOR(conformance_canaries(&node) > 0);
	assert_int_equal(node.ear.last->count, 0);
	assert_true(node.ear.last->canary == CANARY);
	conformance_close(&node);
}

struct publisher {
	pthread_t thread;
	struct conformance_node *node;
	unsigned first;
};

static void *publish_all(void *argument)
{
	const struct publisher *publisher = argument;

	for (unsigned i = 0; i < BATCHES; i++)
		conformance_publish(publisher->node, publisher->first + i);
	return NULL;
}

static void check_threads(const struct conformance_kind *kind, void *place)
{
	struct publisher publishers[THREADS];
	struct pair pair;

	open_pair(&pair, kind, place);
	for (unsigned i = 0; i < THREADS; i++) {
		publishers[i] = (struct publisher){.node = &pair.a, .first = 1 + i * BATCHES};
		assert_int_equal(
		    pthread_create(&publishers[i].thread, NULL, publish_all, &publishers[i]), 0);
	}
	CONFORMANCE_WAIT_FOR(conformance_count(&pair.b) == THREADS * BATCHES);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(publishers[i].thread, NULL);
	assert_int_equal(conformance_statistics(&pair.a).published, THREADS * BATCHES);
	assert_int_equal(conformance_statistics(&pair.b).received, THREADS * BATCHES);
	close_pair(&pair);
}

/* Nothing is heard once it is closed: the listener's memory is gone, which a sanitizer would
 * see. */
static void check_closing(const struct conformance_kind *kind, void *place)
{
	for (int i = 0; i < 50; i++) {
		struct conformance_node *node = malloc(sizeof(*node));
		struct settings settings;

		assert_non_null(node);
		conformance_prepare(kind, place, &settings);
		conformance_open_with(node, kind->ops, NODE_A, &settings);
		if (i % 2 == 1)
			CONFORMANCE_WAIT_FOR(conformance_statistics(node).connected);
		conformance_publish(node, 1);
		conformance_publish_canary(node, CANARY);
		conformance_close(node);
		free(node);
	}
}

/* Opening fails with a reason, and a publish never fails: at worst its hint is lost. */
static void check_out_of_memory(const struct conformance_kind *kind, void *place)
{
	struct hint_batch *batch = conformance_batch(1);
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct settings settings;
		struct feed_options options = {.node = NODE_A, .settings = &settings};
		struct conformance_ear ear;
		struct error error = {""};
		struct feed *feed = NULL;
		int result;

		conformance_ear_init(&ear);
		conformance_listen(&options, &ear);
		conformance_prepare(kind, place, &settings);
		failing_allocator_fail_at(n);
		result = feed_open(kind->ops, &options, &feed, &error);
		if (result == 0) {
			feed_publish(feed, batch);
		} else {
			assert_null(feed);
			assert_int_equal(result, -ENOMEM);
			assert_true(error.text[0] != '\0');
		}
		failed = failing_allocator_reset();
		feed_close(feed);
		conformance_ear_finish(&ear);
	}
	hint_batch_release(batch);
}

static void check_shape(const struct conformance_kind *kind, void *place)
{
	const struct feed_ops *ops = kind->ops, *found = NULL;
	struct error error;

	(void)place;
	assert_true(ops->name != NULL && ops->name[0] != '\0');
	assert_true(ops->open != NULL && ops->publish != NULL && ops->statistics != NULL &&
		    ops->close != NULL);
	assert_int_equal(feed_find(slice_from_string(ops->name), &found, &error), 0);
	assert_ptr_equal(found, ops);
	feed_close(NULL);
}

static bool is_tried(const struct conformance_kind *kind)
{
	return kafka_thread_allows(kind->ops) && only_allows(kind->name);
}

static void run(void (*check)(const struct conformance_kind *kind, void *place))
{
	for (size_t i = 0; i < KINDS; i++) {
		if (!is_tried(kinds[i]))
			continue;
		printf("feed %s\n", kinds[i]->name);
		check(kinds[i], places[i]);
	}
}

/* For the feeds that tell other nodes in this way. */
static void run_for(enum feed_way way,
		    void (*check)(const struct conformance_kind *kind, void *place))
{
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i]->ops->way != way || !is_tried(kinds[i]))
			continue;
		printf("feed %s\n", kinds[i]->name);
		check(kinds[i], places[i]);
	}
}

static void test_every_feed_has_a_kind(void **state)
{
	(void)state;
	for (size_t row = 0; feed_table[row] != NULL; row++) {
		bool found = false;

		for (size_t i = 0; i < KINDS; i++)
			found = found || kinds[i]->ops == feed_table[row];
		if (!found)
			fail_msg("the feed %s has no kind", feed_table[row]->name);
	}
}

static void test_shape(void **state)
{
	(void)state;
	run(check_shape);
}

static void test_content(void **state)
{
	(void)state;
	run_for(FEED_CARRIES, check_content);
}

static void test_references(void **state)
{
	(void)state;
	run_for(FEED_CARRIES, check_references);
}

static void test_own(void **state)
{
	(void)state;
	run_for(FEED_CARRIES, check_own);
}

static void test_waking(void **state)
{
	(void)state;
	run_for(FEED_WAKES, check_waking);
}

static void test_canary(void **state)
{
	(void)state;
	run(check_canary);
}

static void test_threads(void **state)
{
	(void)state;
	run_for(FEED_CARRIES, check_threads);
}

static void test_closing(void **state)
{
	(void)state;
	run(check_closing);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	run(check_out_of_memory);
}

static int start_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i]->start != NULL && only_allows(kinds[i]->name))
			places[i] = kinds[i]->start();
	}
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		if (places[i] != NULL)
			kinds[i]->stop(places[i]);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_feed_has_a_kind),
	    cmocka_unit_test(test_shape),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_waking),
	    cmocka_unit_test(test_canary),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_closing),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
