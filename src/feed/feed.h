/* How nodes hear that something was published elsewhere. One interface for every feed.
 *
 * A node gives what it commits to its own connections at once, whatever the feed; the feed tells
 * the other nodes. There are two ways to hear: a feed may carry the hints themselves, or it may
 * only say that it is time to look, and the node then asks the store what changed (a sweep, see
 * server/sweep.h). A feed may lose, double and delay what it carries; it never makes a publish fail
 * or wait. Where it may have lost something, and knows it, it has the node look at the store. */
#ifndef ALLIM_FEED_FEED_H
#define ALLIM_FEED_FEED_H

#include "base/error.h"
#include "core/hint.h"

struct settings;

struct feed_options {
	uint64_t node; /* a random number: what a node published, it does not want to hear again */
	/* Each feed reads its own while it opens, and must not keep them. */
	const struct settings *settings;
	/* Called for every batch that arrives from another node, and for every canary, on a thread
	 * of the feed's or of who publishes. The batch stays the caller's; references may be
	 * taken. */
	void (*on_hints)(void *context, struct hint_batch *batch);
	/* Called from any thread when the store may hold more than the feed told. */
	void (*on_wake)(void *context);
	void *context;
};

/* What a feed did since it opened. */
struct feed_statistics {
	bool connected;	     /* false while what others publish cannot be heard */
	uint64_t published;  /* batches that were handed to it */
	uint64_t received;   /* batches that came from other nodes */
	uint64_t failures;   /* batches that could not be sent, or not be read */
	uint64_t operations; /* requests to the server that it uses */
	uint64_t reconnections;
	uint64_t wakes; /* how often it had the node look at the store */
};

struct feed;

/* How a node comes to know what others committed. */
enum feed_way {
	FEED_ALONE,   /* by sweeps only */
	FEED_CARRIES, /* the feed brings the hints */
	FEED_WAKES,   /* the feed wakes it, and the store is asked */
	FEED_POLLS    /* the store is asked at every delivery.poll_interval */
};

struct feed_ops {
	const char *name;
	enum feed_way way;
	/* Whether it could open with these settings, without asking its server. Returns 0 or a
	 * negative errno value with a sentence. NULL: with any. */
	int (*check)(const struct settings *settings, struct error *error);
	/* Returns 0 or a negative errno value with a sentence. A server that cannot be reached is
	 * no failure: the feed goes on trying. */
	int (*open)(const struct feed_options *options, struct feed **ret_feed,
		    struct error *error);
	/* From any thread, after the commit. The batch stays the caller's. A canary is a batch
	 * without hints; it comes back to the node that published it, by way of the server that
	 * the feed uses, if there is one. */
	void (*publish)(struct feed *feed, struct hint_batch *batch);
	/* From any thread. */
	void (*statistics)(struct feed *feed, struct feed_statistics *ret_statistics);
	/* Neither `on_hints` nor `on_wake` after it returns. NULL is allowed. */
	void (*close)(struct feed *feed);
};

/* What every feed starts with. */
struct feed {
	const struct feed_ops *ops;
};

extern const struct feed_ops local_feed_ops;
extern const struct feed_ops dbpoll_feed_ops;
extern const struct feed_ops redis_feed_ops;
extern const struct feed_ops kafka_feed_ops;
extern const struct feed_ops rabbitmq_feed_ops;
extern const struct feed_ops pgnotify_feed_ops;

/* All feeds, ended by NULL. */
extern const struct feed_ops *const feed_table[];

/* The feed with that name. Returns 0, or -EINVAL with a sentence that lists the names. */
int feed_find(struct slice name, const struct feed_ops **ret_ops, struct error *error);

int feed_open(const struct feed_ops *ops, const struct feed_options *options,
	      struct feed **ret_feed, struct error *error);
void feed_publish(struct feed *feed, struct hint_batch *batch);
void feed_statistics(struct feed *feed, struct feed_statistics *ret_statistics);
void feed_close(struct feed *feed);

#endif
