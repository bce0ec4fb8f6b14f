/* One question for the whole node, whatever the number of users: which inboxes changed since the
 * last time? The answer goes to the workers as hints without a change, and whoever lacks something
 * reads it from the store. */
#include "server/sweep.h"

#include "base/log.h"
#include "server/worker.h"

#include <stdlib.h>

struct sweep {
	struct store_sweep request;
	struct worker *worker;
};

static void deliver(struct worker *worker, const struct store_sweep *sweep)
{
	struct hint_batch *batch =
	    hint_batch_create(store_epoch(worker->node->store), sweep->head_count);

	if (batch == NULL)
		return;
	for (size_t i = 0; i < sweep->head_count; i++) {
		struct hint hint = {
		    .user = sweep->heads[i].user,
		    .seq = sweep->heads[i].seq,
		    .counts = sweep->heads[i].counts,
		};

		if (hint_batch_add(batch, &hint) < 0)
			break;
	}
	node_deliver(worker->node, batch);
	hint_batch_release(batch);
}

static void on_swept(struct mailbox_message *message)
{
	struct sweep *sweep = (struct sweep *)message;
	struct worker *worker = sweep->worker;

	if (sweep->request.request.result == 0) {
		worker->sweep_position = sweep->request.position;
		if (sweep->request.head_count > 0)
			deliver(worker, &sweep->request);
	}
	store_request_finish(&sweep->request.request);
	free(sweep);
}

static void run(struct worker *worker)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	worker_schedule(worker, &worker->sweep,
			worker->loop.now + worker->settings->delivery_sweep_interval);
	if (sweep == NULL)
		return;
	store_request_init(&sweep->request.request, STORE_SWEEP, &worker->loop.mailbox, on_swept);
	sweep->request.position = worker->sweep_position;
	sweep->worker = worker;
	worker_submit(worker, &sweep->request.request);
}

void sweep_start(struct worker *worker)
{
	worker->sweep.run = run;
	run(worker);
}
