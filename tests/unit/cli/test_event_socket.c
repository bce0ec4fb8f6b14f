#include "cli/event_socket.h"

#include "lib/assertions.h"

#include <errno.h>

enum { LIMIT = 200 };

#define TEXT(text) "\x81" text
#define RETRY	   TEXT("\x2b{\"event\":\"retry\",\"data\":{\"milliseconds\":7}}")
#define HEARTBEAT  TEXT("\x2d{\"event\":\"heartbeat\",\"data\":{\"head\":\"a.1.0\"}}")
#define COUNT	   TEXT("\x39{\"event\":\"count\",\"data\":{\"unread\":1.10},\"cursor\":\"a.1.0\"}")

struct seen {
	struct buffer text; /* type, id and data of each event */
	int result;
};

static int on_message(void *context, const struct sse_message *message)
{
	struct seen *seen = context;

	buffer_append(&seen->text, message->type);
	buffer_append_byte(&seen->text, ' ');
	buffer_append(&seen->text, message->last_id);
	buffer_append_byte(&seen->text, ' ');
	buffer_append(&seen->text, message->data);
	buffer_append_byte(&seen->text, ';');
	return seen->result;
}

/* What a server reads of the answers: opcode, and payload in hexadecimal digits. */
static void append_answers(struct event_socket *socket, struct buffer *seen)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT};
	struct buffer *bytes = &socket->answers;
	struct websocket_reader reader;
	struct websocket_message message;
	size_t offset = 0, consumed;

	websocket_reader_init(&reader, &options);
	while (bytes->length > 0 &&
	       websocket_reader_feed(&reader, bytes->data + offset, bytes->length - offset,
				     &consumed, &message) == WEBSOCKET_MESSAGE) {
		buffer_append_format(seen, "<%d %u ", (int)message.opcode, message.close);
		buffer_append(seen, message.payload);
		buffer_append_byte(seen, '>');
		offset += consumed;
	}
	websocket_reader_finish(&reader);
	buffer_clear(bytes);
}

static int feed(struct slice frames, size_t piece, int stop, struct buffer *ret_seen,
		int64_t *ret_retry)
{
	struct seen seen = {.result = stop};
	struct event_socket socket;
	struct sse_reader reader;
	char bytes[300];
	int result = 0;

	sse_reader_init(&reader, LIMIT);
	event_socket_init(&socket, &reader);
	while (result == 0 && frames.length > 0) {
		size_t length = piece < frames.length ? piece : frames.length;

		memcpy(bytes, frames.data, length); /* they are changed */
		result = event_socket_feed(&socket, bytes, length, on_message, &seen);
		frames = slice_from_bytes(frames.data + length, frames.length - length);
	}
	append_answers(&socket, &seen.text);
	*ret_retry = reader.retry;
	event_socket_finish(&socket);
	sse_reader_finish(&reader);
	*ret_seen = seen.text;
	return result;
}

static void messages_become_events(void **state)
{
	static const struct {
		struct slice frames;
		const char *seen;
		int result;
		int64_t retry;
	} rows[] = {
#define ROW(frames, seen, result, retry) {{frames, sizeof(frames) - 1}, seen, result, retry}
	    ROW("", "", 0, -1),
	    ROW(RETRY, "", 0, 7),
	    ROW(HEARTBEAT, "", 0, -1),
	    ROW(COUNT, "count a.1.0 {\"unread\":1.10};", 0, -1),
	    ROW(RETRY COUNT HEARTBEAT COUNT,
		"count a.1.0 {\"unread\":1.10};count a.1.0 {\"unread\":1.10};", 0, 7),
	    ROW("\x01\x0b{\"event\":\"e" COUNT, "<8 1002 >", -EPROTO, -1),
	    ROW("\x01\x0b{\"event\":\"e\x80\x0d\",\"data\":[1]}", "e  [1];", 0, -1),
	    /* Nothing in a message makes another field or event of it. */
	    ROW(TEXT("\x26{\"event\":\"e\\n\\nid: x\",\n\"data\":[1,\r\n2]}"), "eid: x  [1,2];", 0,
		-1),
	    ROW(TEXT("\x18{\"id\":1,\"status\":200   }") COUNT, "count a.1.0 {\"unread\":1.10};", 0,
		-1),
	    ROW("\x82\x01." COUNT, "count a.1.0 {\"unread\":1.10};", 0, -1),
	    ROW("\x89\x02hi\x8a\x01.", "<10 0 hi>", 0, -1),
	    ROW("\x88\x02\x03\xf4" COUNT, "<8 1012 >", -ECONNRESET, -1),
	    ROW("\x88\x00", "<8 0 >", -ECONNRESET, -1),
	    ROW(TEXT("\x02[]"), "", 0, -1),
	    ROW(TEXT("\x01{"), "", -EPROTO, -1),
	    ROW("\x83\x00", "<8 1002 >", -EPROTO, -1),
	    ROW("\x81\x7e\x00\xc9", "<8 1009 >", -EMSGSIZE, -1),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t piece = 1; piece < 300; piece = piece * 2 + 1) {
			struct buffer seen;
			int64_t retry;

			assert_int_equal(feed(rows[i].frames, piece, 0, &seen, &retry),
					 rows[i].result);
			assert_buffer(seen, rows[i].seen);
			assert_int_equal(retry, rows[i].retry);
			buffer_finish(&seen);
		}
	}
}

static void whoever_hears_can_stop_it(void **state)
{
	struct buffer seen;
	int64_t retry;

	(void)state;
	assert_int_equal(feed(SLICE(COUNT COUNT), 300, -ECANCELED, &seen, &retry), -ECANCELED);
	assert_buffer(seen, "count a.1.0 {\"unread\":1.10};");
	buffer_finish(&seen);
}

/* RFC 6455, 4.1 and 5.3: keys and masks are never the same. */
static void keys_and_masks_are_new_each_time(void **state)
{
	struct event_socket first, second;
	struct sse_reader reader;

	(void)state;
	sse_reader_init(&reader, LIMIT);
	event_socket_init(&first, &reader);
	event_socket_init(&second, &reader);
	assert_int_equal(strlen(first.key), WEBSOCKET_KEY_TEXT_BYTES - 1);
	assert_string_not_equal(first.key, second.key);
	event_socket_leave(&first);
	event_socket_leave(&second);
	assert_int_equal(first.answers.length, 8);
	assert_memory_not_equal(first.answers.data + 2, second.answers.data + 2, 4);
	event_socket_finish(&first);
	event_socket_finish(&second);
	sse_reader_finish(&reader);
}

/* Whether the answer to `key` with these headers, lines each, opens the socket. */
static bool is_opened(const struct event_socket *socket, const char *key, const char *headers)
{
	static const struct http_client_response_events events = {NULL, NULL, NULL};
	struct http_client_response *response = http_client_response_create(&events, 1000, false);
	char accept[WEBSOCKET_ACCEPT_TEXT_BYTES];
	struct buffer text = BUFFER_EMPTY;
	size_t consumed;
	bool is_accepted;

	assert_non_null(response);
	http_client_response_allow_upgrade(response);
	websocket_handshake_accept(slice_from_string(key), accept);
	buffer_append_format(&text, "HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
			     accept, headers);
	assert_int_equal(http_client_response_feed(response, buffer_slice(&text), &consumed), 0);
	assert_int_equal(http_client_response_status(response), 101);
	is_accepted = event_socket_is_accepted(socket, response);
	buffer_finish(&text);
	http_client_response_destroy(response);
	return is_accepted;
}

/* RFC 6455, 4.1. */
static void a_handshake_is_what_was_asked_for(void **state)
{
	static const struct {
		const char *headers;
		bool is_accepted;
	} rows[] = {
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\n", true},
	    {"upgrade: WebSocket\r\nConnection: keep-alive\r\nConnection: x , upgrade\r\n", true},
	    {"Connection: Upgrade\r\n", false},
	    {"Upgrade: h2c\r\nConnection: Upgrade\r\n", false},
	    {"Upgrade: websocket\r\n", false},
	    {"Upgrade: websocket\r\nConnection: keep-alive\r\n", false},
	    {"Upgrade: websocket\r\nConnection: Upgrades\r\n", false},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: allim.v1\r\n",
	     true},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: Allim.v1\r\n",
	     false},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n",
	     false},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: \r\n"
	     "Sec-WebSocket-Extensions: permessage-deflate\r\n",
	     false},
	};
	struct event_socket socket, other;
	struct sse_reader reader;

	(void)state;
	sse_reader_init(&reader, LIMIT);
	event_socket_init(&socket, &reader);
	event_socket_init(&other, &reader);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (is_opened(&socket, socket.key, rows[i].headers) != rows[i].is_accepted)
			fail_msg("%s", rows[i].headers);
	}
	assert_false(is_opened(&socket, other.key, rows[0].headers));
	event_socket_finish(&socket);
	event_socket_finish(&other);
	sse_reader_finish(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_become_events),
	    cmocka_unit_test(whoever_hears_can_stop_it),
	    cmocka_unit_test(keys_and_masks_are_new_each_time),
	    cmocka_unit_test(a_handshake_is_what_was_asked_for),
	};

	return cmocka_run_group_tests_name("event_socket", tests, NULL, NULL);
}
