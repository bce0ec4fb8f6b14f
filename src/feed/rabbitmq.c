/* Hints by RabbitMQ: one durable fanout exchange, to which every node publishes, and a queue of
 * each node's own.
 *
 * A publisher only puts a reference into a mailbox; the thread of rabbitmq_publisher.c encodes and
 * sends as fast as RabbitMQ takes. What waits is bounded by the bytes of its texts, and beyond that
 * dropped: the other nodes read the store anyway. The thread of rabbitmq_listener.c hears.
 *
 * What RabbitMQ carries may be lost in three places. A node that subscribed anew, for whatever
 * reason, looks at the store; so does one that misses a message, since they are numbered; and a
 * node that could not send, or does not know whether it did, sends an empty batch as soon as it
 * can, which has the others look. All wait a random moment first, since all nodes notice a restart
 * of RabbitMQ together. */
#include "base/counter.h"
#include "config/settings.h"
#include "feed/feed.h"
#include "feed/rabbitmq_listener.h"
#include "feed/rabbitmq_publisher.h"

#include <errno.h>
#include <stdlib.h>

enum { CONNECTIONS = 2 };

struct rabbitmq_feed {
	struct feed feed;
	struct rabbitmq_access access;
	struct rabbitmq_report report;
	char *exchange;
	struct rabbitmq_publisher publisher;
	struct rabbitmq_listener listener;
};

static void publish(struct feed *feed, struct hint_batch *batch)
{
	handover_give(&((struct rabbitmq_feed *)feed)->publisher.handover, batch);
}

static int start(struct rabbitmq_feed *rabbitmq, const struct feed_options *options)
{
	int result = rabbitmq_publisher_start(&rabbitmq->publisher, &rabbitmq->access,
					      &rabbitmq->report, options->node, rabbitmq->exchange);

	if (result < 0)
		return result;
	result = rabbitmq_listener_start(&rabbitmq->listener, &rabbitmq->access, &rabbitmq->report,
					 options, rabbitmq->exchange);
	if (result < 0)
		rabbitmq_publisher_stop(&rabbitmq->publisher);
	return result;
}

static void free_feed(struct rabbitmq_feed *rabbitmq)
{
	rabbitmq_report_finish(&rabbitmq->report);
	rabbitmq_access_finish(&rabbitmq->access);
	free(rabbitmq->exchange);
	free(rabbitmq);
}

static int create(const struct settings *settings, struct rabbitmq_feed **ret_rabbitmq,
		  struct error *error)
{
	struct rabbitmq_feed *rabbitmq = calloc(1, sizeof(*rabbitmq));
	int result;

	if (rabbitmq == NULL) {
		error_set(error, -ENOMEM, "out of memory while opening the feed");
		return -ENOMEM;
	}
	rabbitmq->feed.ops = &rabbitmq_feed_ops;
	result = rabbitmq_access_init(&rabbitmq->access, settings, error);
	if (result < 0) {
		free(rabbitmq);
		return result;
	}
	rabbitmq->exchange = slice_to_string(slice_from_string(settings->rabbitmq_exchange));
	rabbitmq_report_init(&rabbitmq->report, CONNECTIONS, "exchange", rabbitmq->exchange);
	*ret_rabbitmq = rabbitmq;
	return 0;
}

static int open_feed(const struct feed_options *options, struct feed **ret_feed,
		     struct error *error)
{
	struct rabbitmq_feed *rabbitmq = NULL;
	int result = create(options->settings, &rabbitmq, error);

	if (result < 0)
		return result;
	result = rabbitmq->exchange == NULL ? -ENOMEM : start(rabbitmq, options);
	if (result < 0) {
		free_feed(rabbitmq);
		return error_set(error, result, "cannot open the feed: %s", strerror(-result));
	}
	*ret_feed = &rabbitmq->feed;
	return 0;
}

/* An alarm blocks everybody who publishes, so nothing is heard of the other nodes either. */
static void statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	const struct rabbitmq_feed *rabbitmq = (struct rabbitmq_feed *)feed;
	const struct rabbitmq_publisher *publisher = &rabbitmq->publisher;
	const struct rabbitmq_listener *listener = &rabbitmq->listener;
	uint64_t openings[CONNECTIONS] = {counter_read(&publisher->session.openings),
					  counter_read(&listener->session.openings)};

	*ret_statistics = (struct feed_statistics){
	    .connected =
		rabbitmq_listener_is_connected(listener) && !atomic_load(&publisher->is_blocked),
	    .published = counter_read(&publisher->handover.published),
	    .received = counter_read(&listener->reception.received),
	    .failures = counter_read(&publisher->handover.failures) +
			counter_read(&listener->failures) +
			counter_read(&listener->reception.failures),
	    .operations =
		counter_read(&publisher->session.attempts) + counter_read(&publisher->operations) +
		counter_read(&listener->session.attempts) + counter_read(&listener->operations),
	    .reconnections = openings[0] - (openings[0] > 0) + openings[1] - (openings[1] > 0),
	    .wakes = counter_read(&listener->reception.looks),
	};
}

static void close_feed(struct feed *feed)
{
	struct rabbitmq_feed *rabbitmq = (struct rabbitmq_feed *)feed;

	rabbitmq_listener_stop(&rabbitmq->listener);
	rabbitmq_publisher_stop(&rabbitmq->publisher);
	free_feed(rabbitmq);
}

const struct feed_ops rabbitmq_feed_ops = {
    .name = "rabbitmq",
    .way = FEED_CARRIES,
    .check = rabbitmq_access_check,
    .open = open_feed,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};
