/* Handing hints to workers. */
#include "server/node.h"

#include "server/worker.h"

#include <errno.h>
#include <stdlib.h>

struct delivery {
	struct mailbox_message message;
	struct worker *worker;
	struct hint_batch *batch;
};

static void on_delivery(struct mailbox_message *message)
{
	struct delivery *delivery = (struct delivery *)message;

	worker_receive(delivery->worker, delivery->batch);
	hint_batch_release(delivery->batch);
	free(delivery);
}

/* Where memory is short the hint is lost, and the sweep heals that. */
static int deliver_to(struct worker *worker, struct hint_batch *batch)
{
	struct delivery *delivery = malloc(sizeof(*delivery));

	if (delivery == NULL)
		return -ENOMEM;
	*delivery = (struct delivery){
	    .message.on_receive = on_delivery,
	    .worker = worker,
	    .batch = hint_batch_reference(batch),
	};
	mailbox_send(&worker->loop.mailbox, &delivery->message);
	return 0;
}

int node_deliver(struct node *node, struct hint_batch *batch)
{
	unsigned last;
	int result = 0;

	if (!atomic_load_explicit(&node->running, memory_order_acquire))
		return 0;
	last = node->worker_count - 1;
	if (batch->canary != 0)
		return deliver_to(node->workers[last], batch);
	for (unsigned i = 0; i < last; i++) {
		if (deliver_to(node->workers[i], batch) < 0)
			result = -ENOMEM;
	}
	return result;
}

bool node_is_fresh(const struct node *node)
{
	struct feed_statistics statistics;

	if (!node->shares_store)
		return true;
	if (node->feed->ops->way == FEED_ALONE)
		return false;
	feed_statistics(node->feed, &statistics);
	return statistics.connected;
}

void node_publish(struct node *node, struct hint_batch *batch)
{
	if (!atomic_load_explicit(&node->running, memory_order_acquire))
		return;
	(void)node_deliver(node, batch);
	feed_publish(node->feed, batch);
}
