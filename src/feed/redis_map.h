/* Which server of a cluster has which slots: a connection that asks, and asks again when something
 * does not fit. On the thread of the loop. */
#ifndef ALLIM_FEED_REDIS_MAP_H
#define ALLIM_FEED_REDIS_MAP_H

#include "feed/redis_connection.h"
#include "feed/redis_report.h"

struct redis_map {
	struct redis_connection connection;
	const struct redis_map_ops *ops;
	void *context;
	const struct server_url *url;
	struct alarm retry;
	struct redis_report report;
	unsigned seed;	  /* where it asks next time */
	bool asked;	  /* an answer is to come */
	bool known;	  /* one came */
	int64_t asked_at; /* monotonic milliseconds */
	int64_t well_at;  /* when all was well, or another server was asked */
};

struct redis_map_ops {
	/* An answer of CLUSTER SLOTS, by `asked`; see redis_slots_find(). */
	void (*on_map)(void *context, const redisReply *slots, const struct server_endpoint *asked);
	/* A server of the last map, counted from 0, or NULL behind the last. */
	const struct server_endpoint *(*known_server)(void *context, unsigned place);
};

/* For storage that the caller has. The URL is kept. Nothing happens before redis_map_start(). */
void redis_map_init(struct redis_map *map, struct redis_shared *shared,
		    const struct server_url *url, const struct redis_map_ops *ops, void *context);
void redis_map_start(struct redis_map *map);
void redis_map_finish(struct redis_map *map);

/* Asks soon. */
void redis_map_want(struct redis_map *map);

/* To be called about every second; `is_well` tells whether all channels are where they are
 * sought. */
void redis_map_check(struct redis_map *map, bool is_well);

/* To be called at the end of a turn. */
void redis_map_flush(struct redis_map *map);

#endif
