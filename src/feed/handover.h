/* Batches on their way from any thread to the thread of a feed.
 *
 * Who publishes only leaves a reference in the mailbox and goes on. What waits is bounded by the
 * bytes of its texts; beyond that a batch is lost, as one is that the server did not take, and the
 * feed sees to it that the other nodes read the store instead. */
#ifndef ALLIM_FEED_HANDOVER_H
#define ALLIM_FEED_HANDOVER_H

#include "base/list.h"
#include "core/hint.h"
#include "net/mailbox.h"

enum { HANDOVER_BYTES = 16 << 20 };

struct handover {
	struct mailbox *mailbox;
	struct list waiting; /* on the feed's thread, oldest first */
	_Atomic size_t bytes;
	_Atomic bool has_lost; /* the other nodes have to be told */
	_Atomic uint64_t published;
	_Atomic uint64_t failures;
};

/* `mailbox` is that of the feed's thread, and is there when something is given. */
void handover_init(struct handover *handover, struct mailbox *mailbox);

/* Lets go of what waits. To be called when nobody gives any longer and the mailbox has been
 * received. */
void handover_finish(struct handover *handover);

/* From any thread. The batch stays the caller's. */
void handover_give(struct handover *handover, struct hint_batch *batch);

/* From any thread: batches were not sent, or may not have been. */
void handover_lose(struct handover *handover, uint64_t batches);

/* Whether something was lost since the last call: who calls it tells the other nodes. */
bool handover_take_loss(struct handover *handover);

/* On the feed's thread: the oldest batch, or NULL; and lets go of it. */
struct hint_batch *handover_oldest(const struct handover *handover);
void handover_drop_oldest(struct handover *handover);

/* What a hint takes, roughly, in memory and in a message. */
size_t handover_hint_bytes(const struct hint *hint);

#endif
