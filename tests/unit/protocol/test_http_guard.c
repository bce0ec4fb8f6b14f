#include "protocol/http_guard.h"

#include "lib/assertions.h"

#include <errno.h>

/* Scans and returns where the section ended, or -1 with the problem. */
static long scan(struct http_guard *guard, struct slice input, enum http_problem_kind *ret_kind)
{
	size_t consumed = 0;

	if (http_guard_scan(guard, input, &consumed, ret_kind) < 0)
		return -1;
	return (long)consumed;
}

static void test_head_ends_at_the_empty_line(void **state)
{
	struct slice head = SLICE("\r\nGET / HTTP/1.1\r\nA: b\r\nC:\r\n\r\nGET");
	enum http_problem_kind kind;
	struct http_guard guard;

	(void)state;
	http_guard_init(&guard);
	assert_int_equal(scan(&guard, head, &kind), (long)head.length - 3);
	assert_int_equal(guard.state, HTTP_GUARD_DONE);
	http_guard_init(&guard);
	for (size_t i = 0; i < head.length - 3; i++) {
		assert_int_not_equal(guard.state, HTTP_GUARD_DONE);
		assert_int_equal(scan(&guard, slice_from_bytes(head.data + i, 1), &kind), 1);
	}
	assert_int_equal(guard.state, HTTP_GUARD_DONE);
	assert_int_equal(scan(&guard, SLICE("\x01"), &kind), 0);
}

static void test_trailers(void **state)
{
	enum http_problem_kind kind;
	struct http_guard guard;

	(void)state;
	http_guard_init_trailers(&guard);
	assert_int_equal(scan(&guard, SLICE("\r\nrest"), &kind), 2);
	assert_int_equal(guard.state, HTTP_GUARD_DONE);
	http_guard_init_trailers(&guard);
	assert_int_equal(scan(&guard, SLICE("A: b\r\n\r\nrest"), &kind), 8);
	http_guard_init_trailers(&guard);
	assert_int_equal(scan(&guard, SLICE("A b\r\n"), &kind), -1);
	assert_int_equal(kind, HTTP_PROBLEM_BAD_HEADER_NAME);
}

static void test_problems(void **state)
{
	static const struct {
		struct slice input;
		enum http_problem_kind kind;
	} rows[] = {
	    {{"\n", 1}, HTTP_PROBLEM_BARE_LF},
	    {{"\rG", 2}, HTTP_PROBLEM_BARE_CR},
	    {{" GET", 4}, HTTP_PROBLEM_LEADING_BLANK},
	    {{"\x16\x03\x01", 3}, HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {{"GET /\n", 6}, HTTP_PROBLEM_BARE_LF},
	    {{"GET /\rX", 7}, HTTP_PROBLEM_BARE_CR},
	    {{"GET /\0", 6}, HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {{"GET\t/", 5}, HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {{"GET /\xC3", 6}, HTTP_PROBLEM_BAD_TARGET},
	    {{"A\r\n B", 5}, HTTP_PROBLEM_LEADING_BLANK},
	    {{"A\r\n\tB", 5}, HTTP_PROBLEM_LEADING_BLANK},
	    {{"A\r\nB: c\r\n d", 11}, HTTP_PROBLEM_LEADING_BLANK},
	    {{"A\r\n:", 4}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB :", 6}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB\t:", 6}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB\r\n", 6}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB\n", 5}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB\0:", 6}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB(:", 6}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\n\xC3", 4}, HTTP_PROBLEM_BAD_HEADER_NAME},
	    {{"A\r\nB: \0", 7}, HTTP_PROBLEM_BAD_HEADER_VALUE},
	    {{"A\r\nB: \x7F", 7}, HTTP_PROBLEM_BAD_HEADER_VALUE},
	    {{"A\r\nB: \x0B", 7}, HTTP_PROBLEM_BAD_HEADER_VALUE},
	    {{"A\r\nB: c\n", 8}, HTTP_PROBLEM_BARE_LF},
	    {{"A\r\nB: c\rd", 9}, HTTP_PROBLEM_BARE_CR},
	    {{"A\r\n\n", 4}, HTTP_PROBLEM_BARE_LF},
	    {{"A\r\n\rB", 5}, HTTP_PROBLEM_BARE_CR},
	    {{"A\r\r", 3}, HTTP_PROBLEM_BARE_CR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum http_problem_kind kind = HTTP_PROBLEMS;
		struct http_guard guard;

		http_guard_init(&guard);
		assert_int_equal(scan(&guard, rows[i].input, &kind), -1);
		assert_int_equal(kind, rows[i].kind);
	}
}

/* Names are tokens and nothing else (RFC 9110, 5.6.2); values are all but control characters. */
static void test_every_byte(void **state)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char name[] = {'A', '\r', '\n', 'B', (char)byte, ':'};
		char value[] = {'A', '\r', '\n', 'B', ':', (char)byte, 'x'};
		bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
				    (byte >= 'A' && byte <= 'Z');
		enum http_problem_kind kind;
		struct http_guard guard;

		http_guard_init(&guard);
		assert_int_equal(scan(&guard, slice_from_bytes(name, sizeof(name)), &kind) > 0,
				 alphanumeric || byte == ':' || strchr(others, byte) != NULL);
		http_guard_init(&guard);
		assert_int_equal(scan(&guard, slice_from_bytes(value, sizeof(value)), &kind) > 0,
				 byte == '\t' || (byte >= 0x20 && byte != 0x7F));
	}
}

static void test_request_line(void **state)
{
	static const struct {
		const char *line;
		enum http_problem_kind kind;
	} bad[] = {
	    {"GET", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET /", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET  / HTTP/1.1", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET /  HTTP/1.1", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / HTTP/1.1 ", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / x HTTP/1.1", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"G(T / HTTP/1.1", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / http/1.1", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / HTTP/1.1x", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / HTTP/11", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"DESCRIBE / RTSP/1.0", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"SOURCE / ICE/1.0", HTTP_PROBLEM_BAD_REQUEST_LINE},
	    {"GET / HTTP/0.9", HTTP_PROBLEM_BAD_VERSION},
	    {"GET / HTTP/1.2", HTTP_PROBLEM_BAD_VERSION},
	    {"PRI * HTTP/2.0", HTTP_PROBLEM_BAD_VERSION},
	};
	struct slice method, target, version;
	enum http_problem_kind kind;

	(void)state;
	assert_int_equal(
	    http_guard_request_line(SLICE("GET /a?b HTTP/1.0"), &method, &target, &version, &kind),
	    0);
	assert_slice(method, "GET");
	assert_slice(target, "/a?b");
	assert_slice(version, "HTTP/1.0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(http_guard_request_line(slice_from_string(bad[i].line), &method,
							 &target, &version, &kind),
				 -EBADMSG);
		assert_int_equal(kind, bad[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_head_ends_at_the_empty_line),
	    cmocka_unit_test(test_trailers),
	    cmocka_unit_test(test_problems),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_request_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
