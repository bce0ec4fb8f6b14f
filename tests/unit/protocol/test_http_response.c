#include "protocol/http_response.h"

#include "lib/assertions.h"

#include <errno.h>

static void test_whole_response(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	http_response_begin(&buffer, 200);
	assert_int_equal(http_response_header(&buffer, "ETag", SLICE("\"a\"")), 0);
	http_response_header_integer(&buffer, "Retry-After", 5);
	http_response_body(&buffer, SLICE("{}"));
	assert_buffer(buffer, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nRetry-After: 5\r\n"
			      "Content-Length: 2\r\n\r\n{}");
	buffer_clear(&buffer);
	http_response_begin(&buffer, 304);
	http_response_end(&buffer);
	assert_buffer(buffer, "HTTP/1.1 304 Not Modified\r\n\r\n");
	buffer_clear(&buffer);
	http_response_begin(&buffer, 299);
	http_response_body_omitted(&buffer, 7);
	assert_buffer(buffer, "HTTP/1.1 299 Unknown\r\nContent-Length: 7\r\n\r\n");
	buffer_finish(&buffer);
}

static void test_reasons(void **state)
{
	(void)state;
	assert_string_equal(http_response_reason(431), "Request Header Fields Too Large");
	assert_string_equal(http_response_reason(507), "Insufficient Storage");
	assert_string_equal(http_response_reason(999), "Unknown");
}

static void test_values_cannot_end_the_line(void **state)
{
	static const struct slice bad[] = {{"a\r\nSet-Cookie: b", 16},
					   {"a\n", 2},
					   {"\r", 1},
					   {"a\0b", 3},
					   {"\x7F", 1},
					   {"\x1B[0m", 4}};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_response_header(&buffer, "X", bad[i]), -EINVAL);
	assert_int_equal(buffer.length, 0);
	assert_int_equal(http_response_header(&buffer, "X", SLICE("a\tb \xC3\xA4")), 0);
	buffer_finish(&buffer);
}

static void test_dates(void **state)
{
	char text[HTTP_RESPONSE_DATE_BYTES];

	(void)state;
	/* The example of RFC 9110, 5.6.7. */
	http_response_format_date(784111777000000, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_response_format_date(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_response_format_date(1798761599999999, text);
	assert_string_equal(text, "Thu, 31 Dec 2026 23:59:59 GMT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_response),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_values_cannot_end_the_line),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
