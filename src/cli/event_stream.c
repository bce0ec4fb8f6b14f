/* What a browser's EventSource does (WHATWG HTML, 9.2.3), with reasons for people: only 200 with
 * the right type is a stream. An answer that says "later" (408, 429, 5xx) is tried again, because
 * this program is not a page that somebody can reload; any other is final. */
#include "cli/event_stream.h"

#include "base/clock.h"
#include "cli/client.h"
#include "cli/client_socket.h"
#include "cli/event_socket.h"
#include "protocol/http_client_response.h"
#include "protocol/url.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_TIMEOUT = 10 * 1000,
	RECEIVE_BYTES = 64 * 1024,
	PROBLEM_BYTES = 64 * 1024,
};

struct stream {
	const struct event_stream_request *request;
	const struct event_stream_handlers *handlers;
	struct sse_reader *reader;
	struct event_socket socket; /* by WebSocket only */
	struct http_client_response *response;
	struct buffer problem; /* the body of an answer that is no stream */
	bool open;
	bool stopped;
	int64_t retry_after;
};

static bool is_event_stream(struct slice content_type)
{
	struct slice type = slice_split(&content_type, ';');

	return slice_equals_ignoring_case(slice_trim(type), SLICE("text/event-stream"));
}

/* Returns 1 where this is the answer that was hoped for, 0 for any other, or -EPROTO. */
static int check_head(const struct stream *stream, const struct http_client_response *response)
{
	int status = http_client_response_status(response);
	struct slice type = http_client_response_header(response, SLICE("Content-Type"));

	if (status == 101)
		return event_socket_is_accepted(&stream->socket, response) ? 1 : -EPROTO;
	if (status != 200)
		return 0;
	return !stream->request->by_websocket && is_event_stream(type) ? 1 : -EPROTO;
}

static int on_head(void *context, struct http_client_response *response)
{
	struct stream *stream = context;
	uint64_t seconds;
	int result = check_head(stream, response);

	if (slice_to_unsigned(http_client_response_header(response, SLICE("Retry-After")),
			      &seconds) == 0 &&
	    seconds <= INT32_MAX)
		stream->retry_after = (int64_t)seconds;
	if (result <= 0)
		return result;
	stream->open = true;
	stream->handlers->on_open(stream->handlers->context);
	return 0;
}

static int on_message(void *context, const struct sse_message *message)
{
	struct stream *stream = context;

	stream->stopped = stream->handlers->on_message(stream->handlers->context, message) != 0;
	return stream->stopped ? -ECANCELED : 0;
}

static int on_body(void *context, struct slice bytes)
{
	struct stream *stream = context;

	if (stream->open)
		return sse_reader_feed(stream->reader, bytes, on_message, stream);
	if (stream->problem.length + bytes.length > PROBLEM_BYTES)
		return -EMSGSIZE;
	buffer_append(&stream->problem, bytes);
	return buffer_failed(&stream->problem) ? -ENOMEM : 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t deadline_in(const struct stream *stream, int64_t milliseconds)
{
	return earlier(clock_monotonic() + milliseconds, stream->request->deadline);
}

/* Once an event has come, its id alone says where to go on. */
static void append_path(const struct stream *stream, struct buffer *path)
{
	buffer_append_string(path, stream->request->by_websocket ? "/v1/inbox/socket"
								 : "/v1/inbox/stream");
	if (stream->request->after != NULL && sse_reader_last_id(stream->reader).length == 0) {
		buffer_append_string(path, "?after=");
		/* A cursor is the server's to understand; it stays one parameter. */
		url_append_encoded(path, slice_from_string(stream->request->after));
	}
	buffer_append_byte(path, '\0');
}

static int append_request(const struct stream *stream, struct slice authorization,
			  struct buffer *bytes, struct error *error)
{
	bool by_websocket = stream->request->by_websocket;
	const struct client_header headers[] = {
	    {"Accept", by_websocket ? SLICE("") : SLICE("text/event-stream")},
	    {"Upgrade", by_websocket ? SLICE("websocket") : SLICE("")},
	    {"Connection", by_websocket ? SLICE("Upgrade") : SLICE("")},
	    {"Sec-WebSocket-Version", by_websocket ? SLICE(WEBSOCKET_VERSION) : SLICE("")},
	    {"Sec-WebSocket-Protocol", by_websocket ? SLICE(EVENT_SOCKET_SUBPROTOCOL) : SLICE("")},
	    {"Sec-WebSocket-Key", slice_from_string(stream->socket.key)},
	    {"Cache-Control", SLICE("no-store")},
	    {"Authorization", authorization},
	    {"Last-Event-ID", sse_reader_last_id(stream->reader)},
	    {NULL, SLICE("")},
	};
	struct client_request request = {.method = "GET", .headers = headers};
	struct buffer path = BUFFER_EMPTY;
	int result = -ENOMEM;

	append_path(stream, &path);
	request.path = path.data;
	if (!buffer_failed(&path))
		result = client_append_request(bytes, stream->request->endpoint, &request, error);
	buffer_finish(&path);
	return result;
}

static int send_request(struct stream *stream, int descriptor, struct error *error)
{
	struct buffer authorization = BUFFER_EMPTY, bytes = BUFFER_EMPTY;
	int result = -ENOMEM;

	client_append_bearer(&authorization, stream->request->token);
	if (!buffer_failed(&authorization))
		result = append_request(stream, buffer_slice(&authorization), &bytes, error);
	if (result == 0)
		result = client_socket_send(descriptor, buffer_slice(&bytes),
					    deadline_in(stream, CONNECT_TIMEOUT));
	buffer_finish(&authorization);
	buffer_finish(&bytes);
	return result;
}

/* Only a stream that has begun may be silent for long. */
static int64_t patience(const struct stream *stream)
{
	return stream->open ? stream->request->silence : CLIENT_TIMEOUT;
}

static bool is_socket(const struct stream *stream)
{
	return stream->open && stream->request->by_websocket;
}

static int send_answers(struct stream *stream, int descriptor)
{
	struct buffer *answers = &stream->socket.answers;
	int result = buffer_failed(answers) ? -ENOMEM : 0;

	if (result == 0 && answers->length > 0)
		result = client_socket_send(descriptor, buffer_slice(answers),
					    deadline_in(stream, CONNECT_TIMEOUT));
	buffer_clear(answers);
	return result;
}

static int take(struct stream *stream, int descriptor, char *bytes, size_t length)
{
	size_t consumed = 0;
	int result =
	    http_client_response_feed(stream->response, slice_from_bytes(bytes, length), &consumed);
	int sent;

	if (result < 0 || !is_socket(stream))
		return result;
	result = event_socket_feed(&stream->socket, bytes + consumed, length - consumed, on_message,
				   stream);
	if (result == -ECANCELED)
		event_socket_leave(&stream->socket);
	sent = send_answers(stream, descriptor);
	return result < 0 ? result : sent;
}

/* Returns 0 when the response is complete, or a negative errno value. A deadline that has passed is
 * seen by the caller: here it ends the wait like silence does. */
static int receive(struct stream *stream, int descriptor)
{
	char bytes[RECEIVE_BYTES];

	while (is_socket(stream) || !http_client_response_is_complete(stream->response)) {
		ssize_t count;
		int result;

		if (clock_monotonic() >= stream->request->deadline)
			return -ETIMEDOUT;
		count = client_socket_receive(descriptor, bytes, sizeof(bytes),
					      deadline_in(stream, patience(stream)));
		if (count < 0)
			return (int)count;
		if (count == 0)
			return is_socket(stream) ? -ECONNRESET
						 : http_client_response_end(stream->response);
		result = take(stream, descriptor, bytes, (size_t)count);
		if (result < 0)
			return result;
	}
	return 0;
}

static enum event_stream_outcome judge_status(const struct stream *stream, struct error *error)
{
	int status = http_client_response_status(stream->response);

	client_explain(status, buffer_slice(&stream->problem), 0, error);
	return status == 408 || status == 429 || status >= 500 ? EVENT_STREAM_BUSY
							       : EVENT_STREAM_REFUSED;
}

/* Tells what the end of the connection, `result`, means. An answer whose reason was cut off says
 * enough with its status. */
static enum event_stream_outcome judge(const struct stream *stream, int result, struct error *error)
{
	const char *authority = stream->request->endpoint->authority;

	if (stream->stopped || clock_monotonic() >= stream->request->deadline)
		return EVENT_STREAM_STOPPED;
	if (result == -EBADMSG && !stream->open) {
		error_set(error, result, "what answers at %s does not speak HTTP", authority);
		return EVENT_STREAM_AWAY;
	}
	switch (result) {
	case -ENOMEM:
		error_set(error, result, "out of memory");
		return EVENT_STREAM_FAILED;
	case -EMSGSIZE:
		error_set(error, result, "what %s sends is too large for an event", authority);
		return EVENT_STREAM_FAILED;
	case -EPROTO:
	case -EBADMSG:
		error_set(error, result, "what answers at %s is no event stream; is it allim?",
			  authority);
		return EVENT_STREAM_FAILED;
	default:
		break;
	}
	if (stream->open)
		return EVENT_STREAM_ENDED;
	if (http_client_response_status(stream->response) != 0)
		return judge_status(stream, error);
	error_set(error, result, "no answer from %s: %s", authority, strerror(-result));
	return EVENT_STREAM_AWAY;
}

static enum event_stream_outcome follow(struct stream *stream, struct error *error)
{
	int descriptor = client_socket_open(stream->request->endpoint,
					    deadline_in(stream, CONNECT_TIMEOUT), error);
	int result;

	if (descriptor < 0 && clock_monotonic() >= stream->request->deadline)
		return EVENT_STREAM_STOPPED;
	if (descriptor < 0)
		return EVENT_STREAM_AWAY;
	result = send_request(stream, descriptor, error);
	if (result == -EINVAL) {
		close(descriptor);
		return EVENT_STREAM_FAILED;
	}
	if (result == 0)
		result = receive(stream, descriptor);
	close(descriptor);
	return judge(stream, result, error);
}

enum event_stream_outcome event_stream_follow(const struct event_stream_request *request,
					      struct sse_reader *reader,
					      const struct event_stream_handlers *handlers,
					      int64_t *ret_retry_after, struct error *error)
{
	struct stream stream = {.request = request, .handlers = handlers, .reader = reader};
	const struct http_client_response_events events = {on_head, on_body, &stream};
	enum event_stream_outcome outcome;

	*ret_retry_after = 0;
	stream.response = http_client_response_create(&events, CLIENT_HEAD_BYTES, false);
	if (stream.response == NULL) {
		error_set(error, -ENOMEM, "out of memory");
		return EVENT_STREAM_FAILED;
	}
	if (request->by_websocket) {
		http_client_response_allow_upgrade(stream.response);
		event_socket_init(&stream.socket, reader);
	}
	sse_reader_reconnect(reader);
	outcome = follow(&stream, error);
	*ret_retry_after = stream.retry_after;
	http_client_response_destroy(stream.response);
	event_socket_finish(&stream.socket);
	buffer_finish(&stream.problem);
	return outcome;
}
