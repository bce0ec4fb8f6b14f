#include "protocol/websocket_deflate.h"

#include "lib/assertions.h"
#include "protocol/http_parser.h"

#include <errno.h>

enum { LIMIT = 1000 };

static struct websocket_deflate *codec;

static int create(void **state)
{
	(void)state;
	codec = websocket_deflate_create();
	return codec == NULL ? -1 : 0;
}

static int destroy(void **state)
{
	(void)state;
	websocket_deflate_destroy(codec);
	return 0;
}

static void offers_are_read(void **state)
{
	static const struct {
		const char *headers;
		bool offered;
	} rows[] = {
	    {"", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate\r\n", true},
	    {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", true},
	    {"sec-websocket-extensions: permessage-deflate; client_max_window_bits=12\r\n", true},
	    {"Sec-WebSocket-Extensions: Permessage-Deflate ; server_no_context_takeover ;"
	     "client_no_context_takeover\r\n",
	     true},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, "
	     "permessage-deflate\r\n",
	     true},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; "
	     "client_max_window_bits=12\r\n",
	     true},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15\r\n", true},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=08\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
	     "client_no_context_takeover\r\n",
	     false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; unknown\r\n", false},
	    {"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=1\r\n",
	     false},
	    {"Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n", false},
	    {"Sec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
	     true},
	};
	static const struct http_limits limits = {
	    .target_bytes = 100, .head_bytes = 1000, .header_count = 10, .body_bytes = 100};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_parser *parser = http_parser_create(&limits);
		struct buffer request = BUFFER_EMPTY;
		size_t consumed;

		print_message("%s\n", rows[i].headers);
		buffer_append_string(&request, "GET / HTTP/1.1\r\nHost: a\r\n");
		buffer_append_string(&request, rows[i].headers);
		buffer_append_string(&request, "\r\n");
		assert_int_equal(http_parser_feed(parser, buffer_slice(&request), &consumed),
				 HTTP_HEAD_COMPLETE);
		assert_int_equal(websocket_deflate_is_offered(http_parser_request(parser)),
				 rows[i].offered);
		http_parser_destroy(parser);
		buffer_finish(&request);
	}
}

static void assert_inflates(struct slice message, int result, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;

	assert_int_equal(websocket_inflate(codec, message, LIMIT, &out), result);
	if (result == 0)
		assert_buffer(out, expected);
	buffer_finish(&out);
}

/* RFC 7692, 7.2.3.1 to 7.2.3.5, and what is none. */
static void messages_of_the_standard_are_read(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* the second time with a codec that was used */
		assert_inflates(SLICE("\xf2\x48\xcd\xc9\xc9\x07\x00"), 0, "Hello");
		assert_inflates(SLICE("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), 0, "Hello");
		assert_inflates(SLICE("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), 0, "Hello");
		assert_inflates(SLICE("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), 0,
				"Hello");
		assert_inflates(SLICE("\x00"), 0, "");
		/* 7.2.3.4: nothing is hidden behind a final block. */
		assert_inflates(SLICE("\xf3\x48\xcd\xc9\xc9\x07\x00"), 0, "Hello");
		assert_inflates(SLICE("\xf3\x48\xcd\xc9\xc9\x07\x00\x01"), -EBADMSG, "");
		assert_inflates(SLICE("\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x00"), -EBADMSG, "");
		/* 7.2.3.2: this one would need the window of the message before. */
		assert_inflates(SLICE("\xf2\x00\x11\x00\x00"), -EBADMSG, "");
		assert_inflates(SLICE("\xff\xff\xff"), -EBADMSG, "");
		assert_inflates(SLICE("\x07"), -EBADMSG, "");
		/* 7.2.2: only the end of the flush is put back. */
		assert_inflates(SLICE("\xf2\x48\xcd"), -EBADMSG, "");
		assert_inflates(SLICE("\xf2\x48\xcd\xc9\xc9\x07"), -EBADMSG, "");
		assert_inflates(SLICE(""), -EBADMSG, "");
	}
}

static void fill(struct buffer *text, size_t length)
{
	buffer_clear(text);
	for (size_t i = 0; i < length; i++)
		buffer_append_byte(text, (char)('a' + (i * i) % 23));
}

static void what_was_compressed_is_read_again(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 990};
	struct buffer text = BUFFER_EMPTY, message = BUFFER_EMPTY, out = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fill(&text, lengths[i]);
		buffer_clear(&message);
		buffer_clear(&out);
		websocket_deflate_append(codec, buffer_slice(&text), &message);
		websocket_deflate_append_stored(SLICE("the end"), &message);
		assert_int_equal(websocket_inflate(codec, buffer_slice(&message), LIMIT, &out), 0);
		buffer_append_string(&text, "the end");
		assert_slices(buffer_slice(&out), buffer_slice(&text));
	}
	buffer_finish(&text);
	buffer_finish(&message);
	buffer_finish(&out);
}

/* A few bytes can stand for millions. */
static void bombs_are_stopped(void **state)
{
	struct buffer text = BUFFER_EMPTY, message = BUFFER_EMPTY, out = BUFFER_EMPTY;
	char *room = buffer_reserve(&text, 10 << 20);

	(void)state;
	assert_non_null(room);
	memset(room, 'x', 10 << 20);
	text.length = 10 << 20;
	websocket_deflate_append(codec, buffer_slice(&text), &message);
	websocket_deflate_append_stored(SLICE(""), &message);
	assert_true(message.length < 20000);
	assert_int_equal(websocket_inflate(codec, buffer_slice(&message), LIMIT, &out), -EMSGSIZE);
	assert_true(out.length <= LIMIT + 1 && out.capacity < 64 * 1024);
	buffer_clear(&message);
	buffer_clear(&out);
	websocket_deflate_append(codec, slice_from_bytes(text.data, LIMIT), &message);
	websocket_deflate_append_stored(SLICE(""), &message);
	assert_int_equal(websocket_inflate(codec, buffer_slice(&message), LIMIT, &out), 0);
	assert_int_equal(out.length, LIMIT);
	buffer_clear(&message);
	buffer_clear(&out);
	websocket_deflate_append(codec, slice_from_bytes(text.data, LIMIT + 1), &message);
	websocket_deflate_append_stored(SLICE(""), &message);
	assert_int_equal(websocket_inflate(codec, buffer_slice(&message), LIMIT, &out), -EMSGSIZE);
	buffer_finish(&text);
	buffer_finish(&message);
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(offers_are_read),
	    cmocka_unit_test(messages_of_the_standard_are_read),
	    cmocka_unit_test(what_was_compressed_is_read_again),
	    cmocka_unit_test(bombs_are_stopped),
	};

	return cmocka_run_group_tests(tests, create, destroy);
}
