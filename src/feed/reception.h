/* What a node hears through a feed that carries hints, whichever server carries them.
 *
 * What the node published itself is left out. Where something may be missing, the node looks at the
 * store a random moment later, since all nodes notice a restart of the server together; whatever
 * else is missed in that moment, it looks once. Times are monotonic, in milliseconds. */
#ifndef ALLIM_FEED_RECEPTION_H
#define ALLIM_FEED_RECEPTION_H

#include "base/random.h"
#include "base/slice.h"
#include "feed/feed.h"

#include <stdatomic.h>

struct reception {
	uint64_t node;
	void (*on_hints)(void *context, struct hint_batch *batch);
	void (*on_wake)(void *context);
	void *context;
	/* On the feed's thread. */
	struct random random;
	int64_t look_at; /* while `look_is_due` */
	/* From any thread. */
	_Atomic bool look_is_due;
	_Atomic uint64_t received;
	_Atomic uint64_t failures;
	_Atomic uint64_t looks;
};

void reception_init(struct reception *reception, const struct feed_options *options);

/* On the feed's thread: what is published from now on is heard. The first time, the node looks at
 * once. */
void reception_hear(struct reception *reception, bool is_first, int64_t now);

/* On the feed's thread: something may be missing. */
void reception_miss(struct reception *reception, int64_t now);

/* On the feed's thread: a message has come. Returns 0 with the number of the node that sent it, or
 * a negative errno value where it cannot be read, which is counted. */
int reception_take(struct reception *reception, struct slice message, int64_t now,
		   uint64_t *ret_node);

/* On the feed's thread, after each turn: has the node look where it is time. Returns when it will
 * be, or 0 where nothing is due. */
int64_t reception_turn(struct reception *reception, int64_t now);

/* From any thread. True where the node has yet to look: what was published before is not known. */
bool reception_is_behind(const struct reception *reception);

#endif
