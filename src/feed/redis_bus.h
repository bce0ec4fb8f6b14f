/* The channels that all nodes subscribe to, and the servers that have them.
 *
 * Without a cluster there is one channel on one server. In a cluster the channels are spread over
 * the masters by their hash slots; the bus follows them when they move. Each server has a
 * connection that subscribes and one that publishes, because one that subscribes can do nothing
 * else. Everything runs on the thread of the loop. */
#ifndef ALLIM_FEED_REDIS_BUS_H
#define ALLIM_FEED_REDIS_BUS_H

#include "feed/redis_map.h"

struct redis_channel;

/* What its owner hears. */
struct redis_bus_ops {
	/* A message came; it is the bus's. */
	void (*on_message)(void *context, struct slice message);
	/* A channel was subscribed. What was published before was not heard, unless `is_first`. */
	void (*on_subscribed)(void *context, bool is_first);
	/* So many messages were handed over and perhaps not sent. */
	void (*on_unsent)(void *context, uint64_t count);
};

struct redis_bus {
	struct redis_shared shared;
	const struct redis_bus_ops *ops;
	void *context;
	const struct server_url *url;
	struct list servers;
	struct list gone; /* servers that are freed at the end of the turn */
	struct redis_channel *channels;
	size_t channel_count;
	_Atomic size_t subscribed; /* channels */
	struct alarm tick;
	struct redis_map map; /* of a cluster */
};

struct redis_bus_options {
	struct loop *loop;
	struct blocking *lookups;
	SSL_CTX *tls; /* NULL: plain; with the URL and the password it lives longer */
	const struct server_url *url;
	struct slice password;
	bool cluster;
	size_t channels; /* of a cluster */
	const struct redis_bus_ops *ops;
	void *context;
};

/* Prepares everything and connects when the loop runs. Returns 0 or -ENOMEM. */
int redis_bus_init(struct redis_bus *bus, const struct redis_bus_options *options);

/* On the loop's thread, or after it ended. */
void redis_bus_finish(struct redis_bus *bus);

/* A channel that can take a message now, the same for the same `hash` while all is well; NULL where
 * there is none. */
struct redis_channel *redis_bus_choose(struct redis_bus *bus, uint64_t hash);

/* Hands a message over; it is copied. Returns 0 or a negative errno value. */
int redis_bus_publish(struct redis_bus *bus, struct redis_channel *channel, struct slice message);

/* To be called at the end of each turn. */
void redis_bus_flush(struct redis_bus *bus);

/* From any thread: whether all channels are subscribed. */
bool redis_bus_is_subscribed(struct redis_bus *bus);

#endif
