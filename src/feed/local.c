/* The feed of a node that is alone: what it publishes is what it hears, on the publisher's thread.
 */
#include "feed/feed.h"

#include <errno.h>
#include <stdlib.h>

struct local_feed {
	struct feed feed;
	struct feed_options options;
};

static int local_open(const struct feed_options *options, struct feed **ret_feed,
		      struct error *error)
{
	struct local_feed *local = malloc(sizeof(*local));

	if (local == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the local feed");
	*local = (struct local_feed){.feed = {&local_feed_ops}, .options = *options};
	*ret_feed = &local->feed;
	return 0;
}

static void local_publish(struct feed *feed, struct hint_batch *batch)
{
	struct local_feed *local = (struct local_feed *)feed;

	local->options.on_hints(local->options.context, batch);
}

static void local_close(struct feed *feed)
{
	free(feed);
}

const struct feed_ops local_feed_ops = {
    .name = "local",
    .open = local_open,
    .publish = local_publish,
    .close = local_close,
};
