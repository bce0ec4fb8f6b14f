/* The turns of a worker: connections, hints, housekeeping, and its end. */
#include "server/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/admin.h"
#include "server/connection.h"
#include "server/inbox.h"
#include "server/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ACCEPTS_PER_TURN = 64, HOUSEKEEPING = 1000, DRAIN_GRACE = 5000 };

static struct worker *worker_of_loop(struct loop *loop)
{
	return CONTAINER_OF(loop, struct worker, loop);
}

/* ---- timers ---- */

void worker_schedule(struct worker *worker, struct worker_task *task, int64_t when)
{
	timer_set(&worker->loop.timers, &task->timer, when);
}

/* Tasks are part of the worker; every other timer is a connection's. */
static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	struct worker *worker = CONTAINER_OF(wheel, struct worker, loop.timers);
	uintptr_t offset = (uintptr_t)timer - (uintptr_t)worker;

	if (offset < sizeof(*worker))
		CONTAINER_OF(timer, struct worker_task, timer)->run(worker);
	else
		connection_on_timer(timer);
}

static void init_task(struct worker_task *task, void (*run)(struct worker *worker))
{
	timer_init(&task->timer);
	task->run = run;
}

static void keep_house(struct worker *worker)
{
	hub_forget(&worker->hub, worker->loop.now - worker->settings->poll_memory);
	atomic_store_explicit(&worker->metrics.values[METRIC_USERS], worker->hub.inboxes.count,
			      memory_order_relaxed);
	worker->broadcasts_asked = false;
	admin_expire_canaries(worker);
	worker_accept(worker);
	worker_schedule(worker, &worker->housekeeping, worker->loop.now + HOUSEKEEPING);
}

/* ---- accepting ---- */

static bool has_room(const struct worker *worker)
{
	const struct node *node = worker->node;

	return worker->listener == ROUTE_ADMIN ||
	       atomic_load_explicit(&node->connections, memory_order_relaxed) <
		   node->connection_limit;
}

/* What is not accepted waits in the kernel's queue until a connection ends. */
static void pause_accepting(struct worker *worker, const char *why)
{
	worker->accepting = false;
	loop_modify(&worker->loop, worker->listening, 0, &worker->accept_source);
	log_warning("accepting stopped until connections end", LOG_TEXT("reason", why),
		    LOG_NUMBER("limit", worker->node->connection_limit));
}

void worker_accept(struct worker *worker)
{
	if (worker->accepting || worker->draining || worker->listening < 0 || !has_room(worker))
		return;
	worker->accepting = true;
	loop_modify(&worker->loop, worker->listening, EPOLLIN, &worker->accept_source);
}

static bool accept_one(struct worker *worker)
{
	union socket_address address;
	socklen_t length = sizeof(address);
	int descriptor;

	if (!has_room(worker)) {
		pause_accepting(worker, "limits.connections is reached");
		return false;
	}
	descriptor =
	    accept4(worker->listening, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (descriptor >= 0) {
		connection_accept(worker, descriptor, &address);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		pause_accepting(worker, strerror(errno));
	return errno == ECONNABORTED || errno == EINTR;
}

static void on_acceptable(struct loop_source *source, uint32_t events)
{
	struct worker *worker = CONTAINER_OF(source, struct worker, accept_source);

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && worker->accepting; i++) {
		if (!accept_one(worker))
			return;
	}
}

/* ---- what the hub lacks ---- */

/* A question about all broadcasts, and about the users whose count may be wrong. */
struct refresh {
	struct store_heads heads;
	struct worker *worker;
	bool recount;
};

static void on_refreshed(struct mailbox_message *message)
{
	struct refresh *refresh = (struct refresh *)message;
	struct worker *worker = refresh->worker;
	struct store_heads *heads = &refresh->heads;

	if (heads->request.result == 0 &&
	    hub_learn_broadcasts(&worker->hub, heads->everyone.seq, heads->broadcast_ids,
				 heads->broadcast_count) == 0) {
		worker->broadcasts_asked = false;
		for (size_t i = 0; i < heads->head_count; i++) {
			struct inbox *inbox = hub_find(&worker->hub, heads->heads[i].user);

			if (inbox != NULL)
				hub_learn(&worker->hub, inbox, heads->heads[i].seq,
					  &heads->heads[i].counts);
		}
		if (worker->hub.badges_moved || refresh->recount)
			stream_count_all(worker);
		worker->hub.badges_moved = false;
	}
	if (!worker->draining)
		worker_accept(worker);
	store_request_finish(&heads->request);
	free(refresh);
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
				    &heads->heads[heads->head_count].user) == 0)
			heads->head_count++;
	}
	return 0;
}

static void refresh_hub(struct worker *worker)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));

	worker->broadcasts_asked = true;
	if (refresh == NULL)
		return;
	store_request_init(&refresh->heads.request, STORE_HEADS, &worker->loop.mailbox,
			   on_refreshed);
	refresh->worker = worker;
	refresh->heads.want_broadcasts = true;
	worker->hub.recheck = false;
	refresh->recount = worker->hub.recount && list_recounted(worker, &refresh->heads) == 0;
	if (refresh->recount)
		worker->hub.recount = false;
	worker_submit(worker, &refresh->heads.request);
}

/* ---- draining ---- */

static void close_all(struct worker *worker)
{
	while (!list_is_empty(&worker->connections))
		connection_close(CONTAINER_OF(worker->connections.next, struct connection, link));
}

/* Ends a batch. What is at work ends behind its answer. */
static void drain_some(struct worker *worker)
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
		close_all(worker);
	else
		worker_schedule(worker, &worker->drain, worker->loop.now + worker->drain_interval);
}

static void start_draining(struct worker *worker)
{
	int64_t count = (int64_t)metrics_get(&worker->metrics, METRIC_CONNECTIONS);
	int64_t batches = count / worker->settings->drain_batch + 1;

	if (worker->draining)
		return;
	worker->draining = true;
	close(worker->listening);
	worker->listening = -1;
	worker->drain_interval = worker->settings->drain_duration / batches;
	worker->drain_until = worker->loop.now + worker->settings->drain_duration + DRAIN_GRACE;
	drain_some(worker);
}

/* ---- messages from other threads ---- */

struct worker_message {
	struct mailbox_message message;
	struct worker *worker;
	struct configuration *configuration; /* NULL: drain */
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

static void on_message(struct mailbox_message *received)
{
	struct worker_message *message = (struct worker_message *)received;

	if (message->configuration != NULL)
		take_configuration(message->worker, message->configuration);
	else
		start_draining(message->worker);
	free(message);
}

static void send_message(struct worker *worker, struct configuration *configuration)
{
	struct worker_message *message = malloc(sizeof(*message));

	if (message == NULL) {
		log_error("out of memory; send the signal again");
		configuration_release(configuration);
		return;
	}
	*message = (struct worker_message){{NULL, on_message}, worker, configuration};
	mailbox_send(&worker->loop.mailbox, &message->message);
}

void worker_reconfigure(struct worker *worker, struct configuration *configuration)
{
	send_message(worker, configuration_reference(configuration));
}

void worker_drain(struct worker *worker)
{
	send_message(worker, NULL);
}

void worker_receive(struct worker *worker, struct hint_batch *batch)
{
	if (batch->canary != 0) {
		admin_receive_canary(worker, batch->canary);
		return;
	}
	metrics_add(&worker->metrics, METRIC_HINTS, batch->count);
	worker->delivering_since = batch->committed_at;
	hub_receive(&worker->hub, batch);
	worker->delivering_since = 0;
	stream_forget_frame(worker);
}

/* ---- turns ---- */

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
	struct worker *worker = worker_of_loop(loop);

	poll_answer_woken(worker);
	reap_closed(worker);
	if ((!worker->hub.broadcasts_known || worker->hub.recount || worker->hub.recheck) &&
	    !worker->broadcasts_asked && worker->listener == ROUTE_PUBLIC)
		refresh_hub(worker);
	submit_all(worker);
	if (worker->draining && list_is_empty(&worker->connections))
		loop_stop(loop);
}

/* What was asked before the loop runs does not wait for its first event. */
void worker_run(struct worker *worker)
{
	keep_house(worker);
	on_turn(&worker->loop);
	loop_run(&worker->loop);
	timer_stop(&worker->housekeeping.timer);
	if (worker->on_drained != NULL)
		worker->on_drained(worker);
}

/* ---- what connections borrow ---- */

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

struct slice worker_date(struct worker *worker)
{
	int64_t second = worker->loop.now / 1000;

	if (second != worker->date_second) {
		worker->date_second = second;
		http_response_format_date(clock_wall(), worker->date);
	}
	return slice_from_string(worker->date);
}

int64_t worker_retry(struct worker *worker)
{
	int64_t minimum = worker->settings->sse_retry_minimum;
	int64_t maximum = worker->settings->sse_retry_maximum;

	if (maximum <= minimum)
		return minimum;
	return minimum + (int64_t)random_below(&worker->random, (uint64_t)(maximum - minimum) + 1);
}

/* ---- beginning and end ---- */

static int start_listening(struct worker *worker, union socket_address *address,
			   struct error *error)
{
	int listening = socket_listen(address, (int)worker->settings->http_backlog, error);
	int result;

	if (listening < 0)
		return listening;
	worker->listening = listening;
	worker->accept_source.on_ready = on_acceptable;
	result = loop_add(&worker->loop, listening, EPOLLIN, &worker->accept_source);
	if (result < 0)
		return error_set(error, result, "cannot watch the listener: %s", strerror(-result));
	worker->accepting = true;
	return 0;
}

struct worker *worker_create(struct node *node, enum route_listener listener,
			     union socket_address *address, struct configuration *configuration,
			     struct error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL || loop_init(&worker->loop, on_expire) < 0) {
		error_set(error, -ENOMEM, "cannot start a worker: %s", strerror(errno));
		free(worker);
		configuration_release(configuration);
		return NULL;
	}
	worker->loop.on_turn = on_turn;
	worker->node = node;
	worker->listener = listener;
	worker->configuration = configuration;
	worker->settings = &configuration->settings;
	worker->listening = -1;
	hub_init(&worker->hub, store_epoch(node->store));
	random_init(&worker->random, random_system_seed());
	list_init(&worker->connections);
	list_init(&worker->closed);
	list_init(&worker->woken);
	list_init(&worker->canaries);
	init_task(&worker->housekeeping, keep_house);
	init_task(&worker->drain, drain_some);
	init_task(&worker->sweep, NULL);
	if (authenticator_init(&worker->authenticator, worker->settings, node, error) < 0 ||
	    start_listening(worker, address, error) < 0) {
		worker_destroy(worker);
		return NULL;
	}
	return worker;
}

void worker_destroy(struct worker *worker)
{
	if (worker == NULL)
		return;
	close_all(worker);
	reap_closed(worker);
	assert(worker->asked == NULL);
	if (worker->listening >= 0)
		close(worker->listening);
	while (worker->parser_count > 0)
		http_parser_destroy(worker->parsers[--worker->parser_count]);
	buffer_finish(&worker->frame.bytes);
	buffer_finish(&worker->output);
	hub_finish(&worker->hub);
	authenticator_finish(&worker->authenticator);
	configuration_release(worker->configuration);
	loop_finish(&worker->loop);
	free(worker);
}
