/* From the head of a request to the bytes of its answer. What a handler does not care about happens
 * here: routes, OPTIONS, authentication, rates, CORS, HEAD, Connection. */
#include "server/exchange_http.h"

#include "server/access.h"
#include "server/worker.h"

#include <stdlib.h>

enum { SMALL_BODY_BYTES = 64 * 1024 };

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

void exchange_http_append_stream_head(struct exchange *exchange, const char *content_type,
				      struct buffer *out)
{
	exchange->connection->last = true;
	append_head(exchange, 200, content_type, out);
	http_response_header(out, "X-Accel-Buffering", SLICE("no"));
	http_response_end(out);
}

static const struct exchange_carrier http_carrier = {
    .name = "http",
    .answer = answer_over_http,
    .may_wait = true,
};

struct exchange *exchange_http_create(struct connection *connection)
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

void exchange_http_on_head(struct exchange *exchange)
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

void exchange_http_on_complete(struct exchange *exchange)
{
	exchange->route->handle(exchange);
}

void exchange_http_on_failure(struct exchange *exchange)
{
	const struct http_problem *problem = http_parser_problem(exchange->parser);
	struct problem_row row = {problem->status, problem->code,
				  http_response_reason(problem->status)};

	/* Short of memory: it may be an EventSource, for which a 503 would be the end. */
	if (problem->status == 503)
		connection_close(exchange->connection);
	else
		exchange_problem_row(exchange, &row, problem->detail);
}

void exchange_http_on_timeout(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_REQUEST_TIMEOUT,
			 "Send the whole request sooner; http.header_timeout and http.body_timeout "
			 "limit the time");
}
