/* What every feed must do, told through feed.h alone.
 *
 * Each test runs once for every kind: a row of feed_table, with the server that it uses where it
 * uses one. A new feed adds a file kind_<name>.c with its kinds. Helpers wait for as long as the
 * test may run and fail it where something else than the awaited comes. */
#ifndef ALLIM_TESTS_CONFORMANCE_FEED_H
#define ALLIM_TESTS_CONFORMANCE_FEED_H

#include "config/settings.h"
#include "feed/feed.h"

#include "lib/assertions.h"

#include <pthread.h>

struct conformance_kind {
	const char *name;
	const struct feed_ops *ops;
	/* Starts what the feed needs, and ends it; NULL where it needs nothing. */
	void *(*start)(void);
	void (*stop)(void *place);
	/* Says where that is. */
	void (*prepare)(void *place, struct settings *settings);
};

extern const struct conformance_kind conformance_pgnotify, conformance_local, conformance_dbpoll,
    conformance_redis, conformance_redis_tls, conformance_redis_cluster, conformance_kafka,
    conformance_rabbitmq, conformance_rabbitmq_tls;

enum { CONFORMANCE_EPOCH = 7, CONFORMANCE_BATCHES = 4096 };

/* Who listens: remembers which batches came, by number. Any thread. */
struct conformance_ear {
	pthread_mutex_t mutex;
	pthread_cond_t heard;
	bool came[CONFORMANCE_BATCHES];
	unsigned count; /* of different batches */
	unsigned canaries;
	unsigned wakes;
	struct hint_batch *last; /* a reference */
};

void conformance_ear_init(struct conformance_ear *ear);
void conformance_ear_finish(struct conformance_ear *ear);

/* Sets what a feed needs to be heard by `ear`. */
void conformance_listen(struct feed_options *options, struct conformance_ear *ear);

/* A node with its feed. */
struct conformance_node {
	struct conformance_ear ear;
	struct feed *feed;
};

/* Opens a feed whose node has that number, and waits until it is connected. */
void conformance_open(struct conformance_node *node, const struct conformance_kind *kind,
		      void *place, uint64_t number);

/* The settings of a node that uses `place`, which outlives them. */
void conformance_prepare(const struct conformance_kind *kind, void *place,
			 struct settings *ret_settings);

/* Opens a feed with settings of the test's own, without waiting. */
void conformance_open_with(struct conformance_node *node, const struct feed_ops *ops,
			   uint64_t number, const struct settings *settings);
void conformance_close(struct conformance_node *node);

struct feed_statistics conformance_statistics(struct conformance_node *node);

/* A commit of three kinds of change, with texts that are hard to carry. The numbers tell one batch
 * from another and begin with 1. */
struct hint_batch *conformance_batch(unsigned number);
void conformance_publish(struct conformance_node *node, unsigned number);
void conformance_publish_canary(struct conformance_node *node, uint64_t canary);

unsigned conformance_wakes(struct conformance_node *node);
unsigned conformance_canaries(struct conformance_node *node);
unsigned conformance_count(struct conformance_node *node);
bool conformance_has_come(struct conformance_node *node, unsigned number);

#define CONFORMANCE_WAIT_FOR(condition) \
	while (!(condition))            \
	conformance_pause()

void conformance_pause(void);

#endif
