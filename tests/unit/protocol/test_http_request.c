#include "protocol/http_request.h"

#include "lib/assertions.h"

#include <errno.h>

#define HEADER(name, value)                      \
	{                                        \
		{name, sizeof(name) - 1},        \
		{                                \
			value, sizeof(value) - 1 \
		}                                \
	}

static const struct http_header headers[] = {
    HEADER("Host", "a"),
    HEADER("Cookie", "allim_token=abc; theme=\"dark\"; empty=; allim_token2=x"),
    HEADER("Accept", "text/html, Text/Event-Stream"),
    HEADER("ACCEPT", "x"),
    HEADER("cookie", "twice=1; twice=1; differs=1;differs=2;   spaced=y  "),
};

static const struct http_request request = {
    .headers = headers,
    .header_count = sizeof(headers) / sizeof(headers[0]),
};

static void test_methods(void **state)
{
	(void)state;
	for (int method = 0; method < HTTP_METHOD_OTHER; method++) {
		const char *name = http_request_method_name((enum http_method)method);

		assert_int_equal(http_request_method(slice_from_string(name)), method);
	}
	assert_int_equal(http_request_method(SLICE("get")), HTTP_METHOD_OTHER);
	assert_int_equal(http_request_method(SLICE("")), HTTP_METHOD_OTHER);
	assert_string_equal(http_request_method_name(HTTP_METHOD_OTHER), "");
}

static void test_header(void **state)
{
	(void)state;
	assert_slice(*http_request_header(&request, SLICE("host")), "a");
	assert_slice(*http_request_header(&request, SLICE("accept")),
		     "text/html, Text/Event-Stream");
	assert_null(http_request_header(&request, SLICE("hos")));
	assert_null(http_request_header(&request, SLICE("origin")));
}

static void test_cookies(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		int result;
	} rows[] = {
	    {"allim_token", "abc", 0}, {"theme", "dark", 0},
	    {"empty", "", 0},	       {"allim_token2", "x", 0},
	    {"twice", "1", 0},	       {"spaced", "y", 0},
	    {"none", "-", -ENOENT},    {"Allim_token", "-", -ENOENT},
	    {"differs", "-", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice value = SLICE("-");

		assert_int_equal(
		    http_request_cookie(&request, slice_from_string(rows[i].name), &value),
		    rows[i].result);
		assert_slice(value, rows[i].value);
	}
}

static void test_single_bits(void **state)
{
	static const char *const names[] = {
	    "Host",   "Authorization",	   "Content-Length",	    "content-type",
	    "Expect", "Idempotency-Key",   "If-None-Match",	    "Last-Event-ID",
	    "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Transfer-Encoding"};
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned bit = http_request_single_bit(slice_from_string(names[i]));

		assert_int_not_equal(bit, 0);
		assert_int_equal(bit & seen, 0);
		seen |= bit;
	}
	assert_int_equal(http_request_single_bit(SLICE("Accept")), 0);
	assert_int_equal(http_request_single_bit(SLICE("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_methods),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_single_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
