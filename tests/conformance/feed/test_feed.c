/* What every feed must do, told through feed.h alone; each test runs for every row of feed_table.
 *
 * A feed may double and delay, and to other nodes it may lose; but what a node publishes it hears
 * itself. So the tests wait, for as long as they may run, and count nothing twice. */
#include "feed/feed.h"

#include "lib/assertions.h"
#include "lib/changes.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { EPOCH = 7, BATCHES = 300, THREADS = 4 };

/* The commit's time tells one batch of the tests from another. */
static const int64_t first_commit = 1777627800250000;

/* Who listens: remembers which batches came, by number. Any thread. */
struct ear {
	pthread_mutex_t mutex;
	pthread_cond_t heard;
	bool came[THREADS * BATCHES + 1];
	unsigned count;		 /* of different batches */
	struct hint_batch *last; /* a reference */
};

static void on_hints(void *context, struct hint_batch *batch)
{
	struct ear *ear = context;
	struct hint_batch *before;
	uint64_t number =
	    batch->canary != 0 ? batch->canary : (uint64_t)(batch->committed_at - first_commit);

	pthread_mutex_lock(&ear->mutex);
	before = ear->last;
	ear->last = hint_batch_reference(batch);
	if (!ear->came[number]) {
		ear->came[number] = true;
		ear->count++;
	}
	pthread_cond_broadcast(&ear->heard);
	pthread_mutex_unlock(&ear->mutex);
	hint_batch_release(before);
}

static void wait_for(struct ear *ear, unsigned count)
{
	pthread_mutex_lock(&ear->mutex);
	while (ear->count < count)
		pthread_cond_wait(&ear->heard, &ear->mutex);
	pthread_mutex_unlock(&ear->mutex);
}

static void init_ear(struct ear *ear)
{
	*ear = (struct ear){.count = 0};
	pthread_mutex_init(&ear->mutex, NULL);
	pthread_cond_init(&ear->heard, NULL);
}

static void finish_ear(struct ear *ear)
{
	hint_batch_release(ear->last);
	pthread_cond_destroy(&ear->heard);
	pthread_mutex_destroy(&ear->mutex);
}

static struct feed *open_feed(const struct feed_ops *ops, struct ear *ear)
{
	struct feed_options options = {.on_hints = on_hints, .context = ear};
	struct error error = {""};
	struct feed *feed = NULL;

	if (feed_open(ops, &options, &feed, &error) < 0)
		fail_msg("%s", error.text);
	assert_ptr_equal(feed->ops, ops);
	return feed;
}

/* A commit of three kinds of change, with texts that are hard to carry. */
static struct hint_batch *make_batch(unsigned number)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);
	struct hint hints[] = {
	    {.user = SLICE("anna"),
	     .seq = 5,
	     .counts = {3, 2, 1},
	     .has_change = true,
	     .change = changes_row(5, changes_hostile_texts[number % changes_hostile_text_count])},
	    {.user = SLICE("\xEC\x95\x8C \"x\""),
	     .seq = INT64_MAX,
	     .has_change = true,
	     .change = changes_all(INT64_MAX, NOTIFICATION_READ)},
	    {.user = SLICE(""), .seq = 9},
	};

	batch->committed_at = first_commit + number;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		assert_int_equal(hint_batch_add(batch, &hints[i]), 0);
	return batch;
}

static void assert_same_hint(const struct hint *hint, const struct hint *expected)
{
	struct buffer texts[2] = {BUFFER_EMPTY, BUFFER_EMPTY};

	assert_slices(hint->user, expected->user);
	assert_int_equal(hint->seq, expected->seq);
	assert_int_equal(hint->counts.unread, expected->counts.unread);
	assert_int_equal(hint->counts.broadcasts_marked, expected->counts.broadcasts_marked);
	assert_int_equal(hint->counts.broadcasts_handled, expected->counts.broadcasts_handled);
	if (!hint->has_change)
		return; /* a feed need not carry it */
	assert_true(expected->has_change);
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

static void check_content(const struct feed_ops *ops)
{
	struct ear ear;
	struct feed *feed;

	init_ear(&ear);
	feed = open_feed(ops, &ear);
	for (unsigned i = 1; i <= changes_hostile_text_count; i++) {
		struct hint_batch *batch = make_batch(i);

		feed_publish(feed, batch);
		wait_for(&ear, i);
		pthread_mutex_lock(&ear.mutex);
		assert_true(ear.last->epoch == EPOCH);
		assert_true(ear.last->committed_at == batch->committed_at);
		assert_int_equal(ear.last->count, batch->count);
		for (size_t hint = 0; hint < batch->count; hint++)
			assert_same_hint(&ear.last->hints[hint], &batch->hints[hint]);
		pthread_mutex_unlock(&ear.mutex);
		hint_batch_release(batch);
	}
	feed_close(feed);
	finish_ear(&ear);
}

/* The batch stays the caller's, who may let go of it at once; the listener keeps its own. */
static void check_references(const struct feed_ops *ops)
{
	struct ear ear;
	struct feed *feed;
	struct hint_batch *batch = make_batch(1);

	init_ear(&ear);
	feed = open_feed(ops, &ear);
	feed_publish(feed, batch);
	hint_batch_release(batch);
	wait_for(&ear, 1);
	feed_close(feed);
	assert_slice(ear.last->hints[0].user, "anna");
	finish_ear(&ear);
}

/* Readiness is proved by a batch without hints. */
static void check_canary(const struct feed_ops *ops)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 0);
	struct ear ear;
	struct feed *feed;

	init_ear(&ear);
	feed = open_feed(ops, &ear);
	batch->canary = 17;
	feed_publish(feed, batch);
	wait_for(&ear, 1);
	assert_true(ear.came[17]);
	assert_int_equal(ear.last->count, 0);
	assert_true(ear.last->canary == 17);
	hint_batch_release(batch);
	feed_close(feed);
	finish_ear(&ear);
}

struct publisher {
	pthread_t thread;
	struct feed *feed;
	unsigned first;
};

static void *publish_all(void *argument)
{
	const struct publisher *publisher = argument;

	for (unsigned i = 0; i < BATCHES; i++) {
		struct hint_batch *batch = make_batch(publisher->first + i);

		feed_publish(publisher->feed, batch);
		hint_batch_release(batch);
	}
	return NULL;
}

static void check_threads(const struct feed_ops *ops)
{
	struct publisher publishers[THREADS];
	struct ear ear;
	struct feed *feed;

	init_ear(&ear);
	feed = open_feed(ops, &ear);
	for (unsigned i = 0; i < THREADS; i++) {
		publishers[i] = (struct publisher){.feed = feed, .first = 1 + i * BATCHES};
		assert_int_equal(
		    pthread_create(&publishers[i].thread, NULL, publish_all, &publishers[i]), 0);
	}
	wait_for(&ear, THREADS * BATCHES);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(publishers[i].thread, NULL);
	feed_close(feed);
	finish_ear(&ear);
}

/* Nothing is heard once it is closed: the listener's memory is gone, which a sanitizer would
 * see. */
static void check_closing(const struct feed_ops *ops)
{
	for (int i = 0; i < 50; i++) {
		struct ear *ear = malloc(sizeof(*ear));
		struct hint_batch *batch = make_batch(1);
		struct feed *feed;

		assert_non_null(ear);
		init_ear(ear);
		feed = open_feed(ops, ear);
		feed_publish(feed, batch);
		hint_batch_release(batch);
		feed_close(feed);
		finish_ear(ear);
		free(ear);
	}
}

/* Opening fails with a reason, and a publish never fails: at worst its hint is lost. */
static void check_out_of_memory(const struct feed_ops *ops)
{
	struct hint_batch *batch = make_batch(1);
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct feed_options options;
		struct error error = {""};
		struct feed *feed = NULL;
		struct ear ear;
		int result;

		init_ear(&ear);
		options = (struct feed_options){.on_hints = on_hints, .context = &ear};
		failing_allocator_fail_at(n);
		result = feed_open(ops, &options, &feed, &error);
		if (result == 0) {
			feed_publish(feed, batch);
		} else {
			assert_null(feed);
			assert_int_equal(result, -ENOMEM);
			assert_true(error.text[0] != '\0');
		}
		failed = failing_allocator_reset();
		feed_close(feed);
		finish_ear(&ear);
	}
	hint_batch_release(batch);
}

static void check_shape(const struct feed_ops *ops)
{
	const struct feed_ops *found = NULL;
	struct error error;

	assert_true(ops->name != NULL && ops->name[0] != '\0');
	assert_true(ops->open != NULL && ops->publish != NULL && ops->close != NULL);
	assert_int_equal(feed_find(slice_from_string(ops->name), &found, &error), 0);
	assert_ptr_equal(found, ops);
	feed_close(NULL);
}

/* Feeds of one process carry nothing to anybody. */
static bool carries(const struct feed_ops *ops)
{
	return ops != &local_feed_ops && ops != &dbpoll_feed_ops;
}

static void run(void (*check)(const struct feed_ops *ops))
{
	for (size_t i = 0; feed_table[i] != NULL; i++) {
		if ((check == check_content || check == check_references ||
		     check == check_threads) &&
		    !carries(feed_table[i]))
			continue;
		/* Needs a server: tests/unit/feed/test_pgnotify.c. */
		if (feed_table[i] == &pgnotify_feed_ops && check != check_shape)
			continue;
		printf("feed %s\n", feed_table[i]->name);
		check(feed_table[i]);
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
	run(check_content);
}

static void test_references(void **state)
{
	(void)state;
	run(check_references);
}

static void test_canary(void **state)
{
	(void)state;
	run(check_canary);
}

static void test_threads(void **state)
{
	(void)state;
	run(check_threads);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shape),	  cmocka_unit_test(test_content),
	    cmocka_unit_test(test_references),	  cmocka_unit_test(test_canary),
	    cmocka_unit_test(test_threads),	  cmocka_unit_test(test_closing),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
