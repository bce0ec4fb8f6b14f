/* The feeds without a server of their own. `local` is that of a node which is alone: a sweep is all
 * that it hears of others. `dbpoll` has the sweep run at every moment. */
#include "feed/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct local_feed {
	struct feed feed;
	struct feed_options options;
	_Atomic uint64_t published;
};

static int open_as(const struct feed_ops *ops, const struct feed_options *options,
		   struct feed **ret_feed, struct error *error)
{
	struct local_feed *local = calloc(1, sizeof(*local));

	if (local == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the feed");
	local->feed.ops = ops;
	local->options = *options;
	*ret_feed = &local->feed;
	return 0;
}

static int local_open(const struct feed_options *options, struct feed **ret_feed,
		      struct error *error)
{
	return open_as(&local_feed_ops, options, ret_feed, error);
}

static int dbpoll_open(const struct feed_options *options, struct feed **ret_feed,
		       struct error *error)
{
	return open_as(&dbpoll_feed_ops, options, ret_feed, error);
}

/* There is no server that a canary could prove to work. */
static void publish(struct feed *feed, struct hint_batch *batch)
{
	struct local_feed *local = (struct local_feed *)feed;

	if (batch->canary != 0)
		local->options.on_hints(local->options.context, batch);
	else
		atomic_fetch_add_explicit(&local->published, 1, memory_order_relaxed);
}

static void statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	struct local_feed *local = (struct local_feed *)feed;

	*ret_statistics = (struct feed_statistics){
	    .connected = true,
	    .published = atomic_load_explicit(&local->published, memory_order_relaxed),
	};
}

static void close_feed(struct feed *feed)
{
	free(feed);
}

const struct feed_ops local_feed_ops = {
    .name = "local",
    .way = FEED_ALONE,
    .open = local_open,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};

const struct feed_ops dbpoll_feed_ops = {
    .name = "dbpoll",
    .way = FEED_POLLS,
    .open = dbpoll_open,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};
