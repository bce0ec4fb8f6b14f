/* The batches spread over the time that the settings give, so that not all clients come back to
 * another node in one moment. Who has not ended some seconds later is closed. */
#include "server/drain.h"

#include "server/connection.h"
#include "server/worker.h"

enum { DRAIN_GRACE = 5000 };

void drain_close_all(struct worker *worker)
{
	while (!list_is_empty(&worker->connections))
		connection_close(CONTAINER_OF(worker->connections.next, struct connection, link));
}

/* What is at work ends behind its answer. */
void drain_some(struct worker *worker)
{
	struct list later;

	list_init(&later);
	for (int64_t i = 0; i < worker->settings->drain_batch; i++) {
		struct connection *connection;

		if (list_is_empty(&worker->connections))
			break;
		connection = CONTAINER_OF(worker->connections.next, struct connection, link);
		connection_drain(connection);
		if (connection->state == CONNECTION_CLOSED)
			continue;
		list_remove(&connection->link);
		list_append(&later, &connection->link);
	}
	list_append_all(&worker->connections, &later);
	if (worker->loop.now >= worker->drain_until)
		drain_close_all(worker);
	else
		worker_schedule(worker, WORKER_DRAIN, worker->loop.now + worker->drain_interval);
}

void drain_held(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->connections) {
		struct connection *connection = CONTAINER_OF(link, struct connection, link);

		if (connection->state == CONNECTION_HOLDING)
			connection_drain(connection);
	}
}

/* Nobody waits for a connection without a request, and no other connection gets another one. */
static void end_idle(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->connections)
		connection_drain_idle(CONTAINER_OF(link, struct connection, link));
}

void drain_start(struct worker *worker)
{
	int64_t count = (int64_t)metrics_get(&worker->metrics, METRIC_CONNECTIONS);
	int64_t batches = count / worker->settings->drain_batch + 1;

	if (worker->draining)
		return;
	worker->draining = true;
	acceptor_stop(worker);
	end_idle(worker);
	worker->drain_interval = worker->settings->drain_duration / batches;
	worker->drain_until = worker->loop.now + worker->settings->drain_duration + DRAIN_GRACE;
	drain_some(worker);
}
