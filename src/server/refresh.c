/* The hub says what it lacks: the list itself (a hint was lost, or an answer of the store is ahead
 * of it), a second look at it (`recheck`), or the counts of users who had read a broadcast that
 * went away (`recount`). One question asks for all; where it fails, the hub lacks it again. */
#include "server/refresh.h"

#include "server/exchange.h"
#include "server/stream.h"
#include "server/worker.h"

#include <errno.h>

/* An answer that waits; in the arena of its exchange. */
struct waiting_answer {
	struct list link;
	struct exchange *exchange;
	struct store_request *request;
	int64_t head;
};

void refresh_init(struct refresh *refresh)
{
	list_init(&refresh->waiting);
}

void refresh_finish(struct refresh *refresh)
{
	LIST_FOR_EACH(link, &refresh->waiting) {
		list_remove(link);
		exchange_resume(CONTAINER_OF(link, struct waiting_answer, link)->exchange);
	}
}

void refresh_wait(struct exchange *exchange, struct store_request *request, int64_t head)
{
	struct waiting_answer *waiting =
	    arena_allocate_array(&exchange->arena, 1, sizeof(*waiting));

	if (waiting == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	*waiting = (struct waiting_answer){
	    .exchange = exchange,
	    .request = request,
	    .head = head,
	};
	list_append(&exchange->worker->refresh.waiting, &waiting->link);
	exchange->pending++;
}

/* A failure is for everybody; else those for whom the list is good enough get their answers. */
static void answer_waiting(struct worker *worker, int result)
{
	LIST_FOR_EACH(link, &worker->refresh.waiting) {
		struct waiting_answer *waiting = CONTAINER_OF(link, struct waiting_answer, link);
		struct exchange *exchange = waiting->exchange;
		struct store_request *request = waiting->request;

		if (result == 0 && waiting->head > worker->hub.broadcast_listed)
			continue;
		list_remove(link);
		if (!exchange_resume(exchange))
			continue;
		if (result == 0)
			exchange->on_stored(exchange, request);
		else
			exchange_store_problem(exchange, result);
	}
}

static int take(struct worker *worker, const struct store_heads *heads)
{
	int result = heads->request.result;

	/* Of another epoch; the next turn asks again. */
	if (result == 0 && heads->request.epoch != worker->hub.epoch)
		return 0;
	if (result == 0)
		result = hub_learn_broadcasts(&worker->hub, heads->everyone.seq,
					      heads->broadcast_ids, heads->broadcast_count);
	if (result < 0)
		return result;
	for (size_t i = 0; i < heads->head_count; i++) {
		struct inbox *inbox = hub_find(&worker->hub, heads->heads[i].user);

		if (inbox != NULL)
			hub_learn(inbox, heads->heads[i].seq, &heads->heads[i].counts);
	}
	return 0;
}

static void on_refreshed(struct mailbox_message *message)
{
	struct refresh *refresh = CONTAINER_OF(message, struct refresh, heads.request.message);
	struct worker *worker = CONTAINER_OF(refresh, struct worker, refresh);
	int result = take(worker, &refresh->heads);

	refresh->outstanding = false;
	if (result < 0) {
		refresh->failed = true;
		worker->hub.recheck = worker->hub.recheck || refresh->recheck;
		worker->hub.recount = worker->hub.recount || refresh->recount;
		answer_waiting(worker, result);
	} else if (refresh->recount) {
		stream_count_all(worker);
	}
	store_request_finish(&refresh->heads.request);
}

/* Those who had read or archived a broadcast one by one: it is no longer to be counted. Who only
 * polls is asked about when he does. Returns 0 or -ENOMEM. */
static int list_recounted(struct worker *worker, struct store_heads *heads)
{
	struct arena *arena = &heads->request.arena;
	struct inbox *inbox;

	heads->heads =
	    arena_allocate_array(arena, worker->hub.inboxes.count, sizeof(*heads->heads));
	if (heads->heads == NULL)
		return -ENOMEM;
	for (size_t i = 0; (inbox = map_next(&worker->hub.inboxes, &i)) != NULL;) {
		if (inbox->counts.broadcasts_handled == 0)
			continue;
		if (inbox->connections == 0)
			inbox->known = false;
		else if (arena_copy(arena, inbox_name(inbox),
				    &heads->heads[heads->head_count].user) < 0)
			return -ENOMEM;
		else
			heads->head_count++;
	}
	return 0;
}

static void ask(struct worker *worker)
{
	struct refresh *refresh = &worker->refresh;
	struct hub *hub = &worker->hub;

	refresh->heads = (struct store_heads){.want_broadcasts = true};
	store_request_init(&refresh->heads.request, STORE_HEADS, &worker->loop.mailbox,
			   on_refreshed);
	refresh->recheck = hub->recheck;
	refresh->recount = hub->recount;
	if (hub->recount && list_recounted(worker, &refresh->heads) < 0) {
		store_request_finish(&refresh->heads.request);
		refresh->failed = true;
		return;
	}
	hub->recheck = false;
	hub->recount = false;
	refresh->outstanding = true;
	worker_submit(worker, &refresh->heads.request);
}

void refresh_turn(struct worker *worker)
{
	struct refresh *refresh = &worker->refresh;
	const struct hub *hub = &worker->hub;

	if (worker->listener != ROUTE_PUBLIC)
		return;
	answer_waiting(worker, 0);
	if (!refresh->outstanding && !refresh->failed &&
	    (!hub_knows_broadcasts(hub) || hub->recount || hub->recheck))
		ask(worker);
}

void refresh_keep(struct worker *worker)
{
	worker->refresh.failed = false;
}
