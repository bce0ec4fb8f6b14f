/* A stream joins a connection, a subscriber and a wire. It is small, because there are many: 96
 * bytes beside the connection's own.
 *
 * Live changes are encoded once per worker and sent from there with the connection's own mark
 * behind them. What the store replays is gathered and sent at once. The response's head travels
 * with the first bytes that follow it; until then it waits in the read that the stream begins with.
 */
#include "server/stream.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
	GATHERED_BYTES = 256 * 1024, /* more than this is not gathered before it is sent */
	READ_AGAIN = 1000,	     /* milliseconds after the store failed */
};

struct stream {
	struct connection_holder holder;
	struct connection *connection;
	struct subscriber subscriber;
	uint32_t expires_at;   /* when its token does, in seconds since 1970 */
	uint16_t user_counter; /* its place in the quota of its user */
	unsigned char wire;    /* its row of wire_table */
	bool reading : 1;      /* the store has been asked and has not answered */
	bool gathering : 1;    /* what is sent is gathered in the worker's output */
	bool begun : 1;	       /* the response's head has been sent */
	bool closed : 1;       /* its connection is gone; it waits for the store */
};

enum stream_start { START_AFTER, START_LIVE, START_ALL };

/* One question to the store. */
struct stream_read {
	union {
		struct store_request request;
		struct store_heads heads;
		struct store_replay replay;
	};
	struct store_head head;
	struct stream *stream;
	enum stream_start start;
	uint64_t after_epoch;		 /* that of the client's cursor */
	int64_t had[SUBSCRIBER_STREAMS]; /* `last` before the first of several reads in a row */
	struct buffer prefix;		 /* the response's head, where it was not sent yet */
	char user[INBOX_NAME_BYTES];
};

static struct stream *stream_of(struct subscriber *subscriber)
{
	return CONTAINER_OF(subscriber, struct stream, subscriber);
}

static struct worker *worker_of(const struct stream *stream)
{
	return stream->connection->worker;
}

static const struct wire_ops *wire_of(const struct stream *stream)
{
	return wire_table[stream->wire];
}

static struct cursor cursor_of(const struct stream *stream)
{
	return subscriber_cursor(&stream->subscriber, worker_of(stream)->hub.epoch);
}

/* ---- sending ---- */

void stream_forget_frame(struct worker *worker)
{
	worker->frame.change = NULL;
}

/* Unknown, and then not said, while the worker does not know the broadcasts. */
static int64_t unread_of(const struct stream *stream)
{
	const struct hub *hub = &worker_of(stream)->hub;

	if (!hub->broadcasts_known)
		return -1;
	return hub_unread(hub, &stream->subscriber.inbox->counts);
}

/* The bytes of a change, which all connections have in common, stay in the frame until another
 * change comes; only the mark behind them is replaced. A broadcast that changed would need each
 * user's own count, so it goes without. */
static struct slice frame_of(struct stream *stream, const struct change *change, bool is_new)
{
	struct worker_frame *frame = &worker_of(stream)->frame;
	struct cursor cursor = cursor_of(stream);

	if (frame->change != change || frame->wire != wire_of(stream) || frame->is_new != is_new) {
		bool shared = change->kind == CHANGE_ROW && change->notification.to_everyone &&
			      change->notification.first_seq != 0;

		buffer_clear(&frame->bytes);
		wire_of(stream)->change(&frame->bytes, change, is_new,
					shared ? -1 : unread_of(stream));
		frame->change = change;
		frame->wire = wire_of(stream);
		frame->is_new = is_new;
		frame->shared = frame->bytes.length;
	}
	frame->bytes.length = frame->shared;
	wire_of(stream)->mark(&frame->bytes, &cursor);
	return buffer_slice(&frame->bytes);
}

static int send_gathered(struct stream *stream, const struct change *change, bool is_new)
{
	struct worker *worker = worker_of(stream);
	struct cursor cursor = cursor_of(stream);

	if (worker->output.length > GATHERED_BYTES)
		return -EAGAIN;
	wire_of(stream)->change(&worker->output, change, is_new, unread_of(stream));
	wire_of(stream)->mark(&worker->output, &cursor);
	metrics_add(&worker->metrics, METRIC_DELIVERIES, 1);
	return 0;
}

static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	struct stream *stream = stream_of(subscriber);
	struct worker *worker = worker_of(stream);
	int result;

	if (stream->gathering)
		return send_gathered(stream, change, is_new);
	if (connection_is_full(stream->connection)) {
		metrics_add(&worker->metrics, METRIC_DELIVERIES_BEHIND, 1);
		return -EAGAIN;
	}
	result = connection_write(stream->connection, frame_of(stream, change, is_new));
	if (result < 0)
		return result;
	metrics_add(&worker->metrics, METRIC_DELIVERIES, 1);
	if (worker->delivering_since != 0)
		metrics_observe_latency(&worker->metrics, clock_wall() - worker->delivering_since);
	return 0;
}

static void append_count(struct stream *stream, struct buffer *out)
{
	struct cursor cursor = cursor_of(stream);
	int64_t unread = unread_of(stream);

	if (unread < 0)
		return;
	wire_of(stream)->count(out, unread);
	wire_of(stream)->mark(out, &cursor);
}

/* Sends what was gathered, unless the memory for it was short: then the client must come again. */
static void send_output(struct stream *stream)
{
	struct worker *worker = worker_of(stream);

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
	append_count(stream, &worker_of(stream)->output);
	send_output(stream);
}

void stream_count_all(struct worker *worker)
{
	LIST_FOR_EACH(link, &worker->hub.everyone)
	{
		struct subscriber *subscriber =
		    CONTAINER_OF(link, struct subscriber, everyone_link);

		if (subscriber->state == SUBSCRIBER_LIVE)
			subscriber->ops->live(subscriber);
	}
}

static void on_live(struct subscriber *subscriber)
{
	struct stream *stream = stream_of(subscriber);

	if (stream->gathering)
		append_count(stream, &worker_of(stream)->output);
	else
		send_count(stream);
}

/* ---- the clock ---- */

static int64_t expiry_of(const struct stream *stream)
{
	int64_t left = (int64_t)stream->expires_at * 1000 - clock_wall() / 1000;

	return worker_of(stream)->loop.now + left;
}

static void set_timer(struct stream *stream, int64_t milliseconds)
{
	int64_t when = worker_of(stream)->loop.now + milliseconds;
	int64_t expiry = expiry_of(stream);

	connection_set_timer(stream->connection, expiry < when ? expiry : when);
}

static void read_store(struct stream *stream, struct stream_read *read);
static struct stream_read *create_read(struct stream *stream, enum stream_start start);

static void on_read(struct subscriber *subscriber)
{
	struct stream *stream = stream_of(subscriber);
	struct worker *worker = worker_of(stream);
	struct stream_read *next;

	if (stream->reading)
		return; /* its answer leads to another read where that is still needed */
	next = create_read(stream, START_AFTER);
	if (next != NULL && stream->gathering && worker->read != NULL)
		memcpy(next->had, worker->read->had, sizeof(next->had));
	read_store(stream, next);
}

static void on_timer(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;
	struct worker *worker = worker_of(stream);

	if (expiry_of(stream) <= worker->loop.now) {
		metrics_add(&worker->metrics, METRIC_STREAMS_EXPIRED, 1);
		connection_close(stream->connection);
		return;
	}
	if (stream->begun) {
		if (connection_write(stream->connection, wire_of(stream)->heartbeat) < 0)
			return;
		metrics_add(&worker->metrics, METRIC_HEARTBEATS, 1);
	}
	set_timer(stream, worker->settings->sse_heartbeat);
	if (stream->subscriber.state == SUBSCRIBER_READING)
		on_read(&stream->subscriber);
}

/* The first heartbeat comes at a random time, so that those of many streams spread. */
static void start_heartbeat(struct stream *stream)
{
	struct worker *worker = worker_of(stream);
	uint64_t period = (uint64_t)worker->settings->sse_heartbeat;

	set_timer(stream, (int64_t)random_below(&worker->random, period) + 1);
}

static void on_drained(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;

	set_timer(stream, worker_of(stream)->settings->sse_heartbeat);
	subscriber_drained(&stream->subscriber);
}

static void on_drain(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;
	struct worker *worker = worker_of(stream);

	if (stream->begun && !connection_is_full(stream->connection)) {
		wire_of(stream)->begin(&worker->output, worker_retry(worker));
		send_output(stream);
	}
	connection_close(stream->connection);
}

static void on_close(struct connection_holder *holder)
{
	struct stream *stream = (struct stream *)holder;
	struct worker *worker = worker_of(stream);

	subscriber_end(&stream->subscriber);
	hub_unsubscribe(&worker->hub, &stream->subscriber, worker->loop.now);
	quota_release(worker->node->user_connections, stream->user_counter);
	metrics_subtract(&worker->metrics, METRIC_STREAMS, 1);
	stream->closed = true;
	if (!stream->reading)
		free(stream);
}

static const struct connection_holder_ops holder_ops = {
    .on_timer = on_timer,
    .on_drained = on_drained,
    .on_drain = on_drain,
    .on_close = on_close,
};

static const struct subscriber_ops subscriber_ops = {
    .send = on_send,
    .read = on_read,
    .live = on_live,
};

/* ---- reading the store ---- */

static void free_read(struct stream_read *read)
{
	store_request_finish(&read->request);
	buffer_finish(&read->prefix);
	free(read);
}

static struct stream_read *create_read(struct stream *stream, enum stream_start start)
{
	struct stream_read *read = calloc(1, sizeof(*read));
	struct slice user = inbox_name(stream->subscriber.inbox);

	if (read == NULL)
		return NULL;
	read->stream = stream;
	read->start = start;
	read->after_epoch = worker_of(stream)->hub.epoch;
	memcpy(read->had, stream->subscriber.last, sizeof(read->had));
	memcpy(read->user, user.data, user.length);
	return read;
}

/* The floors, from which everything that is kept follows. */
static void ask_heads(struct stream *stream, struct stream_read *read,
		      void (*on_done)(struct mailbox_message *message))
{
	store_request_init(&read->request, STORE_HEADS, &worker_of(stream)->loop.mailbox, on_done);
	read->head.user = slice_from_bytes(read->user, stream->subscriber.inbox->name_length);
	read->heads.heads = &read->head;
	read->heads.head_count = 1;
	read->heads.want_broadcasts = true;
}

static void ask_replay(struct stream *stream, struct stream_read *read,
		       void (*on_done)(struct mailbox_message *message))
{
	struct worker *worker = worker_of(stream);

	store_request_init(&read->request, STORE_REPLAY, &worker->loop.mailbox, on_done);
	read->replay.user = slice_from_bytes(read->user, stream->subscriber.inbox->name_length);
	read->replay.after = cursor_of(stream);
	read->replay.after.epoch = read->after_epoch;
	if (read->start == START_LIVE)
		return;
	read->replay.limit = (size_t)worker->settings->delivery_replay_changes;
	read->replay.limit_bytes = (size_t)worker->settings->delivery_replay_bytes;
	metrics_add(&worker->metrics, METRIC_REPLAYS, 1);
}

static void on_store(struct mailbox_message *message);

/* Where memory is short the timer tries again. */
static void read_store(struct stream *stream, struct stream_read *read)
{
	struct worker *worker = worker_of(stream);

	if (read == NULL) {
		set_timer(stream, READ_AGAIN);
		return;
	}
	if (read->start == START_ALL)
		ask_heads(stream, read, on_store);
	else
		ask_replay(stream, read, on_store);
	stream->reading = true;
	worker_submit(worker, &read->request);
}

static enum wire_reset reset_reason(const struct store_replay *replay)
{
	if (replay->after.epoch != replay->cursor.epoch)
		return WIRE_RESET_EPOCH;
	if (replay->after.seq > replay->cursor.seq ||
	    replay->after.broadcast_seq > replay->cursor.broadcast_seq)
		return WIRE_RESET_FUTURE;
	return WIRE_RESET_FORGOTTEN;
}

/* Starts from the present, and tells the client to load its list anew. */
static void append_reset(struct stream *stream, enum wire_reset reason,
			 const struct cursor *present)
{
	struct worker *worker = worker_of(stream);

	stream->subscriber.last[SUBSCRIBER_OWN] = present->seq;
	stream->subscriber.last[SUBSCRIBER_BROADCASTS] = present->broadcast_seq;
	wire_of(stream)->reset(&worker->output, reason);
	wire_of(stream)->mark(&worker->output, present);
	metrics_add(&worker->metrics, METRIC_RESETS, 1);
}

static void take_replay(struct stream *stream, const struct stream_read *read)
{
	const struct store_replay *replay = &read->replay;
	struct hub *hub = &worker_of(stream)->hub;
	struct inbox *inbox = stream->subscriber.inbox;
	struct subscriber_replay changes = {
	    .changes = {{replay->changes, replay->broadcasts},
			{replay->change_count, replay->broadcast_count}},
	    .more = replay->more,
	    .heads = {replay->cursor.seq, replay->cursor.broadcast_seq},
	    .had = read->had,
	};
	int64_t known[SUBSCRIBER_STREAMS];

	hub_learn(hub, inbox, replay->cursor.seq, &replay->counts);
	hub_learn_broadcast_head(hub, replay->cursor.broadcast_seq);
	known[SUBSCRIBER_OWN] = inbox->head;
	known[SUBSCRIBER_BROADCASTS] = hub->broadcast_head;
	if (read->start == START_LIVE) {
		stream->subscriber.last[SUBSCRIBER_OWN] = replay->cursor.seq;
		stream->subscriber.last[SUBSCRIBER_BROADCASTS] = replay->cursor.broadcast_seq;
		changes.more = false;
	} else if (replay->reset) {
		append_reset(stream, reset_reason(replay), &replay->cursor);
	}
	subscriber_replay(&stream->subscriber, &changes, known);
}

/* Begins behind what retention has forgotten. */
static void take_floors(struct stream *stream, const struct stream_read *read)
{
	stream->subscriber.last[SUBSCRIBER_OWN] = read->head.floor;
	stream->subscriber.last[SUBSCRIBER_BROADCASTS] = read->heads.everyone.floor;
	on_read(&stream->subscriber);
}

static void on_store(struct mailbox_message *message)
{
	struct stream_read *read = (struct stream_read *)store_request_of(message);
	struct stream *stream = read->stream;

	stream->reading = false;
	if (stream->closed) {
		free_read(read);
		free(stream);
		return;
	}
	if (stream->connection->state == CONNECTION_CLOSED) {
		free_read(read);
		return;
	}
	buffer_append(&worker_of(stream)->output, buffer_slice(&read->prefix));
	stream->gathering = true;
	worker_of(stream)->read = read;
	if (read->request.result < 0)
		set_timer(stream, READ_AGAIN);
	else if (read->start == START_ALL)
		take_floors(stream, read);
	else
		take_replay(stream, read);
	worker_of(stream)->read = NULL;
	stream->gathering = false;
	free_read(read);
	send_output(stream);
	if (stream->connection->state != CONNECTION_CLOSED &&
	    !connection_is_full(stream->connection))
		subscriber_drained(&stream->subscriber);
}

/* ---- beginning ---- */

static struct stream *create_stream(struct exchange *exchange, struct inbox *inbox,
				    const struct cursor *after)
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
	stream = malloc(sizeof(*stream));
	if (stream == NULL) {
		quota_release(worker->node->user_connections, counter);
		exchange_problem(exchange, PROBLEM_OUT_OF_MEMORY, "Try again later");
		return NULL;
	}
	*stream = (struct stream){
	    .holder.ops = &holder_ops,
	    .connection = exchange->connection,
	    .expires_at = (uint32_t)(exchange->identity.expires_at < UINT32_MAX
					 ? exchange->identity.expires_at
					 : UINT32_MAX),
	    .user_counter = (uint16_t)counter,
	    .wire = (unsigned char)wire_index(&sse_wire_ops),
	};
	subscriber_init(&stream->subscriber, &subscriber_ops, after->seq, after->broadcast_seq);
	hub_subscribe(&worker->hub, inbox, &stream->subscriber);
	metrics_add(&worker->metrics, METRIC_STREAMS, 1);
	metrics_add(&worker->metrics, METRIC_STREAMS_OPENED, 1);
	return stream;
}

/* A cursor that is the present one needs nothing from the store, nor does none at all where the
 * worker knows the heads. */
static bool is_present(struct stream *stream, enum stream_start start, const struct cursor *after)
{
	struct hub *hub = &worker_of(stream)->hub;
	struct cursor present;

	if (start == START_ALL || !hub_cursor(hub, stream->subscriber.inbox, &present))
		return false;
	if (start == START_AFTER && !cursor_equals(after, &present))
		return false;
	stream->subscriber.last[SUBSCRIBER_OWN] = present.seq;
	stream->subscriber.last[SUBSCRIBER_BROADCASTS] = present.broadcast_seq;
	return true;
}

static void go_live(struct stream *stream, const struct buffer *head)
{
	const int64_t *last = stream->subscriber.last;
	struct subscriber_replay nothing = {.heads = {last[0], last[1]}};

	buffer_append(&worker_of(stream)->output, buffer_slice(head));
	stream->gathering = true;
	subscriber_replay(&stream->subscriber, &nothing, last);
	stream->gathering = false;
	send_output(stream);
}

/* A cursor of another epoch is void; everything else the store can tell. */
static void open_stream(struct exchange *exchange, enum stream_start start,
			const struct cursor *after)
{
	struct worker *worker = exchange->worker;
	struct connection *connection = exchange->connection;
	struct inbox *inbox = hub_open(&worker->hub, exchange->identity.name, worker->loop.now);
	struct buffer head = BUFFER_EMPTY;
	struct stream_read *read;
	struct stream *stream;

	if (inbox == NULL) {
		exchange_problem(exchange, PROBLEM_OUT_OF_MEMORY, "Try again later");
		return;
	}
	stream = create_stream(exchange, inbox, after);
	if (stream == NULL)
		return;
	exchange_append_stream_head(exchange, wire_of(stream)->content_type, &head);
	wire_of(stream)->begin(&head, worker_retry(worker));
	connection_hold(connection, &stream->holder);
	connection_drop_exchange(connection);
	start_heartbeat(stream);
	if (is_present(stream, start, after)) {
		go_live(stream, &head);
		buffer_finish(&head);
		return;
	}
	read = create_read(stream, start);
	if (read == NULL || buffer_failed(&head)) {
		free(read);
		buffer_finish(&head);
		connection_close(connection);
		return;
	}
	read->prefix = head;
	read->after_epoch = after->epoch;
	read_store(stream, read);
}

/* Where the stream begins: Last-Event-ID, which a browser sends when it comes back, goes before the
 * address, which stays the same. Returns 0, or -EINVAL and the exchange is answered. */
static int read_start(struct exchange *exchange, enum stream_start *ret_start,
		      struct cursor *ret_after)
{
	const struct slice *id = http_request_header(exchange->request, SLICE("last-event-id"));
	struct slice text;
	int result;

	*ret_after = (struct cursor){.epoch = exchange->worker->hub.epoch};
	*ret_start = START_AFTER;
	if (id != NULL && id->length > 0) {
		/* One that is not ours is void, and the client is told so by a reset. */
		if (cursor_parse(*id, ret_after) < 0)
			*ret_after = (struct cursor){.epoch = ~exchange->worker->hub.epoch};
		return 0;
	}
	result = exchange_parameter(exchange, SLICE("after"), &text);
	if (result == -ENOENT) {
		*ret_start = START_LIVE;
		return 0;
	}
	if (result < 0)
		return result;
	if (slice_equals(text, SLICE("start"))) {
		*ret_start = START_ALL;
		return 0;
	}
	if (cursor_parse(text, ret_after) == 0)
		return 0;
	exchange_problem(exchange, PROBLEM_INVALID_CURSOR,
			 "Give after= a cursor from an answer or an event, or the word start");
	return -EINVAL;
}

static void begin(struct exchange *exchange)
{
	enum stream_start start;
	struct cursor after;

	if (read_start(exchange, &start, &after) < 0)
		return;
	if (exchange->request->method == HTTP_METHOD_HEAD)
		exchange_reply(exchange, 200, sse_wire_ops.content_type, SLICE(""));
	else if (exchange->worker->draining)
		exchange_problem(exchange, PROBLEM_DRAINING, "This node is about to stop");
	else
		open_stream(exchange, start, &after);
}

static void on_redeemed(struct exchange *exchange, struct store_request *request)
{
	if (request->result == 0)
		begin(exchange);
	else
		exchange_problem(exchange, PROBLEM_UNAUTHENTICATED,
				 "Get a new ticket; each is valid once");
}

void stream_get(struct exchange *exchange)
{
	static const struct slice parameters[] = {{"after", 5}, {"ticket", 6}, {NULL, 0}};
	struct store_redeem *redeem;

	if (exchange_check_parameters(exchange, parameters) < 0)
		return;
	if (!exchange->by_ticket || exchange->request->method == HTTP_METHOD_HEAD) {
		begin(exchange);
		return;
	}
	redeem = exchange_store_request(exchange, sizeof(*redeem), STORE_REDEEM);
	if (redeem == NULL)
		return;
	memcpy(redeem->ticket, exchange->ticket, sizeof(redeem->ticket));
	redeem->expires_at =
	    clock_wall() + exchange->worker->settings->auth_ticket_lifetime * 2 * 1000;
	exchange_ask(exchange, &redeem->request, on_redeemed);
}
