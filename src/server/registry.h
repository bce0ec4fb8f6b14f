/* Which nodes share the store, and how they do: each says so every few seconds, with its figures,
 * and hears of the others in the answer. On the administrators' worker; what it knows anyone may
 * read. */
#ifndef ALLIM_SERVER_REGISTRY_H
#define ALLIM_SERVER_REGISTRY_H

#include "base/buffer.h"
#include "server/node_figures.h"
#include "store/store.h"

#include <pthread.h>

struct worker;

struct registry {
	struct store_beat request;
	struct buffer figures; /* of this node, as they are told */
	const char *feed;      /* this node's */
	struct node_sample before;
	bool outstanding;
	bool is_warned;	       /* of a node with another feed */
	pthread_mutex_t mutex; /* for what stands below */
	struct buffer cluster; /* members of a JSON object */
};

void registry_init(struct registry *registry);
void registry_finish(struct registry *registry);

/* The worker's task: one beat, unless the store has not answered the last one. */
void registry_beat(struct worker *worker);

/* Takes this node off; when its workers have ended and the store is still open. */
void registry_leave(struct worker *worker);

/* Appends the JSON object of the cluster as it was at the last beat. From any thread. */
void registry_append(struct registry *registry, struct buffer *out);

#endif
