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

/* The very batch, before publishing returns: so a commit is known to its own node at once. */
static void test_at_once(void **state)
{
	struct ear ear = {0};
	struct feed_options options = {on_hints, &ear};
	struct hint_batch *batch = hint_batch_create(7, 0);
	struct feed *feed;
	struct error error;

	(void)state;
	assert_int_equal(feed_open(&local_feed_ops, &options, &feed, &error), 0);
	feed_publish(feed, batch);
	assert_int_equal(ear.count, 1);
	assert_ptr_equal(ear.batch, batch);
	assert_true(pthread_equal(ear.thread, pthread_self()));
	assert_int_equal(batch->references, 1);
	feed_close(feed);
	hint_batch_release(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
