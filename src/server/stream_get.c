/* The route of streams: from which cursor, by ticket or token, and the first bytes. What WebSocket
 * does as well is for websocket_get.c, too. */
#include "base/clock.h"
#include "server/exchange_http.h"
#include "server/handlers.h"
#include "server/stream_internal.h"

#include <errno.h>

/* A cursor that is the present one needs nothing from the store, nor does none at all where the
 * worker knows the heads. */
static bool is_present(struct stream *stream, enum stream_start start, const struct cursor *after)
{
	struct hub *hub = &stream_worker(stream)->hub;
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

	stream->start = START_AFTER;
	buffer_append(&stream_worker(stream)->output, buffer_slice(head));
	stream->gathering = true;
	subscriber_replay(&stream->subscriber, &nothing, last);
	stream->gathering = false;
	stream_send_output(stream);
}

static void record_connect(const struct stream *stream)
{
	struct worker *worker = stream_worker(stream);
	struct audit_client client = stream_client(stream);
	char address[SOCKET_ADDRESS_BYTES] = "";

	if (!audit_page_wants(&worker->audit, AUDIT_CONNECT))
		return;
	socket_peer_format(stream->connection->descriptor, address);
	audit_connect(&worker->audit, &client, slice_from_string(address));
}

/* A cursor of another epoch is void; everything else the store can tell. */
void stream_open(struct exchange *exchange, const struct stream_kind *kind, enum stream_start start,
		 const struct cursor *after)
{
	struct worker *worker = exchange->worker;
	struct connection *connection = exchange->connection;
	struct inbox *inbox = hub_open(&worker->hub, exchange->identity.name, worker->loop.now);
	struct buffer head = BUFFER_EMPTY;
	struct stream *stream;

	if (inbox == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	stream = stream_create(exchange, kind, inbox, after);
	if (stream == NULL)
		return;
	record_connect(stream);
	kind->append_head(exchange, &head);
	stream_wire(stream)->begin(&head, worker_retry(worker));
	connection_hold(connection, &stream->holder);
	connection_drop_exchange(connection);
	stream_start_heartbeat(stream);
	stream->start = start;
	stream->foreign = after->epoch != worker->hub.epoch;
	if (buffer_failed(&head) || !is_present(stream, start, after)) {
		stream_read_first(stream, &head);
		return;
	}
	go_live(stream, &head);
	buffer_finish(&head);
}

/* A browser that comes back sends Last-Event-ID; its address stays the same. */
int stream_read_start(struct exchange *exchange, enum stream_start *ret_start,
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

static void on_redeemed(struct exchange *exchange, struct store_request *request)
{
	void (**begin)(struct exchange *) = exchange->task;

	if (request->result == 0)
		(*begin)(exchange);
	else
		exchange_problem(exchange, PROBLEM_UNAUTHENTICATED,
				 "Get a new ticket; each is valid once");
}

void stream_redeem(struct exchange *exchange, void (*begin)(struct exchange *exchange))
{
	struct store_redeem *redeem;
	void (**task)(struct exchange *);

	if (exchange->ticket == NULL || exchange->request->method == HTTP_METHOD_HEAD) {
		begin(exchange);
		return;
	}
	redeem = exchange_store_request(exchange, sizeof(*redeem), STORE_REDEEM);
	if (redeem == NULL)
		return;
	task = arena_allocate(&exchange->arena, sizeof(*task));
	if (task == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	*task = begin;
	exchange->task = task;
	memcpy(redeem->ticket, exchange->ticket, sizeof(redeem->ticket));
	redeem->expires_at =
	    clock_wall() + exchange->worker->settings->auth_ticket_lifetime * 2 * 1000;
	exchange_ask(exchange, &redeem->request, on_redeemed);
}

static void append_head(struct exchange *exchange, struct buffer *out)
{
	exchange_http_append_stream_head(exchange, sse_wire_ops.content_type, out);
}

static const struct stream_kind sse_kind = {
    .wire = &sse_wire_ops,
    .holder_ops = &stream_holder_ops,
    .bytes = sizeof(struct stream),
    .append_head = append_head,
};

static void begin(struct exchange *exchange)
{
	enum stream_start start;
	struct cursor after;

	if (stream_read_start(exchange, &start, &after) < 0)
		return;
	if (exchange->request->method == HTTP_METHOD_HEAD)
		exchange_reply(exchange, 200, sse_wire_ops.content_type, SLICE(""));
	else if (exchange->worker->draining)
		exchange_problem(exchange, PROBLEM_DRAINING, "This node is about to stop");
	else
		stream_open(exchange, &sse_kind, start, &after);
}

/* A request that is refused uses up no ticket. */
void stream_get(struct exchange *exchange)
{
	static const struct slice parameters[] = {{"after", 5}, {"ticket", 6}, {NULL, 0}};
	enum stream_start start;
	struct cursor after;

	if (exchange_check_parameters(exchange, parameters) == 0 &&
	    stream_read_start(exchange, &start, &after) == 0)
		stream_redeem(exchange, begin);
}
