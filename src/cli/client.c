/* One connection a request: commands make few, and a node that is restarted in between is no
 * special case then. */
#include "cli/client.h"

#include "base/clock.h"
#include "cli/client_socket.h"
#include "cli/command.h"
#include "protocol/http_client_response.h"

#include <errno.h>
#include <jansson.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 16 * 1024, DETAIL_BYTES = 400 };

struct receiver {
	struct client_answer answer;
	size_t limit;
};

/* Visible ASCII and blanks within (RFC 9110, 5.5), which also keeps a value from ending its line.
 */
static bool is_header_value(struct slice value)
{
	for (size_t i = 0; i < value.length; i++) {
		if (value.data[i] < ' ' || value.data[i] > '~')
			return false;
	}
	return true;
}

int client_append_request(struct buffer *buffer, const struct endpoint *endpoint,
			  const struct client_request *request, struct error *error)
{
	const struct client_header *header = request->headers;

	buffer_append_format(buffer, "%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: allim/%s\r\n",
			     request->method, endpoint->path, request->path, endpoint->authority,
			     ALLIM_VERSION);
	for (; header != NULL && header->name != NULL; header++) {
		if (!is_header_value(header->value))
			return error_set(error, -EINVAL,
					 "the value for the header %s has characters that "
					 "cannot be sent; only visible ASCII can",
					 header->name);
		if (header->value.length == 0)
			continue;
		buffer_append_format(buffer, "%s: ", header->name);
		buffer_append(buffer, header->value);
		buffer_append_string(buffer, "\r\n");
	}
	if (request->body.length > 0)
		buffer_append_format(buffer,
				     "Content-Type: application/json\r\nContent-Length: %zu\r\n",
				     request->body.length);
	buffer_append_string(buffer, "\r\n");
	buffer_append(buffer, request->body);
	return buffer_failed(buffer) ? error_set(error, -ENOMEM, "out of memory") : 0;
}

void client_append_bearer(struct buffer *buffer, struct slice token)
{
	buffer_append_string(buffer, "Bearer ");
	buffer_append(buffer, token);
}

static int on_head(void *context, struct http_client_response *response)
{
	struct receiver *receiver = context;
	uint64_t seconds;

	receiver->answer.status = http_client_response_status(response);
	if (slice_to_unsigned(http_client_response_header(response, SLICE("Retry-After")),
			      &seconds) == 0 &&
	    seconds <= INT32_MAX)
		receiver->answer.retry_after = (int64_t)seconds;
	return 0;
}

static int on_body(void *context, struct slice bytes)
{
	struct receiver *receiver = context;

	if (receiver->answer.body.length + bytes.length > receiver->limit)
		return -EMSGSIZE;
	buffer_append(&receiver->answer.body, bytes);
	return buffer_failed(&receiver->answer.body) ? -ENOMEM : 0;
}

static int receive(int descriptor, struct http_client_response *response, int64_t deadline)
{
	char bytes[RECEIVE_BYTES];
	size_t consumed;

	while (!http_client_response_is_complete(response)) {
		ssize_t count = client_socket_receive(descriptor, bytes, sizeof(bytes), deadline);
		int result;

		if (count < 0)
			return (int)count;
		if (count == 0)
			return http_client_response_end(response);
		result = http_client_response_feed(response, slice_from_bytes(bytes, (size_t)count),
						   &consumed);
		if (result < 0)
			return result;
	}
	return 0;
}

static int explain_failure(int result, const struct endpoint *endpoint, size_t limit,
			   struct error *error)
{
	if (result == -EBADMSG)
		return error_set(error, result, "what answers at %s does not speak HTTP",
				 endpoint->authority);
	if (result == -EMSGSIZE)
		return error_set(error, result, "the answer of %s is larger than %zu bytes",
				 endpoint->authority, limit);
	if (result == -ENOMEM)
		return error_set(error, result, "out of memory");
	return error_set(error, result, "no answer from %s: %s", endpoint->authority,
			 strerror(-result));
}

/* Refusing a large body, a node answers and closes before it has read all of it: so its answer is
 * looked for even when sending failed. */
static int talk(int descriptor, struct slice bytes, struct receiver *receiver, int64_t deadline)
{
	const struct http_client_response_events events = {on_head, on_body, receiver};
	struct http_client_response *response =
	    http_client_response_create(&events, CLIENT_HEAD_BYTES, false);
	int sent, received;

	if (response == NULL)
		return -ENOMEM;
	sent = client_socket_send(descriptor, bytes, deadline);
	received = receive(descriptor, response, deadline);
	http_client_response_destroy(response);
	return received < 0 && sent < 0 ? sent : received;
}

int client_exchange(const struct endpoint *endpoint, const struct client_request *request,
		    size_t limit, struct client_answer *ret_answer, struct error *error)
{
	int64_t deadline =
	    clock_monotonic() + (request->timeout == 0 ? CLIENT_TIMEOUT : request->timeout);
	struct receiver receiver = {.answer = {.body = BUFFER_EMPTY}, .limit = limit};
	struct buffer bytes = BUFFER_EMPTY;
	int descriptor, result;

	result = client_append_request(&bytes, endpoint, request, error);
	if (result < 0)
		goto finish;
	descriptor = result = client_socket_open(endpoint, deadline, error);
	if (descriptor < 0)
		goto finish;
	result = talk(descriptor, buffer_slice(&bytes), &receiver, deadline);
	close(descriptor);
	if (result < 0)
		explain_failure(result, endpoint, limit, error);
finish:
	buffer_finish(&bytes);
	if (result < 0)
		client_answer_finish(&receiver.answer);
	else
		*ret_answer = receiver.answer;
	return result < 0 ? result : 0;
}

void client_answer_finish(struct client_answer *answer)
{
	buffer_finish(&answer->body);
}

void client_explain(int status, struct slice body, int64_t retry_after, struct error *error)
{
	json_t *problem = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	struct buffer text = BUFFER_EMPTY;

	if (detail == NULL)
		detail = json_string_value(json_object_get(problem, "title"));
	if (detail == NULL)
		buffer_append_format(&text, "the server answered with status %d", status);
	else
		buffer_append_format(&text, "the server refused (%d): %.*s", status, DETAIL_BYTES,
				     detail);
	if (retry_after > 0)
		buffer_append_format(&text, "; try again in %lld s", (long long)retry_after);
	error_set(error, 0, "%.*s", (int)text.length, buffer_slice(&text).data);
	buffer_finish(&text);
	json_decref(problem);
}

int client_exit_status(int result)
{
	if (result == -ENOMEM || result == -EMSGSIZE || result == -EINVAL)
		return COMMAND_FAILED;
	return COMMAND_UNREACHABLE;
}
