/* How nodes hear that something was published. One interface for every feed.
 *
 * A feed carries batches of hints from the node that committed to all nodes. It may lose, double
 * and delay them; it never makes a publish fail or wait. What a node publishes reaches its own
 * connections at once, whatever the feed. */
#ifndef ALLIM_FEED_FEED_H
#define ALLIM_FEED_FEED_H

#include "base/error.h"
#include "core/hint.h"

struct feed_options {
	/* Called for every batch that arrives, on a thread of the feed's or of who publishes. The
	 * batch stays the caller's; references may be taken. */
	void (*on_hints)(void *context, struct hint_batch *batch);
	void *context;
};

struct feed;

struct feed_ops {
	const char *name;
	/* Returns 0 or a negative errno value with a sentence. */
	int (*open)(const struct feed_options *options, struct feed **ret_feed,
		    struct error *error);
	/* From any thread, after the commit. The batch stays the caller's. */
	void (*publish)(struct feed *feed, struct hint_batch *batch);
	/* No `on_hints` after it returns. NULL is allowed. */
	void (*close)(struct feed *feed);
};

/* What every feed starts with. */
struct feed {
	const struct feed_ops *ops;
};

extern const struct feed_ops local_feed_ops;

/* All feeds, ended by NULL. */
extern const struct feed_ops *const feed_table[];

/* The feed with that name, or NULL. */
const struct feed_ops *feed_find(struct slice name);

int feed_open(const struct feed_ops *ops, const struct feed_options *options,
	      struct feed **ret_feed, struct error *error);
void feed_publish(struct feed *feed, struct hint_batch *batch);
void feed_close(struct feed *feed);

#endif
