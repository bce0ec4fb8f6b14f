#include "feed/feed.h"

#include "lib/assertions.h"

#include <errno.h>

static void test_names(void **state)
{
	const struct feed_ops *ops = NULL;
	struct error error;

	(void)state;
	assert_int_equal(feed_find(SLICE("local"), &ops, &error), 0);
	assert_ptr_equal(ops, &local_feed_ops);
	assert_int_equal(feed_find(SLICE("loca"), &ops, &error), -EINVAL);
	assert_non_null(strstr(error.text, "unknown feed \"loca\"; choose one of local, dbpoll"));
	assert_int_equal(feed_find(SLICE(""), &ops, &error), -EINVAL);
	assert_ptr_equal(ops, &local_feed_ops);
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
