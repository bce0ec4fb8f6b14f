/* Messages that must stay in order, on their way into the store: those of one partition or queue.
 *
 * A lane takes messages in order and publishes them in batches, one batch at a time, so that a
 * later message is never committed before an earlier one. While one is at the store, the next is
 * read. What the store cannot do now is done again; a message that it refuses alone, time after
 * time, or that can never be published, is buried. Each lane belongs to its source's thread.
 *
 *	IDLE -----> PUBLISHING --> BURYING
 *	 ^ |         |      |       |  |
 *	 | |         v      |       |  |
 *	 | '----> WAITING <-|-------'  |
 *	 |           |      |          |
 *	 '-----------'------'----------'
 *
 * A batch of which nothing can be published goes from IDLE to BURYING at once. */
#ifndef ALLIM_SOURCE_LANE_H
#define ALLIM_SOURCE_LANE_H

#include "source/lane_batch.h"

enum lane_state { LANE_IDLE, LANE_PUBLISHING, LANE_BURYING, LANE_WAITING, LANE_STATES };

struct lane;

struct lane_ops {
	/* These messages, in order, are published or buried, for good: acknowledge and free
	 * them. */
	void (*on_handled)(struct lane *lane, struct list *messages);
	/* The lane is closed, and these were not handled, as far as it knows: free them. */
	void (*on_dropped)(struct lane *lane, struct list *messages);
	/* The lane is closed, and nothing of it is at the store any more: free it. */
	void (*on_closed)(struct lane *lane);
};

struct lane {
	const struct lane_ops *ops;
	struct source_thread *thread;
	enum lane_state state;
	bool is_closed;
	struct list waiting; /* messages that are in no batch yet */
	struct lane_batch batches[2];
	struct lane_batch *present; /* is being published or buried, unless the lane is idle */
	struct lane_batch *next;
	size_t waiting_count; /* those of the batches included, here and below */
	size_t waiting_bytes;
	size_t limit;	   /* messages of a batch: few while the store refuses some */
	unsigned failures; /* in a row */
	struct alarm alarm;
	struct store_bury bury;
};

/* For storage that the caller has until `on_closed`; `ops` and the thread outlive it. */
void lane_init(struct lane *lane, struct source_thread *thread, const struct lane_ops *ops);

/* The message is the lane's until one of `ops` gives it back. */
void lane_add(struct lane *lane, struct lane_message *message);

/* Takes no more, drops what waits, and calls `on_closed` when it is free, perhaps at once: what is
 * at the store is handled or dropped before. */
void lane_close(struct lane *lane);

#endif
