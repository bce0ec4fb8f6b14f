/* Metrics and health. A node is ready when a row was written and read: what a check alone could not
 * see, a canary finds. Another one goes through the feed. Where it does not come back the node is
 * still ready, and says that it is degraded: notifications arrive all the same, later; and a feed
 * that fails fails for all nodes at once, which must not take all of them out of service. */
#include "server/admin.h"

#include "server/exchange.h"
#include "server/figures.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <stdlib.h>

enum { CANARY_TIME = 2000 };

struct canary {
	struct list link;
	struct exchange *exchange;
	uint64_t number;
	int64_t expires_at; /* monotonic milliseconds */
};

void admin_metrics(struct exchange *exchange)
{
	struct buffer body = BUFFER_EMPTY;

	figures_append_metrics(exchange->worker->node, &body);
	if (buffer_failed(&body))
		exchange_out_of_memory(exchange);
	else
		exchange_reply(exchange, 200, "text/plain; version=0.0.4; charset=utf-8",
			       buffer_slice(&body));
	buffer_finish(&body);
}

void admin_live(struct exchange *exchange)
{
	exchange_reply(exchange, 200, "application/json", SLICE("{\"status\":\"live\"}"));
}

/* The proof is here, or will not come. */
static void end_canary(struct canary *canary, bool arrived)
{
	struct exchange *exchange = canary->exchange;

	list_remove(&canary->link);
	free(canary);
	if (!exchange_resume(exchange))
		return;
	exchange_reply(exchange, 200, "application/json",
		       arrived ? SLICE("{\"status\":\"ready\"}")
			       : SLICE("{\"status\":\"degraded\",\"reason\":\"no hint came back "
				       "through the feed; notifications arrive with the next "
				       "sweep\"}"));
}

void admin_receive_canary(struct worker *worker, uint64_t number)
{
	LIST_FOR_EACH(link, &worker->canaries) {
		struct canary *canary = CONTAINER_OF(link, struct canary, link);

		if (canary->number == number) {
			end_canary(canary, true);
			return;
		}
	}
}

void admin_expire_canaries(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->canaries) {
		struct canary *canary = CONTAINER_OF(link, struct canary, link);

		if (canary->expires_at <= worker->loop.now)
			end_canary(canary, false);
	}
}

void admin_finish_canaries(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->canaries)
		end_canary(CONTAINER_OF(link, struct canary, link), false);
}

static void on_probed(struct exchange *exchange, struct store_request *request)
{
	struct worker *worker = exchange->worker;
	struct canary *canary = malloc(sizeof(*canary));
	struct hint_batch *batch = hint_batch_create(worker->hub.epoch, 0);

	(void)request;
	if (canary == NULL || batch == NULL) {
		free(canary);
		hint_batch_release(batch);
		exchange_out_of_memory(exchange);
		return;
	}
	*canary = (struct canary){
	    .exchange = exchange,
	    .number = random_next(&worker->random) | 1,
	    .expires_at = worker->loop.now + CANARY_TIME,
	};
	list_append(&worker->canaries, &canary->link);
	exchange->pending++;
	batch->canary = canary->number;
	feed_publish(worker->node->feed, batch);
	hint_batch_release(batch);
}

void admin_ready(struct exchange *exchange)
{
	struct store_probe *probe;

	if (exchange->worker->draining_node) {
		exchange_problem(exchange, PROBLEM_DRAINING, "Use another node");
		return;
	}
	probe = exchange_store_request(exchange, sizeof(*probe), STORE_PROBE);
	if (probe != NULL)
		exchange_ask(exchange, &probe->request, on_probed);
}
