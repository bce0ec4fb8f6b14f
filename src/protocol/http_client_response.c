/* llhttp does the reading. Headers are kept as lines "name:value\n" in one buffer: a command looks
 * up two or three of them, once. */
#include "protocol/http_client_response.h"

#include "base/buffer.h"

#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>

struct http_client_response {
	struct http_client_response_events events;
	llhttp_t llhttp;
	struct buffer headers;
	size_t head_bytes;
	int status;
	int result; /* of a callback that stopped the reader */
	bool without_body;
	bool may_upgrade;
	bool complete;
};

static const llhttp_settings_t events;

struct http_client_response *
http_client_response_create(const struct http_client_response_events *handlers, size_t head_bytes,
			    bool without_body)
{
	struct http_client_response *response = calloc(1, sizeof(*response));

	if (response == NULL)
		return NULL;
	response->events = *handlers;
	response->head_bytes = head_bytes;
	http_client_response_reset(response, without_body);
	return response;
}

void http_client_response_destroy(struct http_client_response *response)
{
	if (response == NULL)
		return;
	buffer_finish(&response->headers);
	free(response);
}

void http_client_response_reset(struct http_client_response *response, bool without_body)
{
	llhttp_init(&response->llhttp, HTTP_RESPONSE, &events);
	response->llhttp.data = response;
	buffer_clear(&response->headers);
	response->status = 0;
	response->result = 0;
	response->without_body = without_body;
	response->complete = false;
}

void http_client_response_allow_upgrade(struct http_client_response *response)
{
	response->may_upgrade = true;
}

static int stop(struct http_client_response *response, int result)
{
	response->result = result;
	return HPE_USER;
}

static int on_message_begin(llhttp_t *llhttp)
{
	struct http_client_response *response = llhttp->data;

	buffer_clear(&response->headers);
	return 0;
}

static int keep(llhttp_t *llhttp, const char *at, size_t length)
{
	struct http_client_response *response = llhttp->data;

	if (response->headers.length + length > response->head_bytes)
		return stop(response, -EMSGSIZE);
	buffer_append(&response->headers, slice_from_bytes(at, length));
	return buffer_failed(&response->headers) ? stop(response, -ENOMEM) : 0;
}

static int on_header_field_complete(llhttp_t *llhttp)
{
	return keep(llhttp, ":", 1);
}

static int on_header_value_complete(llhttp_t *llhttp)
{
	return keep(llhttp, "\n", 1);
}

/* An answer to HEAD has no body whatever its headers say (RFC 9112, 6.3); llhttp takes a 1 for
 * that. */
static int on_headers_complete(llhttp_t *llhttp)
{
	struct http_client_response *response = llhttp->data;
	int result = 0;

	if (llhttp->status_code / 100 == 1 &&
	    !(llhttp->status_code == 101 && response->may_upgrade))
		return 0;
	response->status = llhttp->status_code;
	if (response->events.on_head != NULL)
		result = response->events.on_head(response->events.context, response);
	if (result != 0) {
		response->result = result;
		return -1;
	}
	return response->without_body ? 1 : 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length)
{
	struct http_client_response *response = llhttp->data;
	int result =
	    response->events.on_body(response->events.context, slice_from_bytes(at, length));

	return result == 0 ? 0 : stop(response, result);
}

static int on_message_complete(llhttp_t *llhttp)
{
	struct http_client_response *response = llhttp->data;

	if (response->status == 0)
		return 0;
	response->complete = true;
	return HPE_PAUSED;
}

int http_client_response_feed(struct http_client_response *response, struct slice input,
			      size_t *ret_consumed)
{
	llhttp_errno_t code;

	*ret_consumed = 0;
	if (response->complete)
		return 0;
	code = llhttp_execute(&response->llhttp, input.data, input.length);
	if (response->result != 0)
		return response->result;
	if (code == HPE_OK) {
		*ret_consumed = input.length;
		return 0;
	}
	if (!response->complete)
		return -EBADMSG;
	*ret_consumed = (size_t)(llhttp_get_error_pos(&response->llhttp) - input.data);
	return 0;
}

int http_client_response_end(struct http_client_response *response)
{
	if (!response->complete)
		llhttp_finish(&response->llhttp);
	return response->complete ? 0 : -ECONNRESET;
}

bool http_client_response_is_complete(const struct http_client_response *response)
{
	return response->complete;
}

int http_client_response_status(const struct http_client_response *response)
{
	return response->status;
}

bool http_client_response_next_header(const struct http_client_response *response,
				      struct slice name, size_t *position, struct slice *ret_value)
{
	struct slice whole = buffer_slice(&response->headers);
	struct slice rest = slice_from_bytes(whole.data + *position, whole.length - *position);

	while (rest.length > 0) {
		struct slice value = slice_split(&rest, '\n');

		*position = whole.length - rest.length;
		if (slice_equals_ignoring_case(slice_split(&value, ':'), name)) {
			*ret_value = slice_trim(value);
			return true;
		}
	}
	return false;
}

struct slice http_client_response_header(const struct http_client_response *response,
					 struct slice name)
{
	struct slice value = SLICE("");
	size_t position = 0;

	http_client_response_next_header(response, name, &position, &value);
	return value;
}

static const llhttp_settings_t events = {
    .on_message_begin = on_message_begin,
    .on_header_field = keep,
    .on_header_value = keep,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value_complete = on_header_value_complete,
};
