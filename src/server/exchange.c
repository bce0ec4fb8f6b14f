/* From the head of a request to the bytes of its answer. What a handler does not care about happens
 * here: routes, OPTIONS, authentication, rates, CORS, HEAD, Connection. */
#include "server/exchange.h"

#include "base/clock.h"
#include "core/json_reader.h"
#include "protocol/sse.h"
#include "protocol/url.h"
#include "server/access.h"
#include "server/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALL_BODY_BYTES = 64 * 1024 };

static const struct exchange_carrier http_carrier;

struct exchange *exchange_create_over(struct connection *connection,
				      const struct exchange_carrier *carrier)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	exchange->carrier = carrier;
	exchange->worker = connection->worker;
	exchange->connection = connection;
	return exchange;
}

struct exchange *exchange_create(struct connection *connection)
{
	struct exchange *exchange = exchange_create_over(connection, &http_carrier);

	if (exchange == NULL)
		return NULL;
	exchange->parser = worker_borrow_parser(connection->worker);
	if (exchange->parser == NULL) {
		free(exchange);
		return NULL;
	}
	return exchange;
}

void exchange_end(struct exchange *exchange)
{
	if (exchange->pending > 0)
		return; /* exchange_resume() will come back to it */
	if (exchange->parser != NULL)
		worker_return_parser(exchange->worker, exchange->parser);
	arena_finish(&exchange->arena);
	arena_finish(&exchange->stored);
	buffer_finish(&exchange->headers);
	buffer_finish(&exchange->following);
	free(exchange);
}

bool exchange_resume(struct exchange *exchange)
{
	assert(exchange->pending > 0);
	exchange->pending--;
	if (exchange->connection != NULL && exchange->connection->state != CONNECTION_CLOSED)
		return true;
	if (exchange->connection == NULL)
		exchange_end(exchange);
	return false;
}

void exchange_header(struct exchange *exchange, const char *name, struct slice value)
{
	http_response_header(&exchange->headers, name, value);
}

/* Pages of other origins may read an answer only where the settings allow their origin. */
static void append_cors(struct exchange *exchange, struct buffer *out)
{
	const struct slice *origin;

	if (exchange->request == NULL)
		return;
	origin = http_request_header(exchange->request, SLICE("origin"));
	if (origin == NULL ||
	    !authentication_origin_allowed(exchange->worker->settings, exchange->request, *origin))
		return;
	http_response_header(out, "Access-Control-Allow-Origin", *origin);
	http_response_header(out, "Access-Control-Allow-Credentials", SLICE("true"));
	http_response_header(out, "Access-Control-Expose-Headers",
			     SLICE("ETag, Retry-After, Idempotency-Replayed"));
	http_response_header(out, "Vary", SLICE("Origin"));
}

static void append_head(struct exchange *exchange, int status, const char *content_type,
			struct buffer *out)
{
	http_response_begin(out, status);
	http_response_header(out, "Date", worker_date(exchange->worker));
	if (content_type != NULL)
		http_response_header(out, "Content-Type", slice_from_string(content_type));
	http_response_header(out, "Cache-Control", SLICE("no-store"));
	http_response_header(out, "X-Content-Type-Options", SLICE("nosniff"));
	append_cors(exchange, out);
	if (exchange->retry_after > 0)
		http_response_header_integer(out, "Retry-After", exchange->retry_after);
	if (exchange->is_replayed)
		http_response_header(out, "Idempotency-Replayed", SLICE("true"));
	buffer_append(out, buffer_slice(&exchange->headers));
	if (exchange->connection->last)
		http_response_header(out, "Connection", SLICE("close"));
	else if (exchange->request != NULL && exchange->request->http_1_0)
		http_response_header(out, "Connection", SLICE("keep-alive"));
}

static void count_status(struct exchange *exchange, int status)
{
	struct metrics *metrics = &exchange->worker->metrics;

	metrics_add(metrics, METRIC_REQUESTS, 1);
	if (status >= 500)
		metrics_add(metrics, METRIC_REQUESTS_FAILED, 1);
	else if (status >= 400)
		metrics_add(metrics, METRIC_REQUESTS_REFUSED, 1);
}

static void answer_over_http(struct exchange *exchange, int status, const char *content_type,
			     struct slice body)
{
	struct buffer *out = &exchange->worker->output;
	struct connection *connection = exchange->connection;
	bool without_body = status == 204 || status == 304;

	/* An answer before the end of the request leaves a body that nobody will read. */
	if (connection->state == CONNECTION_RECEIVING &&
	    (exchange->request == NULL || exchange->request->has_body))
		connection->last = true;
	append_head(exchange, status, content_type, out);
	if (without_body)
		http_response_end(out);
	else if (exchange->request != NULL && exchange->request->method == HTTP_METHOD_HEAD)
		http_response_body_omitted(out, body.length);
	else
		http_response_body(out, body);
	if (!buffer_failed(out)) {
		connection_answer(connection, out);
		return;
	}
	connection_close(connection);
	buffer_clear(out);
}

void exchange_reply(struct exchange *exchange, int status, const char *content_type,
		    struct slice body)
{
	assert(!exchange->answered);
	if (exchange->carrier->defer != NULL && exchange->carrier->defer(exchange, status))
		return;
	exchange->answered = true;
	count_status(exchange, status);
	exchange->carrier->answer(exchange, status, content_type, body);
}

void exchange_reply_json(struct exchange *exchange, int status, const struct buffer *body)
{
	if (buffer_failed(body))
		exchange_out_of_memory(exchange);
	else
		exchange_reply(exchange, status, "application/json", buffer_slice(body));
}

void exchange_reply_empty(struct exchange *exchange, int status)
{
	exchange_reply(exchange, status, NULL, SLICE(""));
}

void exchange_confirm(struct exchange *exchange)
{
	if (exchange->is_silent)
		exchange->answered = true;
	else
		exchange_reply_empty(exchange, 204);
}

void exchange_reply_bytes(struct exchange *exchange, const char *content_type, struct slice bytes)
{
	exchange->is_bytes = true;
	exchange_reply(exchange, 200, content_type, bytes);
}

/* An EventSource that gets an error status does not come back (WHATWG HTML, 9.2.3), so what may
 * pass is told as an empty stream that says when to try again. */
static void reply_empty_stream(struct exchange *exchange, const char *detail)
{
	struct buffer body = BUFFER_EMPTY;

	sse_append_comment(&body, slice_from_string(detail));
	sse_append_retry(&body, exchange->worker->settings->stream_retry_maximum);
	exchange_reply(exchange, 200, "text/event-stream", buffer_slice(&body));
	buffer_finish(&body);
}

static bool may_pass(const struct problem_row *row)
{
	return row->status == 429 || row->status >= 500;
}

static void reply_problem(struct exchange *exchange, const struct problem_row *row,
			  const char *detail)
{
	struct buffer body = BUFFER_EMPTY;

	if (exchange->route != NULL && exchange->route->access == ROUTE_STREAM && may_pass(row)) {
		reply_empty_stream(exchange, detail);
		return;
	}
	if (row->status == 401) {
		metrics_add(&exchange->worker->metrics, METRIC_LOGINS_REFUSED, 1);
		exchange_header(exchange, "WWW-Authenticate", SLICE("Bearer realm=\"allim\""));
	}
	if (row->status == 429 || row->status == 503)
		exchange->retry_after = row->status == 429 ? 30 : 2;
	problem_append(&body, row, detail);
	if (buffer_failed(&body)) /* the status says most of it */
		exchange_reply_empty(exchange, row->status);
	else
		exchange_reply(exchange, row->status, "application/problem+json",
			       buffer_slice(&body));
	buffer_finish(&body);
}

void exchange_problem(struct exchange *exchange, enum problem problem, const char *format, ...)
{
	char detail[700];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	/* What was cut, here or by a precision, may end with half a character. */
	detail[slice_drop_malformed(detail, strlen(detail))] = '\0';
	reply_problem(exchange, &problem_table[problem], detail);
}

void exchange_out_of_memory(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_OUT_OF_MEMORY, "Try again later");
}

void exchange_append_stream_head(struct exchange *exchange, const char *content_type,
				 struct buffer *out)
{
	exchange->connection->last = true;
	append_head(exchange, 200, content_type, out);
	http_response_header(out, "X-Accel-Buffering", SLICE("no"));
	http_response_end(out);
}

/* A page of another origin asks first (WHATWG Fetch, CORS-preflight). */
static void reply_options(struct exchange *exchange, const struct buffer *allowed)
{
	exchange_header(exchange, "Allow", buffer_slice(allowed));
	if (http_request_header(exchange->request, SLICE("access-control-request-method")) !=
	    NULL) {
		exchange_header(exchange, "Access-Control-Allow-Methods", buffer_slice(allowed));
		exchange_header(
		    exchange, "Access-Control-Allow-Headers",
		    SLICE("Authorization, Content-Type, Idempotency-Key, If-None-Match, "
			  "Last-Event-ID"));
		exchange_header(exchange, "Access-Control-Max-Age", SLICE("600"));
	}
	exchange_reply_empty(exchange, 204);
}

static bool has_route(const struct worker *worker, enum http_method method)
{
	for (const struct route *route = route_table; route->path != NULL; route++) {
		if (route->method == method && route->listener == worker->listener &&
		    (route->access != ROUTE_DEMO || worker->node->demo))
			return true;
	}
	return false;
}

/* Of the server as a whole (RFC 9110, 9.3.7): what some path allows. */
static void reply_options_of_all(struct exchange *exchange)
{
	struct buffer allowed = BUFFER_EMPTY;

	buffer_append_string(&allowed, "OPTIONS");
	for (enum http_method method = HTTP_METHOD_GET; method < HTTP_METHOD_OPTIONS; method++) {
		if (has_route(exchange->worker,
			      method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : method))
			buffer_append_format(&allowed, ", %s", http_request_method_name(method));
	}
	reply_options(exchange, &allowed);
	buffer_finish(&allowed);
}

static void reply_without_route(struct exchange *exchange, enum route_result result,
				const struct buffer *allowed)
{
	const struct http_request *request = exchange->request;

	if (result == ROUTE_NO_PATH) {
		exchange_problem(exchange, PROBLEM_NOT_FOUND,
				 "No route has this path; docs/api.md lists all routes");
	} else if (request->method == HTTP_METHOD_OPTIONS) {
		reply_options(exchange, allowed);
	} else {
		exchange_header(exchange, "Allow", buffer_slice(allowed));
		exchange_problem(exchange, PROBLEM_METHOD_NOT_ALLOWED, "Use one of %.*s",
				 (int)allowed->length, buffer_slice(allowed).data);
	}
}

/* Only publishers have much to send, and administrators. Returns whether the body may come. */
static bool limit_body(struct exchange *exchange)
{
	return exchange->identity.kind == IDENTITY_PUBLISHER ||
	       exchange->route->access == ROUTE_ADMINISTRATOR ||
	       http_parser_limit_body(exchange->parser, SMALL_BODY_BYTES);
}

void exchange_on_head(struct exchange *exchange)
{
	struct worker *worker = exchange->worker;
	const struct http_request *request = exchange->request;
	struct buffer allowed = BUFFER_EMPTY;
	enum route_result result;

	if (!access_check_host(exchange))
		return;
	result = route_find(worker->listener, worker->node->demo, request->method, request->path,
			    &exchange->route, &exchange->parameter, &allowed);
	if (request->method == HTTP_METHOD_OPTIONS && slice_equals(request->path, SLICE("*")))
		reply_options_of_all(exchange);
	else if (result != ROUTE_FOUND)
		reply_without_route(exchange, result, &allowed);
	else
		access_check(exchange);
	buffer_finish(&allowed);
	if (!exchange->answered && limit_body(exchange) && request->expects_continue)
		connection_write(exchange->connection, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

void exchange_on_complete(struct exchange *exchange)
{
	exchange->route->handle(exchange);
}

void exchange_on_failure(struct exchange *exchange)
{
	const struct http_problem *problem = http_parser_problem(exchange->parser);
	struct problem_row row = {problem->status, problem->code,
				  http_response_reason(problem->status)};

	/* Short of memory: it may be an EventSource, for which a 503 would be the end. */
	if (problem->status == 503)
		connection_close(exchange->connection);
	else
		reply_problem(exchange, &row, problem->detail);
}

void exchange_on_timeout(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_REQUEST_TIMEOUT,
			 "Send the whole request sooner; http.header_timeout and http.body_timeout "
			 "limit the time");
}

void *exchange_store_request(struct exchange *exchange, size_t size, enum store_operation operation)
{
	struct store_request *request = arena_allocate_array(&exchange->arena, 1, size);

	if (request == NULL) {
		exchange_out_of_memory(exchange);
		return NULL;
	}
	store_request_init(request, operation, &exchange->worker->loop.mailbox, NULL);
	return request;
}

static const struct {
	int result;
	enum problem problem;
	const char *detail;
} store_problems[] = {
    {-ENOMEM, PROBLEM_OUT_OF_MEMORY, "Try again later"},
    {-ENOSPC, PROBLEM_STORE_FULL, "Nothing was stored; make room on the disk and try again"},
    {-EAGAIN, PROBLEM_STORE_UNAVAILABLE, "Nothing was stored; try again after Retry-After seconds"},
    {0, PROBLEM_STORE_FAILED, "The node's log says why; trying again may help"},
};

void exchange_store_problem(struct exchange *exchange, int result)
{
	size_t row = 0;

	while (store_problems[row].result != result && store_problems[row].result != 0)
		row++;
	exchange_problem(exchange, store_problems[row].problem, "%s", store_problems[row].detail);
}

struct audit_client exchange_client(const struct exchange *exchange, const char *wire)
{
	return (struct audit_client){
	    .user = exchange->identity.name,
	    .wire = wire,
	    .worker = exchange->worker->number,
	    .connection = exchange->connection->number,
	};
}

static const char *way_of(const struct exchange *exchange)
{
	if (exchange->worker->listener == ROUTE_ADMIN)
		return "admin";
	return exchange->carrier->name;
}

/* Whatever became of the client meanwhile: what the store has done was done. */
static void record(struct exchange *exchange, const struct store_request *request)
{
	const struct route *route = exchange->route;
	struct audit_actor actor = {
	    .way = way_of(exchange),
	    .is_user = exchange->identity.kind == IDENTITY_USER,
	    .name = exchange->identity.name,
	    .method = http_request_method_name(route->method),
	    .path = route->path,
	};

	if (exchange->worker->audit.log != NULL && request->result == 0)
		audit_done(&exchange->worker->audit, &actor, request);
}

static void on_stored(struct mailbox_message *message)
{
	struct store_request *request = store_request_of(message);
	struct exchange *exchange = request->context;

	record(exchange, request);
	arena_finish(&exchange->stored);
	exchange->stored = request->arena;
	if (!exchange_resume(exchange))
		return;
	if (store_request_failed(request))
		exchange_store_problem(exchange, request->result);
	else
		exchange->on_stored(exchange, request);
}

void exchange_ask(struct exchange *exchange, struct store_request *request,
		  void (*on_answer)(struct exchange *exchange, struct store_request *request))
{
	request->message.on_receive = on_stored;
	request->context = exchange;
	exchange->on_stored = on_answer;
	exchange->pending++;
	worker_submit(exchange->worker, request);
}

int exchange_parameter(struct exchange *exchange, struct slice name, struct slice *ret_value)
{
	int result =
	    url_query_parameter(exchange->request->query, name, &exchange->arena, ret_value);

	if (result < 0 && result != -ENOENT) {
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Give the query parameter %.*s once, percent-encoded UTF-8",
				 (int)name.length, name.data);
		return -EINVAL;
	}
	return result;
}

int exchange_text(struct exchange *exchange, struct slice name, struct slice *ret_text)
{
	int result = exchange_parameter(exchange, name, ret_text);

	if (result != -ENOENT)
		return result;
	*ret_text = SLICE("");
	return 0;
}

int exchange_number(struct exchange *exchange, struct slice name, int64_t minimum, int64_t maximum,
		    int64_t *ret_number)
{
	struct slice text;
	int64_t number;
	int result = exchange_parameter(exchange, name, &text);

	if (result < 0)
		return result == -ENOENT ? 0 : result;
	if (slice_to_integer(text, &number) < 0 || number < minimum || number > maximum) {
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "The query parameter %.*s is a whole number from %lld to %lld",
				 (int)name.length, name.data, (long long)minimum,
				 (long long)maximum);
		return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

int exchange_check_parameters(struct exchange *exchange, const struct slice *names)
{
	struct slice unknown;
	size_t count = 0;

	while (names[count].length > 0)
		count++;
	if (url_query_check(exchange->request->query, names, count, &unknown) == 0)
		return 0;
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
			 "There is no query parameter %.*s here; docs/api.md lists all",
			 (int)(unknown.length < 100 ? unknown.length : 100), unknown.data);
	return -EINVAL;
}

int exchange_check_no_parameters(struct exchange *exchange)
{
	static const struct slice none[] = {{NULL, 0}};

	return exchange_check_parameters(exchange, none);
}

/* Forms are what any page can send with a user's cookie, so with a cookie only JSON will do; a key
 * or token in a header proves that no page did it, and then the default type of curl is fine, too,
 * or none. */
static bool is_json(const struct exchange *exchange)
{
	const struct slice *type = http_request_header(exchange->request, SLICE("content-type"));
	struct slice media = type == NULL ? SLICE("") : *type;

	media = slice_trim(slice_split(&media, ';'));
	if (slice_equals_ignoring_case(media, SLICE("application/json")))
		return true;
	return !exchange->identity.by_cookie &&
	       (media.length == 0 ||
		slice_equals_ignoring_case(media, SLICE("application/x-www-form-urlencoded")));
}

json_t *exchange_read_json(struct exchange *exchange, struct slice text)
{
	struct error error;
	json_t *json = NULL;
	int result = json_reader_read(text, &json, &error);

	if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else if (result < 0)
		exchange_problem(exchange, PROBLEM_INVALID_JSON, "%s", error.text);
	return json;
}

json_t *exchange_body_json(struct exchange *exchange)
{
	if (!is_json(exchange)) {
		exchange_problem(exchange, PROBLEM_UNSUPPORTED_TYPE,
				 "Send Content-Type: application/json");
		return NULL;
	}
	return exchange_read_json(exchange, exchange->request->body);
}

static const struct exchange_carrier http_carrier = {
    .name = "http",
    .answer = answer_over_http,
    .may_wait = true,
};
