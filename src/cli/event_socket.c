/* Each message becomes the lines of an event (WHATWG HTML, 9.2.6) and is given to the reader, which
 * keeps the last id, the time to wait and the limit for both wires. What is no event, as a
 * heartbeat, becomes nothing. */
#include "cli/event_socket.h"

#include "core/json_reader.h"

#include <errno.h>
#include <sodium.h>

void event_socket_init(struct event_socket *socket, struct sse_reader *events)
{
	const struct websocket_reader_options options = {.message_bytes = events->limit,
							 .is_client = true};
	unsigned char key[WEBSOCKET_KEY_BYTES];

	*socket = (struct event_socket){.events = events};
	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(socket->key, sizeof(socket->key), key, sizeof(key),
			  sodium_base64_VARIANT_ORIGINAL);
	websocket_reader_init(&socket->frames, &options);
}

void event_socket_finish(struct event_socket *socket)
{
	websocket_reader_finish(&socket->frames);
	buffer_finish(&socket->answers);
}

static bool has_token(const struct http_client_response *response, struct slice name,
		      struct slice token)
{
	struct slice rest;

	for (size_t at = 0; http_client_response_next_header(response, name, &at, &rest);) {
		while (rest.length > 0) {
			if (slice_equals_ignoring_case(slice_trim(slice_split(&rest, ',')), token))
				return true;
		}
	}
	return false;
}

/* Whether the server chooses nothing but what it was offered, or nothing at all. */
static bool chooses_at_most(const struct http_client_response *response, struct slice name,
			    struct slice offered)
{
	struct slice value;

	for (size_t at = 0; http_client_response_next_header(response, name, &at, &value);) {
		if (value.length > 0 && !slice_equals(value, offered))
			return false;
	}
	return true;
}

bool event_socket_is_accepted(const struct event_socket *socket,
			      const struct http_client_response *response)
{
	struct slice accept = http_client_response_header(response, SLICE("Sec-WebSocket-Accept"));
	char expected[WEBSOCKET_ACCEPT_TEXT_BYTES];

	websocket_handshake_accept(slice_from_string(socket->key), expected);
	return slice_equals(accept, slice_from_string(expected)) &&
	       has_token(response, SLICE("Upgrade"), SLICE("websocket")) &&
	       has_token(response, SLICE("Connection"), SLICE("Upgrade")) &&
	       chooses_at_most(response, SLICE("Sec-WebSocket-Extensions"), SLICE("")) &&
	       chooses_at_most(response, SLICE("Sec-WebSocket-Protocol"),
			       SLICE(EVENT_SOCKET_SUBPROTOCOL));
}

/* RFC 6455, 5.3: a mask that nobody can foresee. */
static void answer(struct event_socket *socket, enum websocket_opcode opcode, struct slice payload)
{
	unsigned char mask[WEBSOCKET_MASK_BYTES];

	randombytes_buf(mask, sizeof(mask));
	websocket_append_masked(&socket->answers, opcode, payload, mask);
}

static void answer_close(struct event_socket *socket, unsigned code)
{
	char bytes[2] = {(char)(code >> 8), (char)code};

	answer(socket, WEBSOCKET_CLOSE, slice_from_bytes(bytes, code == 0 ? 0 : sizeof(bytes)));
}

void event_socket_leave(struct event_socket *socket)
{
	answer_close(socket, 1000);
}

static struct slice text_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return SLICE("");
	return slice_from_bytes(json_string_value(value), json_string_length(value));
}

/* Ends of lines within would be ends of fields. In JSON they only stand between values. */
static void append_field(struct buffer *lines, const char *name, struct slice value)
{
	buffer_append_format(lines, "%s: ", name);
	for (size_t i = 0; i < value.length; i++) {
		if (value.data[i] != '\n' && value.data[i] != '\r')
			buffer_append_byte(lines, value.data[i]);
	}
	buffer_append_byte(lines, '\n');
}

static void append_event(struct buffer *lines, struct slice text, json_t *message)
{
	struct slice type = text_of(message, "event"), cursor = text_of(message, "cursor");
	json_t *wait = json_object_get(json_object_get(message, "data"), "milliseconds");

	if (type.length == 0 || slice_equals(type, SLICE("heartbeat")))
		return;
	if (slice_equals(type, SLICE("retry"))) {
		buffer_append_format(lines, "retry: %lld\n", (long long)json_integer_value(wait));
	} else {
		append_field(lines, "event", type);
		if (cursor.length > 0)
			append_field(lines, "id", cursor);
		append_field(lines, "data", json_reader_member(text, message, "data"));
	}
	buffer_append_byte(lines, '\n');
}

static int tell(struct event_socket *socket, struct slice text,
		int (*on_message)(void *context, const struct sse_message *message), void *context)
{
	struct buffer lines = BUFFER_EMPTY;
	struct error error;
	json_t *message;
	int result = json_reader_read(text, &message, &error);

	if (result < 0)
		return result == -ENOMEM ? result : -EPROTO;
	append_event(&lines, text, message);
	result = buffer_failed(&lines)
		     ? -ENOMEM
		     : sse_reader_feed(socket->events, buffer_slice(&lines), on_message, context);
	json_decref(message);
	buffer_finish(&lines);
	return result;
}

static int take(struct event_socket *socket, const struct websocket_message *message,
		int (*on_message)(void *context, const struct sse_message *message), void *context)
{
	switch (message->opcode) {
	case WEBSOCKET_TEXT:
		return tell(socket, message->payload, on_message, context);
	case WEBSOCKET_PING:
		answer(socket, WEBSOCKET_PONG, message->payload);
		return 0;
	case WEBSOCKET_CLOSE:
		answer_close(socket, message->close);
		return -ECONNRESET;
	case WEBSOCKET_BINARY:
	case WEBSOCKET_PONG:
	case WEBSOCKET_CONTINUATION:
		break;
	}
	return 0;
}

static int fail(struct event_socket *socket)
{
	unsigned code = socket->frames.failure->close;

	answer_close(socket, code);
	if (code == WEBSOCKET_CLOSE_MESSAGE_TOO_BIG)
		return -EMSGSIZE;
	return code == WEBSOCKET_CLOSE_INTERNAL_ERROR ? -ENOMEM : -EPROTO;
}

int event_socket_feed(struct event_socket *socket, char *bytes, size_t length,
		      int (*on_message)(void *context, const struct sse_message *message),
		      void *context)
{
	enum websocket_progress progress = WEBSOCKET_MESSAGE;
	int result = 0;

	while (result == 0 && progress == WEBSOCKET_MESSAGE) {
		struct websocket_message message;
		size_t consumed;

		progress =
		    websocket_reader_feed(&socket->frames, bytes, length, &consumed, &message);
		bytes += consumed;
		length -= consumed;
		if (progress == WEBSOCKET_MESSAGE)
			result = take(socket, &message, on_message, context);
		else if (progress == WEBSOCKET_FAILED)
			result = fail(socket);
	}
	return result;
}
