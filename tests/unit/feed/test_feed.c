#include "feed/feed.h"

#include "lib/assertions.h"

static void test_names(void **state)
{
	(void)state;
	assert_ptr_equal(feed_find(SLICE("local")), &local_feed_ops);
	assert_null(feed_find(SLICE("")));
	assert_null(feed_find(SLICE("loca")));
	assert_null(feed_find(SLICE("local ")));
}

/* What the calls were passed on to. */
struct recorder {
	struct feed feed;
	unsigned published;
	unsigned closed;
};

static void record_publish(struct feed *feed, struct hint_batch *batch)
{
	assert_null(batch);
	((struct recorder *)feed)->published++;
}

static void record_close(struct feed *feed)
{
	((struct recorder *)feed)->closed++;
}

static void test_calls_are_passed_on(void **state)
{
	static const struct feed_ops ops = {.publish = record_publish, .close = record_close};
	struct recorder recorder = {.feed = {&ops}};

	(void)state;
	feed_publish(&recorder.feed, NULL);
	feed_close(&recorder.feed);
	feed_close(NULL);
	assert_int_equal(recorder.published, 1);
	assert_int_equal(recorder.closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_calls_are_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
