/* The list of feeds, and calls passed on. */
#include "feed/feed.h"

const struct feed_ops *const feed_table[] = {&local_feed_ops, NULL};

const struct feed_ops *feed_find(struct slice name)
{
	for (size_t i = 0; feed_table[i] != NULL; i++) {
		if (slice_equals(slice_from_string(feed_table[i]->name), name))
			return feed_table[i];
	}
	return NULL;
}

int feed_open(const struct feed_ops *ops, const struct feed_options *options,
	      struct feed **ret_feed, struct error *error)
{
	return ops->open(options, ret_feed, error);
}

void feed_publish(struct feed *feed, struct hint_batch *batch)
{
	feed->ops->publish(feed, batch);
}

void feed_close(struct feed *feed)
{
	if (feed != NULL)
		feed->ops->close(feed);
}
