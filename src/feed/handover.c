/* The bytes are reserved before the batch is in the mailbox and given back after it is dropped, so
 * the bound holds for the mailbox and the list together. */
#include "feed/handover.h"

#include "base/counter.h"

#include <errno.h>
#include <stdlib.h>

enum { HINT_BYTES = 128 /* of a hint without its texts */ };

struct waiting_batch {
	struct mailbox_message message;
	struct list link;
	struct handover *handover;
	struct hint_batch *batch; /* a reference */
	size_t bytes;
};

size_t handover_hint_bytes(const struct hint *hint)
{
	size_t bytes = HINT_BYTES + hint->user.length;

	if (hint->has_change && hint->change.kind == CHANGE_ROW)
		bytes += notification_content_bytes(&hint->change.notification.content);
	return bytes;
}

static size_t bytes_of(const struct hint_batch *batch)
{
	size_t bytes = HINT_BYTES;

	for (size_t i = 0; i < batch->count; i++)
		bytes += handover_hint_bytes(&batch->hints[i]);
	return bytes;
}

static void on_given(struct mailbox_message *message)
{
	struct waiting_batch *waiting = CONTAINER_OF(message, struct waiting_batch, message);

	list_append(&waiting->handover->waiting, &waiting->link);
}

/* A batch that is larger than all that may wait, may wait alone. */
static bool reserve(struct handover *handover, size_t bytes)
{
	size_t before = atomic_fetch_add(&handover->bytes, bytes);

	if (before == 0 || before + bytes <= HANDOVER_BYTES)
		return true;
	atomic_fetch_sub(&handover->bytes, bytes);
	return false;
}

static int give(struct handover *handover, struct hint_batch *batch)
{
	size_t bytes = bytes_of(batch);
	struct waiting_batch *waiting = malloc(sizeof(*waiting));

	if (waiting == NULL)
		return -ENOMEM;
	if (!reserve(handover, bytes)) {
		free(waiting);
		return -ENOBUFS;
	}
	*waiting = (struct waiting_batch){
	    .message.on_receive = on_given,
	    .handover = handover,
	    .batch = hint_batch_reference(batch),
	    .bytes = bytes,
	};
	mailbox_send(handover->mailbox, &waiting->message);
	return 0;
}

void handover_give(struct handover *handover, struct hint_batch *batch)
{
	counter_add(&handover->published, batch->canary == 0);
	if (give(handover, batch) < 0)
		handover_lose(handover, 1);
}

void handover_lose(struct handover *handover, uint64_t batches)
{
	counter_add(&handover->failures, batches);
	atomic_store(&handover->has_lost, true);
}

bool handover_take_loss(struct handover *handover)
{
	return atomic_exchange(&handover->has_lost, false);
}

static struct waiting_batch *oldest(const struct handover *handover)
{
	return CONTAINER_OF(handover->waiting.next, struct waiting_batch, link);
}

struct hint_batch *handover_oldest(const struct handover *handover)
{
	return list_is_empty(&handover->waiting) ? NULL : oldest(handover)->batch;
}

void handover_drop_oldest(struct handover *handover)
{
	struct waiting_batch *waiting = oldest(handover);

	atomic_fetch_sub(&handover->bytes, waiting->bytes);
	list_remove(&waiting->link);
	hint_batch_release(waiting->batch);
	free(waiting);
}

void handover_init(struct handover *handover, struct mailbox *mailbox)
{
	*handover = (struct handover){.mailbox = mailbox};
	list_init(&handover->waiting);
}

void handover_finish(struct handover *handover)
{
	while (!list_is_empty(&handover->waiting))
		handover_drop_oldest(handover);
}
