/* What handlers do, whichever carrier brought the request: read parameters and bodies, ask the
 * store, and answer. */
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

static void count_status(struct exchange *exchange, int status)
{
	struct metrics *metrics = &exchange->worker->metrics;

	metrics_add(metrics, METRIC_REQUESTS, 1);
	if (status >= 500)
		metrics_add(metrics, METRIC_REQUESTS_FAILED, 1);
	else if (status >= 400)
		metrics_add(metrics, METRIC_REQUESTS_REFUSED, 1);
}

/* False: the exchange is gone, and will be answered later. */
static bool begin_answer(struct exchange *exchange, int status)
{
	assert(!exchange->answered);
	if (exchange->carrier->defer != NULL && exchange->carrier->defer(exchange, status))
		return false;
	exchange->answered = true;
	count_status(exchange, status);
	return true;
}

void exchange_reply(struct exchange *exchange, int status, const char *content_type,
		    struct slice body)
{
	if (begin_answer(exchange, status))
		exchange->carrier->answer(exchange, status, content_type, body);
}

void exchange_reply_json(struct exchange *exchange, int status, const struct buffer *body)
{
	if (buffer_failed(body))
		exchange_out_of_memory(exchange);
	else
		exchange_reply(exchange, status, "application/json", buffer_slice(body));
}

void exchange_reply_content(struct exchange *exchange, const struct buffer *body,
			    const struct wire_answer *content,
			    void (*record)(struct exchange *exchange,
					   const struct wire_answer *content))
{
	if (buffer_failed(body)) {
		exchange_out_of_memory(exchange);
		return;
	}
	if (!begin_answer(exchange, 200))
		return;
	if (exchange->request->method != HTTP_METHOD_HEAD)
		record(exchange, content);
	exchange->carrier->answer(exchange, 200, "application/json", buffer_slice(body));
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

void exchange_problem_row(struct exchange *exchange, const struct problem_row *row,
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
	exchange_problem_row(exchange, &problem_table[problem], detail);
}

void exchange_out_of_memory(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_OUT_OF_MEMORY, "Try again later");
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
