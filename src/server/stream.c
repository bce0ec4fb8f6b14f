/* A stream joins a connection, a subscriber and a wire. It is small, because there are many: 96
 * bytes beside the connection's own.
 *
 * Live changes are encoded once per worker and sent from there with the connection's own end
 * behind them. What the store replays is gathered and sent at once (stream_read.c). */
#include "server/stream.h"

#include "base/clock.h"
#include "server/exchange.h"
#include "server/stream_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { GATHERED_BYTES = 256 * 1024 }; /* more than this is not gathered before it is sent */

static const struct subscriber_ops subscriber_ops;

static struct stream *stream_of(struct subscriber *subscriber)
{
	return CONTAINER_OF(subscriber, struct stream, subscriber);
}

void stream_forget_frame(struct worker *worker)
{
	for (size_t i = 0; i < WIRES; i++)
		worker->frames[i].change = NULL;
}

/* Said only where the stream has just what is counted: a client adds what comes to it by itself.
 * Otherwise it is owed. */
static int64_t unread_of(struct stream *stream)
{
	struct worker *worker = stream_worker(stream);
	const struct hub *hub = &worker->hub;

	if (!stream->subscriber.inbox->counts_are_later && hub_knows_broadcasts(hub) &&
	    stream->subscriber.last[SUBSCRIBER_BROADCASTS] == hub->broadcast_listed)
		return hub_unread(hub, &stream->subscriber.inbox->counts);
	stream->owed = true;
	worker->counts_owed = true;
	return -1;
}

static void share(struct stream *stream, struct buffer *out, size_t start)
{
	struct worker *worker = stream_worker(stream);

	if (stream_wire(stream)->share == NULL)
		return;
	if (worker_codec(worker) == NULL)
		out->failed = true;
	else
		stream_wire(stream)->share(out, start, worker->codec);
}

/* The bytes of a change, which all connections have in common, stay in the frame until another
 * change comes; only their end is replaced. A broadcast that changed would need each user's own
 * count, so it goes without. */
static struct slice frame_of(struct stream *stream, const struct change *change, bool is_new)
{
	struct worker_frame *frame = &stream_worker(stream)->frames[stream->wire];
	const struct wire_ops *wire = stream_wire(stream);
	struct cursor cursor = stream_cursor(stream);
	bool shared = change->kind == CHANGE_ROW && change->notification.to_everyone &&
		      change->notification.first_seq != 0;
	int64_t unread = shared ? -1 : unread_of(stream);
	size_t gap;

	if (frame->change != change || frame->is_new != is_new || frame->unread != unread) {
		buffer_clear(&frame->bytes);
		wire_begin_event(wire, &frame->bytes);
		wire->change(&frame->bytes, change, is_new, unread);
		share(stream, &frame->bytes, 0);
		frame->change = change;
		frame->is_new = is_new;
		frame->unread = unread;
		frame->shared = frame->bytes.length;
	}
	frame->bytes.length = frame->shared;
	gap = wire->end(&frame->bytes, 0, &cursor);
	return slice_from_bytes(buffer_slice(&frame->bytes).data + gap, frame->bytes.length - gap);
}

static void record_delivery(const struct stream *stream, const struct change *change, bool is_new)
{
	struct audit_page *page = &stream_worker(stream)->audit;
	struct audit_client client;

	if (!audit_page_wants(page, AUDIT_DELIVER))
		return;
	client = stream_client(stream);
	audit_deliver(page, &client, change, is_new);
}

/* The count is that of the end, and is told there. */
static int send_gathered(struct stream *stream, const struct change *change, bool is_new)
{
	struct worker *worker = stream_worker(stream);
	struct cursor cursor = stream_cursor(stream);
	size_t start;

	if (worker->output.length > GATHERED_BYTES)
		return -EAGAIN;
	start = wire_begin_event(stream_wire(stream), &worker->output);
	stream_wire(stream)->change(&worker->output, change, is_new, -1);
	share(stream, &worker->output, start);
	wire_end_event(stream_wire(stream), &worker->output, start, &cursor);
	metrics_add(&worker->metrics, METRIC_DELIVERIES, 1);
	if (!buffer_failed(&worker->output))
		record_delivery(stream, change, is_new);
	return 0;
}

static void observe_latency(struct worker *worker, const struct change *change)
{
	int64_t since =
	    worker->delivering_since < 0 ? change_time(change) : worker->delivering_since;

	metrics_observe_latency(&worker->metrics, clock_wall() - since);
}

/* Where memory is short the client must come again; it has lost nothing. */
static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	struct stream *stream = stream_of(subscriber);
	struct worker *worker = stream_worker(stream);
	struct slice frame;
	int result;

	if (connection_is_full(stream->connection)) {
		metrics_add(&worker->metrics, METRIC_DELIVERIES_BEHIND, 1);
		return -EAGAIN;
	}
	if (stream->gathering)
		return send_gathered(stream, change, is_new);
	frame = frame_of(stream, change, is_new);
	if (buffer_failed(&worker->frames[stream->wire].bytes)) {
		stream_forget_frame(worker);
		connection_close(stream->connection);
		return -ENOMEM;
	}
	result = connection_write(stream->connection, frame);
	if (result < 0)
		return result;
	metrics_add(&worker->metrics, METRIC_DELIVERIES, 1);
	record_delivery(stream, change, is_new);
	if (worker->delivering_since != 0)
		observe_latency(worker, change);
	return 0;
}

static void append_count(struct stream *stream, struct buffer *out)
{
	struct cursor cursor = stream_cursor(stream);
	int64_t unread = unread_of(stream);
	size_t start;

	if (unread < 0)
		return;
	stream->owed = false;
	start = wire_begin_event(stream_wire(stream), out);
	stream_wire(stream)->count(out, unread);
	wire_end_event(stream_wire(stream), out, start, &cursor);
}

/* Sends what was gathered, unless the memory for it was short: then the client must come again. */
void stream_send_output(struct stream *stream)
{
	struct worker *worker = stream_worker(stream);

	if (buffer_failed(&worker->output))
		connection_close(stream->connection);
	else if (worker->output.length > 0)
		connection_write(stream->connection, buffer_slice(&worker->output));
	stream->begun = true;
	buffer_clear(&worker->output);
}

static void send_count(struct stream *stream)
{
	if (connection_is_full(stream->connection))
		return; /* it will be told when it has caught up */
	append_count(stream, &stream_worker(stream)->output);
	stream_send_output(stream);
}

void stream_count_all(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->hub.everyone) {
		struct subscriber *subscriber =
		    CONTAINER_OF(link, struct subscriber, everyone_link);

		if (subscriber->state == SUBSCRIBER_LIVE)
			subscriber->ops->live(subscriber);
	}
}

/* Once everybody who is live has what is counted; the others are told when they get there. */
void stream_count_owed(struct worker *worker)
{
	if (!worker->counts_owed || !hub_is_settled(&worker->hub))
		return;
	worker->counts_owed = false;
	LIST_FOR_EACH(link, &worker->hub.everyone) {
		struct subscriber *subscriber =
		    CONTAINER_OF(link, struct subscriber, everyone_link);

		if (subscriber->ops == &subscriber_ops && subscriber->state == SUBSCRIBER_LIVE &&
		    stream_of(subscriber)->owed)
			send_count(stream_of(subscriber));
	}
}

static void on_live(struct subscriber *subscriber)
{
	struct stream *stream = stream_of(subscriber);

	if (stream->gathering)
		append_count(stream, &stream_worker(stream)->output);
	else
		send_count(stream);
}

static int64_t expiry_of(const struct stream *stream)
{
	int64_t left = (int64_t)stream->expires_at * 1000 - clock_wall() / 1000;

	return stream_worker(stream)->loop.now + left;
}

bool stream_is_expired(const struct stream *stream)
{
	return expiry_of(stream) <= stream_worker(stream)->loop.now;
}

void stream_set_timer(struct stream *stream, int64_t milliseconds)
{
	int64_t when = stream_worker(stream)->loop.now + milliseconds;
	int64_t expiry = expiry_of(stream);

	connection_set_timer(stream->connection, expiry < when ? expiry : when);
}

/* Waking up costs more than sending, so heartbeats that are due within a thirtieth of their period
 * go together, with the first of them. */
static void set_heartbeat(struct stream *stream, int64_t milliseconds)
{
	int64_t now = stream_worker(stream)->loop.now;
	int64_t together = stream_worker(stream)->settings->stream_heartbeat / 30 + 1;
	int64_t when = now + milliseconds;

	when -= when % together;
	stream_set_timer(stream, when > now ? when - now : 1);
}

void stream_finish(struct stream *stream)
{
	subscriber_end(&stream->subscriber);
	connection_finish(stream->connection);
}

void stream_end(struct stream *stream, enum wire_goodbye reason)
{
	struct worker *worker = stream_worker(stream);

	if (stream->begun && !connection_is_full(stream->connection)) {
		stream_wire(stream)->goodbye(&worker->output, reason, worker_retry(worker));
		stream_send_output(stream);
	}
	stream_finish(stream);
}

void stream_expire(struct stream *stream)
{
	metrics_add(&stream_worker(stream)->metrics, METRIC_STREAMS_EXPIRED, 1);
	stream_end(stream, WIRE_GOODBYE_TOKEN_EXPIRED);
}

/* The newest that the worker knows of; what the client has, where it knows nothing. */
static struct cursor head_of(const struct stream *stream)
{
	struct cursor head;

	if (!hub_position(&stream_worker(stream)->hub, stream->subscriber.inbox, &head))
		head = stream_cursor(stream);
	return head;
}

static void send_heartbeat(struct stream *stream)
{
	struct worker *worker = stream_worker(stream);
	struct cursor head = head_of(stream);

	stream_wire(stream)->heartbeat(&worker->output, &head);
	metrics_add(&worker->metrics, METRIC_HEARTBEATS, 1);
	stream_send_output(stream);
}

void stream_on_timer(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;
	struct worker *worker = stream_worker(stream);

	if (stream_is_expired(stream)) {
		stream_expire(stream);
		return;
	}
	if (stream->begun && !stream_retries_soon(stream))
		send_heartbeat(stream);
	if (!stream_is_open(stream))
		return;
	set_heartbeat(stream, worker->settings->stream_heartbeat);
	if (stream->subscriber.state == SUBSCRIBER_READING)
		stream_read(&stream->subscriber);
}

void stream_start_heartbeat(struct stream *stream)
{
	struct worker *worker = stream_worker(stream);
	uint64_t period = (uint64_t)worker->settings->stream_heartbeat;

	set_heartbeat(stream, (int64_t)random_below(&worker->random, period) + 1);
}

/* A count that found the connection full is made up for. */
void stream_on_drained(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;

	set_heartbeat(stream, stream_worker(stream)->settings->stream_heartbeat);
	if (stream->subscriber.state == SUBSCRIBER_LIVE)
		send_count(stream);
	else
		subscriber_drained(&stream->subscriber);
}

void stream_on_drain(struct connection_holder *holder)
{
	stream_end((struct stream *)holder, WIRE_GOODBYE_RESTART);
}

void stream_on_close(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;
	struct worker *worker = stream_worker(stream);

	subscriber_end(&stream->subscriber);
	hub_unsubscribe(&worker->hub, &stream->subscriber, worker->loop.now);
	quota_release(worker->node->user_connections, stream->user_counter);
	metrics_subtract(&worker->metrics, METRIC_STREAMS, 1);
	stream->closed = true;
	if (!stream->reading)
		free(stream);
}

const struct connection_holder_ops stream_holder_ops = {
    .on_timer = stream_on_timer,
    .on_drained = stream_on_drained,
    .on_drain = stream_on_drain,
    .on_close = stream_on_close,
};

static const struct subscriber_ops subscriber_ops = {
    .send = on_send,
    .read = stream_read,
    .live = on_live,
};

struct stream *stream_create(struct exchange *exchange, const struct stream_kind *kind,
			     struct inbox *inbox, const struct cursor *after)
{
	struct worker *worker = exchange->worker;
	struct stream *stream;
	int counter = quota_hold(worker->node->user_connections, exchange->identity.name,
				 (uint64_t)worker->settings->limits_connections_per_user);

	if (counter < 0) {
		exchange_problem(exchange, PROBLEM_TOO_MANY_REQUESTS,
				 "Hold fewer streams; limits.connections_per_user allows %lld",
				 (long long)worker->settings->limits_connections_per_user);
		return NULL;
	}
	stream = calloc(1, kind->bytes);
	if (stream == NULL) {
		quota_release(worker->node->user_connections, counter);
		exchange_out_of_memory(exchange);
		return NULL;
	}
	*stream = (struct stream){
	    .holder.ops = kind->holder_ops,
	    .connection = exchange->connection,
	    .expires_at = (uint32_t)(exchange->identity.expires_at < UINT32_MAX
					 ? exchange->identity.expires_at
					 : UINT32_MAX),
	    .user_counter = (uint16_t)counter,
	    .may_publish = exchange->identity.may_publish,
	    .wire = (unsigned)wire_index(kind->wire) & 7,
	};
	subscriber_init(&stream->subscriber, &subscriber_ops, after->seq, after->broadcast_seq);
	hub_subscribe(&worker->hub, inbox, &stream->subscriber);
	metrics_add(&worker->metrics, METRIC_STREAMS, 1);
	metrics_add(&worker->metrics, METRIC_STREAMS_OPENED, 1);
	return stream;
}
