/* Messages that must stay in order, on their way into the store: those of one partition or queue.
 *
 * A lane takes messages in order and publishes them in batches, one batch at a time, so that a
 * later message is never committed before an earlier one. What the store cannot do now is done
 * again; a message that it refuses alone, time after time, or that can never be published, is
 * buried. Each lane belongs to its source's thread.
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

#include "intake/message.h"
#include "source/source_thread.h"

/* Embedded in whatever the source keeps of a message. */
struct lane_message {
	struct list link;
	struct message content;
	size_t beside;	  /* bytes that it holds beside its body; set before it is added */
	int64_t first_at; /* when it was tried first; wall time */
	int64_t tries;	  /* alone, that the store refused */
	char *refusal;	  /* why it is buried, the lane's; NULL: it is to be published */
	char letter[20];  /* its dead letter's position, where it has none; empty: not made yet */
	const struct store_item *item; /* of the present batch; NULL: not to be published */
	const char *rule;	       /* that decided in this batch; or NULL */
	/* It was published, or dropped, and waits for others of its batch; or there was nothing to
	 * be done about it from the start. */
	bool is_done;
};

/* What the lane and the source keep of a message, roughly. */
enum { LANE_MESSAGE_BYTES = 512 };

static inline size_t lane_message_bytes(const struct lane_message *message)
{
	return LANE_MESSAGE_BYTES + message->content.body.length + message->beside;
}

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
	struct list waiting;  /* messages */
	struct list batch;    /* of those that are being published */
	size_t waiting_count; /* those of the batch included, here and below */
	size_t waiting_bytes;
	size_t limit;	   /* messages of a batch: few while the store refuses some */
	unsigned failures; /* in a row */
	struct alarm alarm;
	struct store_publish publish;
	struct store_bury bury;
};

void lane_init(struct lane *lane, struct source_thread *thread, const struct lane_ops *ops);

/* The message is the lane's until one of `ops` gives it back. */
void lane_add(struct lane *lane, struct lane_message *message);

/* Takes no more, drops what waits, and calls `on_closed` when it is free, perhaps at once: what is
 * at the store is handled or dropped before. */
void lane_close(struct lane *lane);

#endif
