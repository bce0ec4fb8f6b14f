/* Frames of the client's, and the end of a WebSocket. What is read beyond what may be under way
 * waits here, at most one read of it, and the rest in the client's own socket. */
#include "server/websocket.h"

#include "protocol/websocket_handshake.h"
#include "server/access.h"
#include "server/exchange.h"

#include <errno.h>
#include <stdlib.h>

enum { GATHERED_BYTES = 64 * 1024 }; /* more than this is not gathered before it is sent */

static const struct stream_kind plain_kind, deflate_kind;

static struct websocket *websocket_of(struct connection_holder *holder)
{
	return (struct websocket *)holder;
}

static struct websocket_talk *begin_talk(struct websocket *websocket)
{
	struct worker *worker = stream_worker(&websocket->stream);
	struct websocket_reader_options options = {
	    .message_bytes = (size_t)worker->settings->websocket_message_bytes,
	    .may_compress = stream_wire(&websocket->stream) == &websocket_deflate_wire_ops,
	};
	struct websocket_talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL)
		return NULL;
	websocket_reader_init(&talk->reader, &options);
	list_init(&talk->exchanges);
	websocket->talk = talk;
	return talk;
}

static void end_talk(struct websocket *websocket)
{
	struct websocket_talk *talk = websocket->talk;

	websocket->talk = NULL;
	websocket_reader_finish(&talk->reader);
	buffer_finish(&talk->following);
	buffer_finish(&talk->answers);
	free(talk);
}

static void rest(struct websocket *websocket)
{
	const struct websocket_talk *talk = websocket->talk;

	if (talk != NULL && !talk->paused && talk->exchange_count == 0 &&
	    talk->following.length == 0 && websocket_reader_is_idle(&talk->reader))
		end_talk(websocket);
}

/* They have a buffer of their own, because handlers run before it is sent: the worker's output is
 * for bytes of one connection that go out at once. */
static void send_answers(struct websocket *websocket)
{
	struct websocket_talk *talk = websocket->talk;

	if (talk == NULL)
		return;
	if (buffer_failed(&talk->answers))
		connection_close(websocket->stream.connection);
	else if (talk->answers.length > 0)
		connection_write(websocket->stream.connection, buffer_slice(&talk->answers));
	buffer_finish(&talk->answers);
}

/* Behind a close frame nothing is sent (RFC 6455, 5.5.1). */
void websocket_close_with(struct websocket *websocket, unsigned code, struct slice reason)
{
	struct worker *worker = stream_worker(&websocket->stream);

	send_answers(websocket);
	websocket_append_close(&worker->output, code, reason);
	stream_send_output(&websocket->stream);
	stream_finish(&websocket->stream);
}

/* Where memory is short the client comes again; it has lost nothing. */
void websocket_close_for_memory(struct websocket *websocket)
{
	websocket_close_with(websocket, WEBSOCKET_CLOSE_INTERNAL_ERROR,
			     SLICE("the server is short of memory; come again later"));
}

/* As the reader says. */
static void fail(struct websocket *websocket)
{
	const struct websocket_failure *failure = websocket->talk->reader.failure;

	websocket_close_with(websocket, failure->close, failure->sentence);
}

/* 5.5.1: the answer to a close frame has the code that it came with. */
static void take_close(struct websocket *websocket, const struct websocket_message *message)
{
	struct worker *worker = stream_worker(&websocket->stream);

	if (message->close != 0) {
		websocket_close_with(websocket, message->close, SLICE(""));
		return;
	}
	send_answers(websocket);
	websocket_append(&worker->output, WEBSOCKET_CLOSE, SLICE(""));
	stream_send_output(&websocket->stream);
	stream_finish(&websocket->stream);
}

static void take_ping(struct websocket *websocket, const struct websocket_message *message)
{
	struct worker *worker = stream_worker(&websocket->stream);

	if (!access_count(worker, inbox_name(websocket->stream.subscriber.inbox))) {
		websocket_close_with(
		    websocket, WEBSOCKET_CLOSE_POLICY_VIOLATION,
		    SLICE("ping less often; limits.requests_per_minute limits it"));
		return;
	}
	websocket_append(&websocket->talk->answers, WEBSOCKET_PONG, message->payload);
}

/* The reader looks at texts that are not compressed. */
static bool is_valid(enum websocket_opcode opcode, struct slice payload)
{
	return opcode == WEBSOCKET_BINARY || slice_is_utf8(payload);
}

static void take_compressed(struct websocket *websocket, const struct websocket_message *message)
{
	struct worker *worker = stream_worker(&websocket->stream);
	size_t limit = (size_t)worker->settings->websocket_message_bytes;
	struct buffer text = BUFFER_EMPTY;
	int result = worker_codec(worker) == NULL
			 ? -ENOMEM
			 : websocket_inflate(worker->codec, message->payload, limit, &text);

	if (result == -ENOMEM)
		websocket_close_for_memory(websocket);
	else if (result == -EMSGSIZE)
		websocket_close_with(
		    websocket, WEBSOCKET_CLOSE_MESSAGE_TOO_BIG,
		    SLICE("the message is too big; the setting websocket.message_bytes "
			  "limits it"));
	else if (result < 0 || !is_valid(message->opcode, buffer_slice(&text)))
		websocket_close_with(websocket, WEBSOCKET_CLOSE_INVALID_DATA,
				     SLICE("a compressed text is deflated UTF-8"));
	else
		websocket_receive(websocket, message->opcode, buffer_slice(&text));
	buffer_finish(&text);
}

/* Its timer says so too, but waits for what the socket has not taken. */
static void expire(struct websocket *websocket)
{
	send_answers(websocket);
	stream_expire(&websocket->stream);
}

static void take_message(struct websocket *websocket, const struct websocket_message *message)
{
	switch (message->opcode) {
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
		if (stream_is_expired(&websocket->stream))
			expire(websocket);
		else if (message->compressed)
			take_compressed(websocket, message);
		else
			websocket_receive(websocket, message->opcode, message->payload);
		break;
	case WEBSOCKET_PING:
		take_ping(websocket, message);
		break;
	case WEBSOCKET_CLOSE:
		take_close(websocket, message);
		break;
	case WEBSOCKET_PONG:
	case WEBSOCKET_CONTINUATION:
		break;
	}
}

static bool has_enough(const struct websocket *websocket)
{
	const struct worker *worker = stream_worker(&websocket->stream);

	return connection_is_full(websocket->stream.connection) ||
	       websocket->talk->deferred_count > 0 ||
	       websocket->talk->exchange_count >= worker->settings->websocket_requests;
}

static bool is_waiting(const struct websocket *websocket)
{
	const struct websocket_talk *talk = websocket->talk;

	return talk != NULL && !talk->paused && !websocket_reader_is_idle(&talk->reader);
}

/* A message has http.body_timeout from its first byte, but none of it passes while the server lets
 * the client wait. The connection has one timer: a heartbeat that would be due later comes early,
 * and one that is due before stays, after which this is called again. */
static void watch(struct websocket *websocket)
{
	struct worker *worker = stream_worker(&websocket->stream);
	struct websocket_talk *talk = websocket->talk;

	if (!is_waiting(websocket)) {
		if (talk != NULL)
			talk->deadline = 0;
		return;
	}
	if (talk->deadline == 0)
		talk->deadline = worker->loop.now + worker->settings->http_body_timeout;
	if (!stream_retries_soon(&websocket->stream))
		connection_hurry_timer(websocket->stream.connection, talk->deadline);
}

/* Answers that are there at once are gathered and sent together: a client that sends thousands of
 * small messages in one piece must not keep the others of its worker waiting. Returns how many of
 * the bytes were taken: all, unless enough is under way. */
static size_t take_some(struct websocket *websocket, char *bytes, size_t length)
{
	struct websocket_talk *talk = websocket->talk;
	enum websocket_progress progress = WEBSOCKET_MESSAGE;
	size_t taken = 0;

	while (progress == WEBSOCKET_MESSAGE && stream_is_open(&websocket->stream) &&
	       !has_enough(websocket)) {
		struct websocket_message message;
		size_t consumed;

		progress = websocket_reader_feed(&talk->reader, bytes + taken, length - taken,
						 &consumed, &message);
		taken += consumed;
		if (websocket_reader_is_idle(&talk->reader))
			talk->deadline = 0;
		if (progress == WEBSOCKET_MESSAGE)
			take_message(websocket, &message);
		else if (progress == WEBSOCKET_FAILED)
			fail(websocket);
		if (talk->answers.length > GATHERED_BYTES)
			send_answers(websocket);
	}
	send_answers(websocket);
	return taken;
}

/* False: the WebSocket has ended. */
static bool take_bytes(struct websocket *websocket, char *bytes, size_t length)
{
	struct websocket_talk *talk = websocket->talk;
	size_t taken;

	talk->taking = true;
	taken = take_some(websocket, bytes, length);
	talk->taking = false;
	if (!stream_is_open(&websocket->stream))
		return false;
	talk->paused = has_enough(websocket);
	buffer_append(&talk->following, slice_from_bytes(bytes + taken, length - taken));
	if (!buffer_failed(&talk->following))
		return true;
	connection_close(websocket->stream.connection);
	return false;
}

/* A client waits for the answer before it sends frames (RFC 6455, 4.1). Answers to those of one
 * that does not would stand before it. */
static void on_bytes(struct connection_holder *holder, char *bytes, size_t length)
{
	struct websocket *websocket = websocket_of(holder);

	if (!websocket->stream.begun) {
		connection_close(websocket->stream.connection);
		return;
	}
	if (websocket->talk == NULL && begin_talk(websocket) == NULL) {
		websocket_close_for_memory(websocket);
		return;
	}
	if (!take_bytes(websocket, bytes, length))
		return;
	connection_listen(websocket->stream.connection, !websocket->talk->paused);
	watch(websocket);
	rest(websocket);
}

static struct exchange *first_deferred(const struct websocket_talk *talk)
{
	LIST_FOR_EACH(link, &talk->exchanges) {
		struct exchange *exchange = CONTAINER_OF(link, struct exchange, link);

		if (exchange->is_deferred)
			return exchange;
	}
	return NULL;
}

/* One by one, or they would find too much waiting again. */
static bool may_ask_deferred(const struct websocket *websocket)
{
	const struct websocket_talk *talk = websocket->talk;

	return talk->deferred_count > 0 && talk->deferred_count == talk->exchange_count &&
	       stream_is_open(&websocket->stream) &&
	       !connection_is_full(websocket->stream.connection);
}

static void ask_deferred(struct websocket *websocket)
{
	struct websocket_talk *talk = websocket->talk;

	talk->taking = true;
	while (may_ask_deferred(websocket)) {
		websocket_request_again(first_deferred(talk));
		send_answers(websocket);
	}
	talk->taking = false;
}

/* Goes on where there is room again: first with what was deferred, then with what had been read. */
static void resume(struct websocket *websocket)
{
	struct websocket_talk *talk = websocket->talk;
	struct buffer following;

	if (talk == NULL || talk->taking || !stream_is_open(&websocket->stream))
		return;
	ask_deferred(websocket);
	if (!stream_is_open(&websocket->stream))
		return;
	if (talk->paused && !talk->draining && !has_enough(websocket)) {
		following = talk->following;
		talk->following = BUFFER_EMPTY;
		talk->paused = false;
		if (following.length == 0 ||
		    take_bytes(websocket, following.data, following.length))
			connection_listen(websocket->stream.connection, !talk->paused);
		buffer_finish(&following);
	}
	if (!stream_is_open(&websocket->stream))
		return;
	if (talk->draining && talk->exchange_count == 0) {
		stream_on_drain((struct connection_holder *)websocket);
		return;
	}
	watch(websocket);
	rest(websocket);
}

void websocket_forget(struct exchange *exchange)
{
	struct websocket *websocket = exchange->websocket;

	list_remove(&exchange->link);
	websocket->talk->exchange_count--;
	exchange_end(exchange);
	resume(websocket);
}

static void on_timer(struct connection_holder *holder)
{
	struct websocket *websocket = websocket_of(holder);

	if (is_waiting(websocket) && websocket->talk->deadline != 0 &&
	    websocket->talk->deadline <= stream_worker(&websocket->stream)->loop.now) {
		websocket_reader_expire(&websocket->talk->reader);
		fail(websocket);
		return;
	}
	stream_on_timer(holder);
	if (stream_is_open(&websocket->stream))
		watch(websocket);
}

static void on_drained(struct connection_holder *holder)
{
	struct websocket *websocket = websocket_of(holder);

	stream_on_drained(holder);
	resume(websocket);
}

/* What is under way is answered first. */
static void on_drain(struct connection_holder *holder)
{
	struct websocket *websocket = websocket_of(holder);

	if (websocket->talk == NULL || websocket->talk->exchange_count == 0) {
		stream_on_drain(holder);
		return;
	}
	websocket->talk->draining = true;
	websocket->talk->paused = true;
	connection_listen(websocket->stream.connection, false);
}

/* Exchanges whose answers are still on their way find nobody there. */
static void on_close(struct connection_holder *holder)
{
	struct websocket *websocket = websocket_of(holder);

	if (websocket->talk != NULL) {
		LIST_FOR_EACH(link, &websocket->talk->exchanges) {
			struct exchange *exchange = CONTAINER_OF(link, struct exchange, link);

			list_remove(&exchange->link);
			exchange->websocket = NULL;
			exchange->connection = NULL;
			exchange_end(exchange);
		}
		end_talk(websocket);
	}
	stream_on_close(holder);
}

static bool wants_compression(const struct exchange *exchange)
{
	return exchange->worker->settings->websocket_compression &&
	       websocket_deflate_is_offered(exchange->request);
}

const struct stream_kind *websocket_choose_kind(const struct exchange *exchange)
{
	return wants_compression(exchange) ? &deflate_kind : &plain_kind;
}

/* The answer to an opening handshake (RFC 6455, 4.2.2). */
static void append_head(struct exchange *exchange, struct buffer *out)
{
	const struct http_request *request = exchange->request;
	char accept[WEBSOCKET_ACCEPT_TEXT_BYTES];
	bool any;

	websocket_handshake_accept(*http_request_header(request, SLICE("sec-websocket-key")),
				   accept);
	http_response_begin(out, 101);
	http_response_header(out, "Upgrade", SLICE("websocket"));
	http_response_header(out, "Connection", SLICE("Upgrade"));
	http_response_header(out, "Sec-WebSocket-Accept", slice_from_string(accept));
	if (websocket_handshake_offers(request, SLICE(WEBSOCKET_SUBPROTOCOL), &any))
		http_response_header(out, "Sec-WebSocket-Protocol", SLICE(WEBSOCKET_SUBPROTOCOL));
	if (wants_compression(exchange))
		http_response_header(out, "Sec-WebSocket-Extensions",
				     SLICE(WEBSOCKET_DEFLATE_ANSWER));
	http_response_end(out);
}

static const struct connection_holder_ops holder_ops = {
    .on_timer = on_timer,
    .on_bytes = on_bytes,
    .on_drained = on_drained,
    .on_drain = on_drain,
    .on_close = on_close,
};

static const struct stream_kind plain_kind = {
    .wire = &websocket_wire_ops,
    .holder_ops = &holder_ops,
    .bytes = sizeof(struct websocket),
    .append_head = append_head,
};

static const struct stream_kind deflate_kind = {
    .wire = &websocket_deflate_wire_ops,
    .holder_ops = &holder_ops,
    .bytes = sizeof(struct websocket),
    .append_head = append_head,
};
