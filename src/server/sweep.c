/* One question for the whole node, whatever the number of users: which inboxes changed since the
 * last time? The answer goes to the workers as hints, and whoever lacks something reads it from the
 * store. A feed that hears by looking gets the changes themselves along, so that nobody has to. */
#include "server/sweep.h"

#include "server/worker.h"

#include <errno.h>

/* The store counts once, behind all the changes. */
static struct hint hint_at(const struct store_sweep *request, size_t index)
{
	struct hint hint = request->hints[index];

	hint.counts_are_later = index + 1 < request->hint_count &&
				slice_equals(hint.user, request->hints[index + 1].user);
	return hint;
}

/* Returns 0, or -ENOMEM where not all was delivered to all. */
static int deliver(struct worker *worker, const struct store_sweep *request)
{
	struct hint_batch *batch = hint_batch_create(worker->hub.epoch, request->hint_count);
	int result = batch == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < request->hint_count && result == 0; i++) {
		struct hint hint = hint_at(request, i);

		result = hint_batch_add(batch, &hint);
	}
	if (result == 0)
		result = node_deliver(worker->node, batch);
	hint_batch_release(batch);
	return result;
}

/* Where memory is short the old one stays, and the same is told again. */
static void keep_position(struct sweep *sweep)
{
	struct buffer position = BUFFER_EMPTY;

	buffer_append(&position, sweep->request.position);
	if (!buffer_failed(&position)) {
		buffer_finish(&sweep->position);
		sweep->position = position;
	}
}

static void on_swept(struct mailbox_message *message)
{
	struct sweep *sweep = CONTAINER_OF(message, struct sweep, request.request.message);
	struct worker *worker = CONTAINER_OF(sweep, struct worker, sweep);

	sweep->outstanding = false;
	/* What could not be delivered is asked for again; what is of another epoch says nothing. */
	if (sweep->request.request.result == 0 &&
	    sweep->request.request.epoch == worker->hub.epoch &&
	    (sweep->request.hint_count == 0 || deliver(worker, &sweep->request) == 0))
		keep_position(sweep);
	store_request_finish(&sweep->request.request);
	if (sweep->again && !worker->draining)
		sweep_run(worker);
}

static int64_t interval(const struct worker *worker)
{
	return worker->node->feed->ops->way == FEED_POLLS
		   ? worker->settings->delivery_poll_interval
		   : worker->settings->delivery_sweep_interval;
}

/* Schedules the next one. Returns whether there is one to be submitted now. */
static bool prepare(struct worker *worker)
{
	struct sweep *sweep = &worker->sweep;
	enum feed_way way = worker->node->feed->ops->way;

	worker_schedule(worker, WORKER_SWEEP, worker->loop.now + interval(worker));
	if (sweep->outstanding)
		return false;
	sweep->outstanding = true;
	sweep->again = false;
	sweep->request = (struct store_sweep){
	    .position = buffer_slice(&sweep->position),
	    .want_changes = way == FEED_WAKES || way == FEED_POLLS,
	};
	store_request_init(&sweep->request.request, STORE_SWEEP, &worker->loop.mailbox, on_swept);
	return true;
}

/* Whoever woke it may be gone, and the store, when the message is received at the very end. */
void sweep_run(struct worker *worker)
{
	if (atomic_load_explicit(&worker->node->running, memory_order_acquire) && prepare(worker))
		worker_submit(worker, &worker->sweep.request.request);
}

/* What is asked for now must begin later than what is under way. */
static void sweep_soon(struct worker *worker)
{
	if (worker->sweep.outstanding)
		worker->sweep.again = true;
	else
		sweep_run(worker);
}

static void on_wake(struct mailbox_message *message)
{
	struct sweep *sweep = CONTAINER_OF(message, struct sweep, wake);

	atomic_store_explicit(&sweep->woken, false, memory_order_release);
	sweep_soon(CONTAINER_OF(sweep, struct worker, sweep));
}

void sweep_wake(struct worker *worker)
{
	struct sweep *sweep = &worker->sweep;

	if (!atomic_exchange_explicit(&sweep->woken, true, memory_order_acq_rel))
		mailbox_send(&worker->loop.mailbox, &sweep->wake);
}

void sweep_start(struct worker *worker)
{
	worker->sweep.wake.on_receive = on_wake;
	if (prepare(worker))
		store_submit(worker->node->store, &worker->sweep.request.request);
}

void sweep_restart(struct worker *worker)
{
	buffer_clear(&worker->sweep.position);
	sweep_soon(worker);
}

void sweep_finish(struct sweep *sweep)
{
	buffer_finish(&sweep->position);
}
