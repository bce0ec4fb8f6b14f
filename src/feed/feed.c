/* The list of feeds, and calls passed on. */
#include "feed/feed.h"

#include "base/buffer.h"

#include <errno.h>

const struct feed_ops *const feed_table[] = {
    &local_feed_ops,
    &dbpoll_feed_ops,
    &redis_feed_ops,
    &kafka_feed_ops,
    &rabbitmq_feed_ops,
    &pgnotify_feed_ops,
    NULL,
};

int feed_find(struct slice name, const struct feed_ops **ret_ops, struct error *error)
{
	struct buffer names = BUFFER_EMPTY;

	for (size_t i = 0; feed_table[i] != NULL; i++) {
		if (slice_equals(slice_from_string(feed_table[i]->name), name)) {
			*ret_ops = feed_table[i];
			buffer_finish(&names);
			return 0;
		}
		buffer_append_string(&names, i == 0 ? "" : ", ");
		buffer_append_string(&names, feed_table[i]->name);
	}
	error_set(error, -EINVAL, "unknown feed \"%.*s\"; choose one of %.*s", (int)name.length,
		  name.data, (int)names.length, buffer_slice(&names).data);
	buffer_finish(&names);
	return -EINVAL;
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

void feed_statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	feed->ops->statistics(feed, ret_statistics);
}

void feed_close(struct feed *feed)
{
	if (feed != NULL)
		feed->ops->close(feed);
}
