/* One question for the whole node, whatever the number of users: which inboxes changed since the
 * last time? The answer goes to the workers as hints without a change, and whoever lacks something
 * reads it from the store. */
#include "server/sweep.h"

#include "base/log.h"
#include "server/worker.h"

#include <errno.h>
#include <stdlib.h>

struct sweep {
	struct store_sweep request;
	struct worker *worker;
};

/* Returns 0, or -ENOMEM where not all was delivered to all. */
static int deliver(struct worker *worker, const struct store_sweep *sweep)
{
	struct hint_batch *batch = hint_batch_create(worker->hub.epoch, sweep->head_count);
	int result = batch == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sweep->head_count && result == 0; i++) {
		struct hint hint = {
		    .user = sweep->heads[i].user,
		    .seq = sweep->heads[i].seq,
		    .counts = sweep->heads[i].counts,
		};

		result = hint_batch_add(batch, &hint);
	}
	if (result == 0)
		result = node_deliver(worker->node, batch);
	hint_batch_release(batch);
	return result;
}

static void on_swept(struct mailbox_message *message)
{
	struct sweep *sweep = (struct sweep *)message;
	struct worker *worker = sweep->worker;

	/* What could not be delivered is asked for again. */
	if (sweep->request.request.result == 0 &&
	    (sweep->request.head_count == 0 || deliver(worker, &sweep->request) == 0))
		worker->sweep_position = sweep->request.position;
	store_request_finish(&sweep->request.request);
	free(sweep);
}

/* Schedules the next one, and makes the question of this one, or NULL. */
static struct sweep *create(struct worker *worker)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	worker_schedule(worker, WORKER_SWEEP,
			worker->loop.now + worker->settings->delivery_sweep_interval);
	if (sweep == NULL)
		return NULL;
	store_request_init(&sweep->request.request, STORE_SWEEP, &worker->loop.mailbox, on_swept);
	sweep->request.position = worker->sweep_position;
	sweep->worker = worker;
	return sweep;
}

void sweep_run(struct worker *worker)
{
	struct sweep *sweep = create(worker);

	if (sweep != NULL)
		worker_submit(worker, &sweep->request.request);
}

int sweep_start(struct worker *worker)
{
	struct sweep *sweep = create(worker);

	if (sweep == NULL)
		return -ENOMEM;
	store_submit(worker->node->store, &sweep->request.request);
	return 0;
}
