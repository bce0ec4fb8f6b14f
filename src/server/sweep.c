/* One question for the whole node, whatever the number of users: which inboxes changed since the
 * last time? The answer goes to the workers as hints without a change, and whoever lacks something
 * reads it from the store. */
#include "server/sweep.h"

#include "server/worker.h"

#include <errno.h>

/* Returns 0, or -ENOMEM where not all was delivered to all. */
static int deliver(struct worker *worker, const struct store_sweep *request)
{
	struct hint_batch *batch = hint_batch_create(worker->hub.epoch, request->head_count);
	int result = batch == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < request->head_count && result == 0; i++) {
		struct hint hint = {
		    .user = request->heads[i].user,
		    .seq = request->heads[i].seq,
		    .counts = request->heads[i].counts,
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
	struct sweep *sweep = CONTAINER_OF(message, struct sweep, request.request.message);
	struct worker *worker = CONTAINER_OF(sweep, struct worker, sweep);

	sweep->outstanding = false;
	/* What could not be delivered is asked for again. */
	if (sweep->request.request.result == 0 &&
	    (sweep->request.head_count == 0 || deliver(worker, &sweep->request) == 0))
		sweep->position = sweep->request.position;
	store_request_finish(&sweep->request.request);
}

/* Schedules the next one. Returns whether there is one to be submitted now. */
static bool prepare(struct worker *worker)
{
	struct sweep *sweep = &worker->sweep;

	worker_schedule(worker, WORKER_SWEEP,
			worker->loop.now + worker->settings->delivery_sweep_interval);
	if (sweep->outstanding)
		return false;
	sweep->outstanding = true;
	sweep->request = (struct store_sweep){.position = sweep->position};
	store_request_init(&sweep->request.request, STORE_SWEEP, &worker->loop.mailbox, on_swept);
	return true;
}

void sweep_run(struct worker *worker)
{
	if (prepare(worker))
		worker_submit(worker, &worker->sweep.request.request);
}

void sweep_start(struct worker *worker)
{
	if (prepare(worker))
		store_submit(worker->node->store, &worker->sweep.request.request);
}
