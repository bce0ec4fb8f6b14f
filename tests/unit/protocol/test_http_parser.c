#include "protocol/http_parser.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/http_summary.h"

#include <stdlib.h>

static const struct http_limits limits = {
    .head_bytes = 400, .target_bytes = 100, .header_count = 8, .body_bytes = 40};

struct row {
	const char *input;
	const char *summary;
};

static struct http_parser *create(void)
{
	struct http_parser *parser = http_parser_create(&limits);

	assert_non_null(parser);
	return parser;
}

static void assert_summary(struct http_parser *parser, struct slice input, size_t first,
			   size_t piece, const char *expected)
{
	struct buffer summary = BUFFER_EMPTY;

	http_parser_reset(parser, &limits);
	http_summary_append(&summary, parser, input, first, piece);
	assert_buffer(summary, expected);
	buffer_finish(&summary);
}

/* Each row whole, byte by byte, and cut in two at every place. */
static void check_rows(const struct row *rows, size_t count)
{
	struct http_parser *parser = create();

	for (size_t i = 0; i < count; i++) {
		struct slice input = slice_from_string(rows[i].input);

		assert_summary(parser, input, input.length, 1, rows[i].summary);
		for (size_t cut = 1; cut < input.length; cut++)
			assert_summary(parser, input, cut, input.length, rows[i].summary);
		assert_summary(parser, input, 1, 1, rows[i].summary);
	}
	http_parser_destroy(parser);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_requests(void **state)
{
	static const struct row rows[] = {
	    {"GET /v1/inbox?after=1&b HTTP/1.1\r\nHost: a:80\r\nX:  y z \t\r\nE:\r\n\r\n",
	     "GET /v1/inbox?after=1&b [Host=a:80] [X=y z] [E=] () keep-alive +0"},
	    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / [Host=a] () keep-alive +0"},
	    {"GET / HTTP/1.0\r\n\r\n", "GET / () 1.0 close +0"},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	     "GET / [Connection=keep-alive] () 1.0 keep-alive +0"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
	     "GET / [Host=a] [Connection=x, Close] () close +0"},
	    {"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", "PROPFIND / [Host=a] () keep-alive +0"},
	    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * [Host=a] () keep-alive +0"},
	    {"GET http://b:1/c?d HTTP/1.1\r\nHost: a\r\n\r\n",
	     "GET /c?d [Host=a] () keep-alive +0"},
	    {"GET https://b/c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c [Host=a] () keep-alive +0"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	     "GET / [Host=a] [Connection=Upgrade] [Upgrade=websocket] () keep-alive +0"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nX: \xEC\x95\x8C\r\n\r\n",
	     "GET / [Host=a] [X=\xEC\x95\x8C] () keep-alive +0"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nAccept: c\r\n\r\n",
	     "GET / [Host=a] [Accept=b] [Accept=c] () keep-alive +0"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_bodies(void **state)
{
	static const struct row rows[] = {
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
	     "POST / [Host=a] [Content-Length=5] (hello) keep-alive +0"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t 5\t \r\n\r\nhello",
	     "POST / [Host=a] [Content-Length=5] (hello) keep-alive +0"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\r\n",
	     "POST / [Host=a] [Content-Length=5] (hello) keep-alive +2"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell", "more"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
	     "GET / [Host=a] [Content-Length=1] (x) keep-alive +0"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	     "POST / [Host=a] [Content-Length=0] () keep-alive +0"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\nab",
	     "POST / [Host=a] [Content-Length=2] [Expect=100-Continue] (ab) continue keep-alive "
	     "+0"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
	     "POST / [Host=a] [Content-Length=0] [Expect=100-continue] () keep-alive +0"},
	    {"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab",
	     "POST / [Content-Length=2] [Expect=100-continue] (ab) 1.0 close +0"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

#define CHUNKED	  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_H "POST / [Host=a] [Transfer-Encoding=chunked] "

static void test_chunks(void **state)
{
	static const struct row rows[] = {
	    {CHUNKED "5\r\nhello\r\n0\r\n\r\n", CHUNKED_H "(hello) keep-alive +0"},
	    {CHUNKED "5\r\nhello\r\n0B\r\n beautiful \r\n005\r\nworld\r\n000\r\n\r\nGET",
	     CHUNKED_H "(hello beautiful world) keep-alive +3"},
	    {CHUNKED "0\r\n\r\n", CHUNKED_H "() keep-alive +0"},
	    {"POST / HTTP/1.1\r\nHost: a\t\r\nTransfer-Encoding:\t chunked \t\r\nX:\t\r\n\r\n"
	     "5\r\nhello\r\n0\r\n\r\n",
	     CHUNKED_H "[X=] (hello) keep-alive +0"},
	    {CHUNKED "1\r\nx\r\n0\r\nDigest: abc\r\nX:\r\n\r\n", CHUNKED_H "(x) keep-alive +0"},
	    {CHUNKED "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n",
	     CHUNKED_H "(hello) keep-alive +0"},
	    {CHUNKED "00000000000000005\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\r\nhello\r\n00000000000000000\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "0000000000000000000", "400 bad_chunk"},
	    {CHUNKED "5\r\nhello\r\n0\r\n", "more"},
	    {CHUNKED "5;x=y\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5;x\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5 \r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED " 5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "-5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\r\rhello\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\r\nhello\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\r\nhello!\r\n0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "5\r\nhello0\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "\r\nhello\r\n", "400 bad_chunk"},
	    {CHUNKED "0;x\r\n\r\n", "400 bad_chunk"},
	    {CHUNKED "0\n\r\n", "400 bad_chunk"},
	    {CHUNKED "0\r\n\n", "400 bare_lf"},
	    {CHUNKED "0\r\n X: y\r\n\r\n", "400 leading_blank"},
	    {CHUNKED "0\r\nX : y\r\n\r\n", "400 bad_header_name"},
	    {CHUNKED "29\r\n", "413 body_too_large"},
	    {CHUNKED "28\r\n0123456789012345678901234567890123456789\r\n1\r\n",
	     "413 body_too_large"},
	    {CHUNKED "ffffffffffffffff\r\n", "413 body_too_large"},
	    {CHUNKED "fffffffffffffffff\r\n", "400 bad_chunk"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

/* What one parser forgives and another reads differently smuggles a request past one of them. */
static void test_smuggling(void **state)
{
	static const struct row rows[] = {
	    {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	     "400 two_lengths"},
	    {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
	     "400 two_lengths"},
	    {POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400 duplicate_header"},
	    {POST "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello", "400 duplicate_header"},
	    {POST "Content-Length: 5, 5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length: +5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length: -5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length: 0x5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length: 5 5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length: 5\t5\r\n\r\nhello", "400 bad_content_length"},
	    {POST "Content-Length:\r\n\r\n", "400 bad_content_length"},
	    {POST "Content-Length:\t\r\n\r\n", "400 bad_content_length"},
	    {POST "Content-Length: 18446744073709551616\r\n\r\n", "400 bad_content_length"},
	    {POST "Content-Length: 18446744073709551615\r\n\r\n", "413 body_too_large"},
	    {POST "Content-Length: 41\r\n\r\n", "413 body_too_large"},
	    {POST "Content-Length : 5\r\n\r\nhello", "400 bad_header_name"},
	    {POST " Content-Length: 5\r\n\r\nhello", "400 leading_blank"},
	    {POST "X: a\r\n\tb\r\n\r\n", "400 leading_blank"},
	    {POST "X: a\rContent-Length: 5\r\n\r\n", "400 bare_cr"},
	    {POST "X: a\nContent-Length: 5\r\n\r\n", "400 bare_lf"},
	    {POST "\rX: a\r\n\r\n", "400 bare_cr"},
	    {POST "Transfer-Encoding: identity\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: chunked, identity\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: xchunked\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: chunked\tx\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: chunked\t, identity\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding:\tchunked\t\r\nContent-Length: 5\r\n\r\n", "400 two_lengths"},
	    {POST "Transfer-Encoding: \"chunked\"\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding:\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
	     "400 duplicate_header"},
	    {POST "Transfer-Encoding\t: chunked\r\n\r\n", "400 bad_header_name"},
	    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 bad_transfer_encoding"},
	    {POST "Host: b\r\n\r\n", "400 duplicate_header"},
	    {GET "X: y\r\n\r\n", "400 no_host"},
	    {GET "Host: a b\r\n\r\n", "400 bad_host"},
	    {GET "Host: a/b\r\n\r\n", "400 bad_host"},
	    {GET "Host: a@b\r\n\r\n", "400 bad_host"},
	    {"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
	    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
	    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
	    {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
	    {"GET /\xC3\xA4 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
	    {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501 connect_method"},
	    {"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "501 unknown_method"},
	    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "501 unknown_method"},
	    {"GETX / HTTP/1.1\r\nHost: a\r\n\r\n", "501 unknown_method"},
	    {"DESCRIBE / HTTP/1.1\r\nHost: a\r\n\r\n", "501 unknown_method"},
	    {"PRI / HTTP/1.1\r\n\r\nSM\r\n\r\n", "400 bad_request"},
	    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 bad_version"},
	    {"GET /\r\n\r\n", "400 bad_request_line"},
	    {POST "Expect: 200-ok\r\n\r\n", "417 bad_expectation"},
	    {POST "Authorization: a\r\nAuthorization: b\r\n\r\n", "400 duplicate_header"},
	    {POST "Origin: a\r\norigin: a\r\n\r\n", "400 duplicate_header"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Fills in text up to a head of exactly `length` bytes. */
static struct slice pad(char *text, size_t length, const char *start, const char *end)
{
	size_t start_length = strlen(start), end_length = strlen(end);

	memset(text, 'x', length);
	memcpy(text, start, start_length);
	memcpy(text + length - end_length, end, end_length);
	return slice_from_bytes(text, length);
}

static void check_limit(size_t length, const char *start, const char *end, const char *code)
{
	struct http_parser *parser = create();
	struct buffer summary = BUFFER_EMPTY;
	char text[1000];
	struct slice input = pad(text, length, start, end);

	http_summary_append(&summary, parser, input, length, 1);
	assert_true(slice_starts_with(buffer_slice(&summary), slice_from_string(code)));
	http_parser_reset(parser, &limits);
	buffer_clear(&summary);
	http_summary_append(&summary, parser, input, 1, 1);
	assert_true(slice_starts_with(buffer_slice(&summary), slice_from_string(code)));
	buffer_finish(&summary);
	http_parser_destroy(parser);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit(400, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n", "GET / ");
	check_limit(401, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n", "431 head_too_large");
	check_limit(900, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "", "431 head_too_large");
	check_limit(900, "GET /", "", "414 target_too_long");
	check_limit(4 + 100 + 22, "GET /", " HTTP/1.1\r\nHost: a\r\n\r\n", "GET /xxx");
	check_limit(4 + 101 + 22, "GET /", " HTTP/1.1\r\nHost: a\r\n\r\n", "414 target_too_long");
	check_limit(sizeof(CHUNKED "0\r\n") + 399, CHUNKED "0\r\nX: ", "\r\n\r\n", "POST / ");
	check_limit(sizeof(CHUNKED "0\r\n") + 400, CHUNKED "0\r\nX: ", "\r\n\r\n",
		    "431 head_too_large");
}

static void test_header_count(void **state)
{
	static const struct row rows[] = {
	    {GET "Host: a\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\n\r\n",
	     "GET / [Host=a] [A=] [B=] [C=] [D=] [E=] [F=] [G=] () keep-alive +0"},
	    {GET "Host: a\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\n\r\n",
	     "431 too_many_headers"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_pipelining(void **state)
{
	struct http_parser *parser = create();
	struct slice input =
	    SLICE("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
		  "Content-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
	const char *const paths[] = {"/1", "/2", "/3"};
	size_t consumed;

	(void)state;
	for (int i = 0; i < 3; i++) {
		const struct http_request *request = http_parser_request(parser);

		assert_int_equal(http_parser_feed(parser, input, &consumed), HTTP_HEAD_COMPLETE);
		assert_slice(request->path, paths[i]);
		assert_slice(request->host, "a");
		input = slice_from_bytes(input.data + consumed, input.length - consumed);
		assert_int_equal(http_parser_feed(parser, input, &consumed), HTTP_COMPLETE);
		assert_slice(request->body, i == 1 ? "abc" : "");
		input = slice_from_bytes(input.data + consumed, input.length - consumed);
		assert_int_equal(http_parser_feed(parser, input, &consumed), HTTP_COMPLETE);
		assert_int_equal(consumed, 0);
		http_parser_reset(parser, &limits);
	}
	assert_int_equal(input.length, 0);
	http_parser_destroy(parser);
}

/* The head is told before the body comes, with or without more input. */
static void test_head_before_body(void **state)
{
	struct http_parser *parser = create();
	struct slice head = SLICE(POST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	size_t consumed;

	(void)state;
	assert_int_equal(http_parser_feed(parser, head, &consumed), HTTP_HEAD_COMPLETE);
	assert_int_equal(consumed, head.length);
	assert_true(http_parser_request(parser)->expects_continue);
	assert_true(http_parser_request(parser)->has_body);
	assert_true(http_parser_request(parser)->content_length == 2);
	assert_int_equal(http_parser_feed(parser, SLICE(""), &consumed), HTTP_NEED_MORE);
	assert_int_equal(http_parser_feed(parser, SLICE("ab"), &consumed), HTTP_COMPLETE);
	http_parser_destroy(parser);
}

/* Who knows what the request is for may allow less. */
static void test_a_lower_limit_for_one_body(void **state)
{
	static const struct {
		const char *head, *body;
		bool fits;
	} requests[] = {
	    {POST "Content-Length: 3\r\n\r\n", "abc", true},
	    {POST "Content-Length: 4\r\n\r\n", "abcd", false},
	    {CHUNKED, "3\r\nabc\r\n0\r\n\r\n", true},
	    {CHUNKED, "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", false},
	};
	struct http_parser *parser = create();

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t consumed;

		http_parser_reset(parser, &limits);
		assert_int_equal(
		    http_parser_feed(parser, slice_from_string(requests[i].head), &consumed),
		    HTTP_HEAD_COMPLETE);
		assert_int_equal(http_parser_limit_body(parser, 3), i != 1);
		assert_int_equal(
		    http_parser_feed(parser, slice_from_string(requests[i].body), &consumed),
		    requests[i].fits ? HTTP_COMPLETE : HTTP_FAILED);
		if (!requests[i].fits)
			assert_string_equal(http_parser_problem(parser)->code, "body_too_large");
	}
	http_parser_destroy(parser);
}

/* What was known before the problem can still be asked for, and nothing goes on after it. */
static void test_failure_is_final(void **state)
{
	struct http_parser *parser = create();
	size_t consumed;

	(void)state;
	assert_int_equal(http_parser_feed(parser,
					  SLICE(POST "Origin: o\r\nContent-Length: 99\r\n\r\n"),
					  &consumed),
			 HTTP_FAILED);
	assert_string_equal(http_parser_problem(parser)->code, "body_too_large");
	assert_slice(http_parser_request(parser)->path, "/");
	assert_slice(*http_request_header(http_parser_request(parser), SLICE("origin")), "o");
	assert_int_equal(http_parser_feed(parser, SLICE(GET), &consumed), HTTP_FAILED);
	assert_int_equal(consumed, 0);
	http_parser_reset(parser, &limits);
	assert_null(http_parser_problem(parser));
	assert_int_equal(http_parser_feed(parser, SLICE(GET "Host: a\r\n\r\n"), &consumed),
			 HTTP_HEAD_COMPLETE);
	http_parser_destroy(parser);
}

/* Both schemes are taken, so both are named. */
static void test_other_schemes(void **state)
{
	struct http_parser *parser = create();
	size_t consumed;

	(void)state;
	assert_int_equal(
	    http_parser_feed(parser, SLICE("GET ftp://b/c HTTP/1.1\r\nHost: a\r\n\r\n"), &consumed),
	    HTTP_FAILED);
	assert_string_equal(http_parser_problem(parser)->code, "bad_target");
	assert_non_null(strstr(http_parser_problem(parser)->detail, " an http or https URL"));
	http_parser_destroy(parser);
}

static void test_empty_lines(void **state)
{
	struct http_parser *parser = create();
	size_t consumed;

	(void)state;
	assert_int_equal(http_parser_feed(parser, SLICE("\r\n\r\n"), &consumed), HTTP_NEED_MORE);
	assert_int_equal(http_parser_feed(parser, SLICE("\r"), &consumed), HTTP_NEED_MORE);
	for (int i = 0; i < 400; i++)
		http_parser_feed(parser, SLICE("\n\r"), &consumed);
	assert_string_equal(http_parser_problem(parser)->code, "bad_request_line");
	http_parser_destroy(parser);
}

static void test_memory_is_kept_and_given_back(void **state)
{
	const struct http_limits large = {100000, 1000, 10000, 1000000};
	struct http_parser *parser = http_parser_create(&large);
	struct slice request = SLICE(POST "Content-Length: 100000\r\n\r\n");
	char *body = calloc(1, 100000);
	size_t consumed, warm;

	(void)state;
	http_parser_feed(parser, SLICE(GET "Host: a\r\n\r\n"), &consumed);
	warm = http_parser_memory(parser);
	failing_allocator_fail_at(1);
	for (int i = 0; i < 3; i++) {
		http_parser_reset(parser, &large);
		assert_int_equal(http_parser_feed(parser, SLICE(GET "Host: a\r\n\r\n"), &consumed),
				 HTTP_HEAD_COMPLETE);
	}
	assert_false(failing_allocator_reset());
	http_parser_reset(parser, &large);
	http_parser_feed(parser, request, &consumed);
	assert_int_equal(http_parser_feed(parser, slice_from_bytes(body, 100000), &consumed),
			 HTTP_COMPLETE);
	assert_true(http_parser_memory(parser) >= 100000);
	http_parser_reset(parser, &large);
	assert_true(http_parser_memory(parser) <= warm);
	free(body);
	http_parser_destroy(parser);
}

static void test_every_allocation(void **state)
{
	static const struct http_limits many = {10000, 100, 100, 10000};
	struct buffer input = BUFFER_EMPTY;
	unsigned n = 1;

	(void)state;
	buffer_append_string(&input, POST);
	for (int i = 0; i < 40; i++)
		buffer_append_format(&input, "X-%d: some value\r\n", i);
	buffer_append_string(&input, "Transfer-Encoding: chunked\r\n\r\n3e8\r\n");
	for (int i = 0; i < 1000; i++)
		buffer_append_byte(&input, 'x');
	buffer_append_string(&input, "\r\n0\r\n\r\n");
	for (bool failed = true; failed; n++) {
		struct http_parser *parser;

		failing_allocator_fail_at(n);
		parser = http_parser_create(&many);
		if (parser != NULL) {
			size_t consumed, offset = 0;
			enum http_progress progress;

			do {
				progress = http_parser_feed(
				    parser,
				    slice_from_bytes(input.data + offset, input.length - offset),
				    &consumed);
				offset += consumed;
			} while (progress == HTTP_HEAD_COMPLETE);
			failed = failing_allocator_reset();
			assert_int_equal(progress, failed ? HTTP_FAILED : HTTP_COMPLETE);
			if (failed)
				assert_int_equal(http_parser_problem(parser)->status, 503);
		} else {
			assert_true(failing_allocator_reset());
		}
		http_parser_destroy(parser);
	}
	assert_true(n > 6);
	buffer_finish(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_chunks),
	    cmocka_unit_test(test_smuggling),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_header_count),
	    cmocka_unit_test(test_pipelining),
	    cmocka_unit_test(test_head_before_body),
	    cmocka_unit_test(test_a_lower_limit_for_one_body),
	    cmocka_unit_test(test_failure_is_final),
	    cmocka_unit_test(test_other_schemes),
	    cmocka_unit_test(test_empty_lines),
	    cmocka_unit_test(test_memory_is_kept_and_given_back),
	    cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
