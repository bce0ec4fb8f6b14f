#include "protocol/websocket_handshake.h"

#include "lib/assertions.h"
#include "protocol/http_parser.h"

/* The example of RFC 6455, 1.2 and 1.3. */
#define KEY	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define GET	"GET /chat HTTP/1.1\r\nHost: a\r\n"

static const struct http_limits limits = {
    .target_bytes = 100, .head_bytes = 1000, .header_count = 10, .body_bytes = 100};

static struct http_parser *parse(const char *request)
{
	struct http_parser *parser = http_parser_create(&limits);
	size_t consumed;

	assert_non_null(parser);
	assert_int_equal(http_parser_feed(parser, slice_from_string(request), &consumed),
			 HTTP_HEAD_COMPLETE);
	return parser;
}

static void requests_are_checked(void **state)
{
	static const struct {
		const char *request;
		enum websocket_refusal refusal;
		const char *sentence; /* how it begins */
	} rows[] = {
	    {GET UPGRADE VERSION KEY "\r\n", WEBSOCKET_REFUSAL_NONE, ""},
	    {GET
	     "Upgrade: h2c, WebSocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" VERSION
		 KEY "\r\n",
	     WEBSOCKET_REFUSAL_NONE, ""},
	    {GET VERSION KEY "\r\n", WEBSOCKET_REFUSAL_UPGRADE, "Open a WebSocket here: Upgrade"},
	    {GET "Upgrade: websocket\r\n" VERSION KEY "\r\n", WEBSOCKET_REFUSAL_UPGRADE, "Open"},
	    {GET "Connection: Upgrade\r\n" VERSION KEY "\r\n", WEBSOCKET_REFUSAL_UPGRADE, "Open"},
	    {GET "Upgrade: h2c\r\nConnection: Upgrade\r\n" VERSION KEY "\r\n",
	     WEBSOCKET_REFUSAL_UPGRADE, "Open"},
	    {GET "Upgrade: websockets\r\nConnection: Upgrade\r\n" VERSION KEY "\r\n",
	     WEBSOCKET_REFUSAL_UPGRADE, "Open"},
	    {GET UPGRADE KEY "\r\n", WEBSOCKET_REFUSAL_REQUEST, "Send Sec-WebSocket-Version: 13"},
	    {GET UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY "\r\n", WEBSOCKET_REFUSAL_VERSION,
	     "Send"},
	    {GET UPGRADE "Sec-WebSocket-Version: 13, 8\r\n" KEY "\r\n", WEBSOCKET_REFUSAL_VERSION,
	     "Send"},
	    {GET UPGRADE VERSION "\r\n", WEBSOCKET_REFUSAL_REQUEST, "Send a Sec-WebSocket-Key"},
	    {GET UPGRADE VERSION "Sec-WebSocket-Key: \r\n\r\n", WEBSOCKET_REFUSAL_REQUEST,
	     "Send a"},
	    {GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Send a"},
	    {GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=\r\n\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Send a"},
	    {GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Send a"},
	    {GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q==\r\n\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Send a"},
	    {"POST /chat HTTP/1.1\r\nHost: a\r\n" UPGRADE VERSION KEY "\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Open a WebSocket here: GET"},
	    {"GET /chat HTTP/1.0\r\nHost: a\r\n" UPGRADE VERSION KEY "\r\n",
	     WEBSOCKET_REFUSAL_REQUEST, "Open a WebSocket here: GET"},
	    {GET UPGRADE VERSION KEY "Content-Length: 1\r\n\r\n", WEBSOCKET_REFUSAL_REQUEST,
	     "Open a WebSocket here: GET"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_parser *parser = parse(rows[i].request);
		const char *sentence;

		print_message("%s\n", rows[i].request);
		assert_int_equal(websocket_handshake_check(http_parser_request(parser), &sentence),
				 rows[i].refusal);
		if (rows[i].refusal != WEBSOCKET_REFUSAL_NONE)
			assert_true(slice_starts_with(slice_from_string(sentence),
						      slice_from_string(rows[i].sentence)));
		http_parser_destroy(parser);
	}
}

/* The parser refuses what may come only once (4.3: no list). */
static void doubled_headers_are_refused(void **state)
{
	static const char *const requests[] = {GET UPGRADE VERSION KEY KEY "\r\n",
					       GET UPGRADE VERSION VERSION KEY "\r\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct http_parser *parser = http_parser_create(&limits);
		size_t consumed;

		assert_int_equal(
		    http_parser_feed(parser, slice_from_string(requests[i]), &consumed),
		    HTTP_FAILED);
		assert_string_equal(http_parser_problem(parser)->code, "duplicate_header");
		http_parser_destroy(parser);
	}
}

static void subprotocols_are_found(void **state)
{
	static const struct {
		const char *headers;
		bool any, offered;
	} rows[] = {
	    {"", false, false},
	    {"Sec-WebSocket-Protocol: allim.v1\r\n", true, true},
	    {"Sec-WebSocket-Protocol: chat , allim.v1\r\n", true, true},
	    {"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: allim.v1\r\n", true, true},
	    {"Sec-WebSocket-Protocol: allim.v2\r\n", true, false},
	    {"Sec-WebSocket-Protocol: Allim.v1, ALLIM.V1\r\n", true, false},
	    {"sec-websocket-protocol: Allim.v1, allim.v1\r\n", true, true},
	    {"Sec-WebSocket-Protocol:\r\n", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer request = BUFFER_EMPTY;
		struct http_parser *parser;
		bool any;

		buffer_append_format(&request, "%s%s\r\n%c", GET, rows[i].headers, '\0');
		parser = parse(request.data);
		assert_int_equal(websocket_handshake_offers(http_parser_request(parser),
							    SLICE("allim.v1"), &any),
				 rows[i].offered);
		assert_int_equal(any, rows[i].any);
		http_parser_destroy(parser);
		buffer_finish(&request);
	}
}

static void keys_are_accepted_as_in_the_standard(void **state)
{
	char accept[WEBSOCKET_ACCEPT_TEXT_BYTES];

	(void)state;
	websocket_handshake_accept(SLICE("dGhlIHNhbXBsZSBub25jZQ=="), accept);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_checked),
	    cmocka_unit_test(doubled_headers_are_refused),
	    cmocka_unit_test(subprotocols_are_found),
	    cmocka_unit_test(keys_are_accepted_as_in_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
