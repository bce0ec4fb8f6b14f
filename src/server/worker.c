/* The turns of a worker: messages, connections, housekeeping, and its end. */
#include "server/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/admin.h"
#include "server/connection.h"
#include "server/drain.h"
#include "server/inbox.h"
#include "server/poll.h"
#include "server/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { HOUSEKEEPING = 1000 };

void worker_schedule(struct worker *worker, enum worker_task task, int64_t when)
{
	timer_set(&worker->loop.timers, &worker->tasks[task], when);
}

static void keep_house(struct worker *worker)
{
	hub_forget(&worker->hub, worker->loop.now - worker->settings->poll_memory);
	atomic_store_explicit(&worker->metrics.values[METRIC_USERS], worker->hub.inboxes.count,
			      memory_order_relaxed);
	refresh_keep(worker);
	admin_expire_canaries(worker);
	acceptor_keep(worker);
	worker_schedule(worker, WORKER_HOUSEKEEPING, worker->loop.now + HOUSEKEEPING);
}

/* A timer is one of the few tasks or else a connection's. */
static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	static void (*const tasks[WORKER_TASKS])(struct worker * worker) = {
	    [WORKER_HOUSEKEEPING] = keep_house,
	    [WORKER_DRAIN] = drain_some,
	    [WORKER_SWEEP] = sweep_run,
	    [WORKER_BEAT] = registry_beat,
	};
	struct worker *worker = CONTAINER_OF(wheel, struct worker, loop.timers);

	for (int task = 0; task < WORKER_TASKS; task++) {
		if (timer == &worker->tasks[task]) {
			tasks[task](worker);
			return;
		}
	}
	connection_on_timer(timer);
}

/* A new configuration on its way to a worker. */
struct reconfiguration {
	struct mailbox_message message;
	struct worker *worker;
	struct configuration *configuration;
};

static void take_configuration(struct worker *worker, struct configuration *configuration)
{
	struct authenticator authenticator;
	struct error error;

	if (authenticator_init(&authenticator, &configuration->settings, worker->node, &error) <
	    0) {
		log_error("the new settings were not applied", LOG_TEXT("error", error.text));
		configuration_release(configuration);
		return;
	}
	authenticator_finish(&worker->authenticator);
	configuration_release(worker->configuration);
	worker->authenticator = authenticator;
	worker->configuration = configuration;
	worker->settings = &configuration->settings;
}

static void on_reconfiguration(struct mailbox_message *message)
{
	struct reconfiguration *received = (struct reconfiguration *)message;

	take_configuration(received->worker, received->configuration);
	free(received);
}

void worker_reconfigure(struct worker *worker, struct configuration *configuration)
{
	struct reconfiguration *sent = malloc(sizeof(*sent));

	if (sent == NULL) {
		log_error("out of memory while changing settings; send SIGHUP again");
		return;
	}
	*sent = (struct reconfiguration){
	    .message.on_receive = on_reconfiguration,
	    .worker = worker,
	    .configuration = configuration_reference(configuration),
	};
	mailbox_send(&worker->loop.mailbox, &sent->message);
}

/* A new epoch on its way to a worker. */
struct new_epoch {
	struct mailbox_message message;
	struct worker *worker;
	uint64_t epoch;
};

/* Whoever has a cursor of the old one comes back with it, and is told that it is void. */
static void on_new_epoch(struct mailbox_message *message)
{
	struct new_epoch *received = (struct new_epoch *)message;

	hub_reset(&received->worker->hub, received->epoch);
	stream_forget_frame(received->worker);
	drain_held(received->worker);
	if (received->worker->listener == ROUTE_ADMIN)
		sweep_restart(received->worker);
	free(received);
}

int worker_take_epoch(struct worker *worker, uint64_t epoch)
{
	struct new_epoch *sent = malloc(sizeof(*sent));

	if (sent == NULL)
		return -ENOMEM;
	*sent = (struct new_epoch){
	    .message.on_receive = on_new_epoch,
	    .worker = worker,
	    .epoch = epoch,
	};
	mailbox_send(&worker->loop.mailbox, &sent->message);
	return 0;
}

static void on_drain(struct mailbox_message *message)
{
	drain_start(CONTAINER_OF(message, struct worker, drain_message));
}

void worker_drain(struct worker *worker)
{
	worker->drain_message.on_receive = on_drain;
	mailbox_send(&worker->loop.mailbox, &worker->drain_message);
}

void worker_receive(struct worker *worker, struct hint_batch *batch)
{
	if (batch->canary != 0) {
		admin_receive_canary(worker, batch->canary);
		return;
	}
	metrics_add(&worker->metrics, METRIC_HINTS, batch->count);
	worker->delivering_since = batch->committed_at == 0 ? -1 : batch->committed_at;
	hub_receive(&worker->hub, batch);
	worker->delivering_since = 0;
	stream_forget_frame(worker);
}

void worker_submit(struct worker *worker, struct store_request *request)
{
	request->message.next = worker->asked;
	worker->asked = &request->message;
}

/* In the order in which they were asked. */
static void submit_all(struct worker *worker)
{
	struct mailbox_message *oldest = NULL;

	while (worker->asked != NULL) {
		struct mailbox_message *message = worker->asked;

		worker->asked = message->next;
		message->next = oldest;
		oldest = message;
	}
	while (oldest != NULL) {
		struct mailbox_message *next = oldest->next;

		store_submit(worker->node->store, store_request_of(oldest));
		oldest = next;
	}
}

static void reap_closed(struct worker *worker)
{
	while (!list_is_empty(&worker->closed))
		connection_reap(CONTAINER_OF(worker->closed.next, struct connection, link));
}

static void on_turn(struct loop *loop)
{
	struct worker *worker = CONTAINER_OF(loop, struct worker, loop);

	poll_answer_woken(worker);
	refresh_turn(worker);
	stream_count_owed(worker);
	reap_closed(worker);
	submit_all(worker);
	audit_page_turn(&worker->audit);
	worker->hub.is_stale = !node_is_fresh(worker->node);
	if (worker->draining && list_is_empty(&worker->connections))
		loop_stop(loop);
}

/* What was asked before the loop runs does not wait for its first event. */
void worker_run(struct worker *worker)
{
	keep_house(worker);
	on_turn(&worker->loop);
	loop_run(&worker->loop);
	timer_stop(&worker->tasks[WORKER_HOUSEKEEPING]);
	if (worker->on_drained != NULL)
		worker->on_drained(worker);
}

struct http_limits worker_limits(const struct worker *worker)
{
	const struct settings *settings = worker->settings;

	return (struct http_limits){
	    .head_bytes = (size_t)settings->http_header_bytes,
	    .target_bytes = (size_t)settings->http_target_bytes,
	    .header_count = (size_t)settings->http_header_count,
	    .body_bytes = (size_t)settings->http_body_bytes,
	};
}

struct http_parser *worker_borrow_parser(struct worker *worker)
{
	struct http_limits limits = worker_limits(worker);
	struct http_parser *parser;

	if (worker->parser_count == 0)
		return http_parser_create(&limits);
	parser = worker->parsers[--worker->parser_count];
	http_parser_reset(parser, &limits);
	return parser;
}

void worker_return_parser(struct worker *worker, struct http_parser *parser)
{
	if (worker->parser_count == WORKER_SPARE_PARSERS)
		http_parser_destroy(parser);
	else
		worker->parsers[worker->parser_count++] = parser;
}

struct websocket_deflate *worker_codec(struct worker *worker)
{
	if (worker->codec == NULL)
		worker->codec = websocket_deflate_create();
	return worker->codec;
}

struct slice worker_date(struct worker *worker)
{
	int64_t now = clock_wall();
	int64_t second = now / 1000000;

	if (second != worker->date_second) {
		worker->date_second = second;
		http_response_format_date(now, worker->date);
	}
	return slice_from_string(worker->date);
}

int64_t worker_retry(struct worker *worker)
{
	int64_t minimum = worker->settings->stream_retry_minimum;
	int64_t maximum = worker->settings->stream_retry_maximum;

	if (maximum <= minimum)
		return minimum;
	return minimum + (int64_t)random_below(&worker->random, (uint64_t)(maximum - minimum) + 1);
}

static void init(struct worker *worker, struct node *node, enum route_listener listener,
		 struct configuration *configuration)
{
	worker->loop.on_turn = on_turn;
	worker->node = node;
	worker->number = node->worker_count;
	worker->listener = listener;
	audit_page_init(&worker->audit, node->audit);
	worker->configuration = configuration;
	worker->settings = &configuration->settings;
	worker->acceptor.descriptor = -1;
	hub_init(&worker->hub, store_epoch(node->store));
	refresh_init(&worker->refresh);
	random_init(&worker->random, random_system_seed());
	list_init(&worker->connections);
	list_init(&worker->closed);
	list_init(&worker->woken);
	list_init(&worker->canaries);
	for (int task = 0; task < WORKER_TASKS; task++)
		timer_init(&worker->tasks[task]);
}

int worker_create(struct node *node, enum route_listener listener, union socket_address *address,
		  struct configuration *configuration, struct worker **ret_worker,
		  struct error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int result = worker == NULL ? -ENOMEM : loop_init(&worker->loop, on_expire);

	if (result < 0) {
		free(worker);
		configuration_release(configuration);
		return error_set(error, result, "cannot start a worker: %s", strerror(-result));
	}
	init(worker, node, listener, configuration);
	result = authenticator_init(&worker->authenticator, worker->settings, node, error);
	worker->local_only =
	    socket_address_is_loopback(address) && (listener == ROUTE_ADMIN || node->demo);
	if (result == 0)
		result = acceptor_start(worker, address, error);
	if (result < 0) {
		worker_destroy(worker);
		return result;
	}
	*ret_worker = worker;
	return 0;
}

void worker_destroy(struct worker *worker)
{
	if (worker == NULL)
		return;
	drain_close_all(worker);
	reap_closed(worker);
	refresh_finish(&worker->refresh);
	admin_finish_canaries(worker);
	assert(worker->asked == NULL);
	acceptor_stop(worker);
	while (worker->parser_count > 0)
		http_parser_destroy(worker->parsers[--worker->parser_count]);
	websocket_deflate_destroy(worker->codec);
	for (size_t i = 0; i < WIRES; i++)
		buffer_finish(&worker->frames[i].bytes);
	buffer_finish(&worker->output);
	sweep_finish(&worker->sweep);
	audit_page_finish(&worker->audit);
	hub_finish(&worker->hub);
	authenticator_finish(&worker->authenticator);
	configuration_release(worker->configuration);
	loop_finish(&worker->loop);
	free(worker);
}
