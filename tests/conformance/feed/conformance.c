/* Waiting is asking again every millisecond: what is awaited differs too much for one condition
 * variable to stand for it. */
#include "conformance/feed/conformance.h"

#include "lib/changes.h"

#include <time.h>

/* The commit's time tells one batch of the tests from another. */
static const int64_t first_commit = 1777627800250000;

static void note(struct conformance_ear *ear, const struct hint_batch *batch)
{
	int64_t number = batch->committed_at - first_commit;

	if (batch->canary != 0) {
		ear->canaries++;
		return;
	}
	assert_true(number > 0 && number < CONFORMANCE_BATCHES);
	ear->count += !ear->came[number];
	ear->came[number] = true;
}

static void on_hints(void *context, struct hint_batch *batch)
{
	struct conformance_ear *ear = context;
	struct hint_batch *before;

	pthread_mutex_lock(&ear->mutex);
	before = ear->last;
	ear->last = hint_batch_reference(batch);
	note(ear, batch);
	pthread_mutex_unlock(&ear->mutex);
	hint_batch_release(before);
}

static void on_wake(void *context)
{
	struct conformance_ear *ear = context;

	pthread_mutex_lock(&ear->mutex);
	ear->wakes++;
	pthread_mutex_unlock(&ear->mutex);
}

void conformance_ear_init(struct conformance_ear *ear)
{
	*ear = (struct conformance_ear){.count = 0};
	pthread_mutex_init(&ear->mutex, NULL);
}

void conformance_ear_finish(struct conformance_ear *ear)
{
	hint_batch_release(ear->last);
	pthread_mutex_destroy(&ear->mutex);
}

void conformance_listen(struct feed_options *options, struct conformance_ear *ear)
{
	options->on_hints = on_hints;
	options->on_wake = on_wake;
	options->context = ear;
}

void conformance_open_with(struct conformance_node *node, const struct feed_ops *ops,
			   uint64_t number, const struct settings *settings)
{
	struct feed_options options = {.node = number, .settings = settings};
	struct error error = {""};

	conformance_ear_init(&node->ear);
	conformance_listen(&options, &node->ear);
	node->feed = NULL;
	if (feed_open(ops, &options, &node->feed, &error) < 0)
		fail_msg("%s", error.text);
	assert_ptr_equal(node->feed->ops, ops);
}

void conformance_prepare(const struct conformance_kind *kind, void *place,
			 struct settings *ret_settings)
{
	settings_init_defaults(ret_settings);
	if (kind->prepare != NULL)
		kind->prepare(place, ret_settings);
}

void conformance_open(struct conformance_node *node, const struct conformance_kind *kind,
		      void *place, uint64_t number)
{
	struct settings settings;

	conformance_prepare(kind, place, &settings);
	conformance_open_with(node, kind->ops, number, &settings);
	CONFORMANCE_WAIT_FOR(conformance_statistics(node).connected);
}

void conformance_close(struct conformance_node *node)
{
	feed_close(node->feed);
	conformance_ear_finish(&node->ear);
}

struct feed_statistics conformance_statistics(struct conformance_node *node)
{
	struct feed_statistics statistics;

	feed_statistics(node->feed, &statistics);
	return statistics;
}

struct hint_batch *conformance_batch(unsigned number)
{
	struct hint_batch *batch = hint_batch_create(CONFORMANCE_EPOCH, 1);
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

	assert_non_null(batch);
	batch->committed_at = first_commit + number;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		assert_int_equal(hint_batch_add(batch, &hints[i]), 0);
	return batch;
}

void conformance_publish(struct conformance_node *node, unsigned number)
{
	struct hint_batch *batch = conformance_batch(number);

	feed_publish(node->feed, batch);
	hint_batch_release(batch);
}

void conformance_publish_canary(struct conformance_node *node, uint64_t canary)
{
	struct hint_batch *batch = hint_batch_create(CONFORMANCE_EPOCH, 0);

	assert_non_null(batch);
	batch->canary = canary;
	feed_publish(node->feed, batch);
	hint_batch_release(batch);
}

static unsigned read_locked(struct conformance_ear *ear, const unsigned *number)
{
	unsigned copy;

	pthread_mutex_lock(&ear->mutex);
	copy = *number;
	pthread_mutex_unlock(&ear->mutex);
	return copy;
}

unsigned conformance_wakes(struct conformance_node *node)
{
	return read_locked(&node->ear, &node->ear.wakes);
}

unsigned conformance_canaries(struct conformance_node *node)
{
	return read_locked(&node->ear, &node->ear.canaries);
}

unsigned conformance_count(struct conformance_node *node)
{
	return read_locked(&node->ear, &node->ear.count);
}

bool conformance_has_come(struct conformance_node *node, unsigned number)
{
	bool came;

	pthread_mutex_lock(&node->ear.mutex);
	came = node->ear.came[number];
	pthread_mutex_unlock(&node->ear.mutex);
	return came;
}

void conformance_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
