/* Messages of the client's.
 *
 *	{"ack": "CURSOR"}                                          what it has applied
 *	{"id": 7, "method": "GET", "path": "/v1/inbox?limit=20"}   any route of users'
 *
 * What is wrong with a message is answered, and the WebSocket stays open: only frames that break
 * the protocol end it. */
#include "server/websocket.h"

#include "server/access.h"
#include "server/acknowledge.h"
#include "server/exchange.h"
#include "server/request_message.h"

#include <errno.h>

static void append_answer(const struct exchange *exchange, int status, const char *content_type,
			  struct slice body, struct buffer *text)
{
	buffer_append_string(text, "{\"id\":");
	buffer_append(text, exchange->id.length > 0 ? exchange->id : SLICE("null"));
	buffer_append_format(text, ",\"status\":%d", status);
	if (exchange->retry_after > 0)
		buffer_append_format(text, ",\"retry_after\":%d", exchange->retry_after);
	if (exchange->is_replayed)
		buffer_append_string(text, ",\"idempotency_replayed\":true");
	if (content_type != NULL && !exchange->is_bytes) {
		buffer_append_string(text, ",\"body\":");
		buffer_append(text, body);
	} else if (content_type != NULL) {
		buffer_append_format(text, ",\"content_type\":\"%s\",\"bytes\":%zu", content_type,
				     body.length);
	}
	buffer_append_byte(text, '}');
}

/* What is no JSON follows in a binary message, at once behind the answer. */
static void answer(struct exchange *exchange, int status, const char *content_type,
		   struct slice body)
{
	struct websocket *websocket = exchange->websocket;
	struct buffer *out =
	    exchange->dispatching ? &websocket->talk->answers : &exchange->worker->output;
	struct buffer text = BUFFER_EMPTY;

	append_answer(exchange, status, content_type, body, &text);
	websocket_append(out, WEBSOCKET_TEXT, buffer_slice(&text));
	if (exchange->is_bytes)
		websocket_append(out, WEBSOCKET_BINARY, body);
	out->failed = out->failed || buffer_failed(&text);
	buffer_finish(&text);
	if (exchange->dispatching)
		return; /* websocket.c sends it, together with others */
	stream_send_output(&websocket->stream);
	websocket_forget(exchange);
}

static void refuse(struct exchange *exchange, const char *sentence)
{
	exchange_problem(exchange, PROBLEM_INVALID_MESSAGE, "%s", sentence);
}

/* The request that HTTP would have brought. Its texts are copied: the message is soon gone. Returns
 * 0 or -ENOMEM. */
static int make_request(struct exchange *exchange, const struct request_message *message)
{
	struct http_request *request = arena_allocate_array(&exchange->arena, 1, sizeof(*request));
	struct http_header *header = arena_allocate_array(&exchange->arena, 1, sizeof(*header));

	if (request == NULL || header == NULL ||
	    arena_copy(&exchange->arena, message->path, &request->target) < 0 ||
	    arena_copy(&exchange->arena, message->body, &request->body) < 0 ||
	    arena_copy(&exchange->arena, message->idempotency_key, &header->value) < 0)
		return -ENOMEM;
	request->method = http_request_method(message->method);
	request->method_name = slice_from_string(http_request_method_name(request->method));
	request->query = request->target;
	request->path = slice_split(&request->query, '?');
	request->has_body = request->body.length > 0;
	header->name = SLICE("Idempotency-Key");
	request->headers = header;
	request->header_count = message->idempotency_key.data != NULL;
	exchange->request = request;
	return 0;
}

static bool may_be_asked(const struct http_request *request)
{
	return request->method != HTTP_METHOD_HEAD && request->method != HTTP_METHOD_OPTIONS;
}

static int find_route(struct exchange *exchange)
{
	const struct worker *worker = exchange->worker;
	const struct http_request *request = exchange->request;
	struct buffer allowed = BUFFER_EMPTY;
	enum route_result result =
	    route_find(worker->listener, worker->node->demo, request->method, request->path,
		       &exchange->route, &exchange->parameter, &allowed);

	buffer_finish(&allowed);
	if (result == ROUTE_FOUND && may_be_asked(request) &&
	    access_over_websocket(exchange->route))
		return 0;
	if (result == ROUTE_NO_METHOD || (result == ROUTE_FOUND && !may_be_asked(request)))
		exchange_problem(exchange, PROBLEM_METHOD_NOT_ALLOWED,
				 "Use the method that docs/api.md has for this path");
	else
		exchange_problem(exchange, PROBLEM_NOT_FOUND,
				 "Over a WebSocket there are the routes of users, in docs/api.md");
	return -EINVAL;
}

static void ask(struct exchange *exchange, const struct request_message *message)
{
	if (request_message_acknowledges(message)) {
		exchange->is_silent = exchange->id.length == 0;
		acknowledge(exchange, message->ack);
	} else if (make_request(exchange, message) < 0) {
		exchange_out_of_memory(exchange);
	} else if (find_route(exchange) == 0) {
		exchange->route->handle(exchange);
	}
}

static void dispatch(struct exchange *exchange, json_t *json, struct slice text, bool is_within)
{
	struct request_message message = {.id = {NULL, 0}};
	const char *sentence = "A message is one JSON object";
	int result = -EINVAL;

	if (json_is_object(json))
		result = request_message_read_id(json, &exchange->arena, &exchange->id, &sentence);
	if (result == 0 && is_within)
		result = request_message_read(json, text, &message, &sentence);
	if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else if (result < 0)
		refuse(exchange, sentence);
	else if (!is_within)
		access_refuse_count(exchange);
	else
		ask(exchange, &message);
}

/* Each message counts, whatever becomes of it. */
static void take(struct exchange *exchange, struct slice text)
{
	bool is_within = access_count(exchange->worker, exchange->identity.name);
	json_t *json = exchange_read_json(exchange, text);

	if (json != NULL)
		dispatch(exchange, json, text, is_within);
	json_decref(json);
}

/* The exchange is the WebSocket's user's. */
static int identify(struct exchange *exchange)
{
	const struct stream *stream = &exchange->websocket->stream;

	exchange->identity = (struct identity){
	    .kind = IDENTITY_USER,
	    .expires_at = stream->expires_at,
	    .may_publish = stream->may_publish,
	};
	return arena_copy(&exchange->arena, inbox_name(stream->subscriber.inbox),
			  &exchange->identity.name);
}

/* Another exchange of the same request, or NULL when memory is short. */
static struct exchange *copy(const struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	struct request_message message = {
	    .method = request->method_name,
	    .path = request->target,
	    .body = request->body,
	};
	struct exchange *again = exchange_create_over(exchange->connection, exchange->carrier);

	if (again == NULL)
		return NULL;
	again->websocket = exchange->websocket;
	if (identify(again) == 0 && make_request(again, &message) == 0 &&
	    arena_copy(&again->arena, exchange->id, &again->id) == 0)
		return again;
	exchange_end(again);
	return NULL;
}

/* A client that takes no answers has the node keep delivery.replay_bytes of them and one more. What
 * was read beyond that is thrown away, and read again once the client has taken the others. What
 * was done cannot be asked for again, so that is kept, as problems are, which are short. The answer
 * to a publish may be long, a row for each of up to publish.notifications; but there are no more
 * than websocket.requests of them, because then, or when the socket is full, nothing is begun. */
static bool defer(struct exchange *exchange, int status)
{
	size_t limit = (size_t)exchange->worker->settings->delivery_replay_bytes;
	struct websocket_talk *talk = exchange->websocket->talk;
	struct exchange *again;

	if (exchange->dispatching || connection_kept(exchange->connection) <= limit ||
	    status >= 400 || exchange->request->method != HTTP_METHOD_GET)
		return false;
	again = copy(exchange);
	if (again == NULL)
		return false;
	again->is_deferred = true;
	talk->deferred_count++;
	list_append(&talk->exchanges, &again->link);
	list_remove(&exchange->link);
	exchange_end(exchange);
	return true;
}

/* Whoever polls over a WebSocket hears of changes anyway. */
static const struct exchange_carrier carrier = {
    .name = "websocket",
    .defer = defer,
    .answer = answer,
    .may_wait = false,
};

void websocket_request_again(struct exchange *exchange)
{
	exchange->is_deferred = false;
	exchange->websocket->talk->deferred_count--;
	exchange->dispatching = true;
	if (find_route(exchange) == 0)
		exchange->route->handle(exchange);
	exchange->dispatching = false;
	if (exchange->answered)
		websocket_forget(exchange);
}

static void request(struct websocket *websocket, struct slice text)
{
	struct exchange *exchange = exchange_create_over(websocket->stream.connection, &carrier);

	if (exchange == NULL) {
		websocket_close_for_memory(websocket);
		return;
	}
	exchange->websocket = websocket;
	list_append(&websocket->talk->exchanges, &exchange->link);
	websocket->talk->exchange_count++;
	exchange->dispatching = true;
	if (identify(exchange) < 0)
		exchange_out_of_memory(exchange);
	else
		take(exchange, text);
	exchange->dispatching = false;
	if (exchange->answered)
		websocket_forget(exchange);
}

void websocket_receive(struct websocket *websocket, enum websocket_opcode opcode,
		       struct slice payload)
{
	if (opcode == WEBSOCKET_TEXT)
		request(websocket, payload);
	else
		websocket_close_with(websocket, WEBSOCKET_CLOSE_UNSUPPORTED_DATA,
				     SLICE("messages are text: JSON"));
}
