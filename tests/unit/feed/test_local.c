#include "feed/feed.h"

#include "lib/assertions.h"

#include <pthread.h>

struct ear {
	unsigned count;
	struct hint_batch *batch;
	pthread_t thread;
};

static void on_hints(void *context, struct hint_batch *batch)
{
	struct ear *ear = context;

	ear->count++;
	ear->batch = batch;
	ear->thread = pthread_self();
}

/* There is nobody else to tell, and a canary has no way to go. */
static void test_only_canaries_come_back(const struct feed_ops *ops)
{
	struct ear ear = {0};
	struct feed_options options = {.on_hints = on_hints, .context = &ear};
	struct hint_batch *batch = hint_batch_create(7, 0);
	struct feed_statistics statistics;
	struct feed *feed;
	struct error error;

	assert_int_equal(feed_open(ops, &options, &feed, &error), 0);
	feed_publish(feed, batch);
	assert_int_equal(ear.count, 0);
	batch->canary = 5;
	feed_publish(feed, batch);
	assert_int_equal(ear.count, 1);
	assert_ptr_equal(ear.batch, batch);
	assert_true(pthread_equal(ear.thread, pthread_self()));
	assert_int_equal(batch->references, 1);
	feed_statistics(feed, &statistics);
	assert_true(statistics.connected);
	assert_int_equal(statistics.published, 1);
	feed_close(feed);
	hint_batch_release(batch);
}

static void test_local(void **state)
{
	(void)state;
	assert_int_equal(local_feed_ops.way, FEED_ALONE);
	test_only_canaries_come_back(&local_feed_ops);
}

static void test_dbpoll(void **state)
{
	(void)state;
	assert_int_equal(dbpoll_feed_ops.way, FEED_POLLS);
	test_only_canaries_come_back(&dbpoll_feed_ops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_dbpoll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
