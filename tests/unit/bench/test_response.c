#include "bench/response.h"

#include "lib/assertions.h"

#include <errno.h>

static const char *const whole = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
				 "Content-Length: 9\r\n\r\n{\"id\":17}";

static void test_whole(void **state)
{
	struct response response;

	(void)state;
	assert_int_equal(response_read(slice_from_string(whole), &response), 0);
	assert_int_equal(response.status, 201);
	assert_slice(response.body, "{\"id\":17}");
	assert_slice(response_header(&response, "Content-Type"), "application/json");
	assert_slice(response_header(&response, "ETag"), "");
}

static void test_cut_anywhere(void **state)
{
	struct response response;

	(void)state;
	for (size_t length = 0; length < strlen(whole); length++)
		assert_int_equal(response_read(slice_from_bytes(whole, length), &response),
				 -EAGAIN);
}

static void test_more_behind(void **state)
{
	struct response response;

	(void)state;
	assert_int_equal(
	    response_read(SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP"), &response),
	    0);
	assert_slice(response.body, "ab");
}

static void test_without_body(void **state)
{
	struct response response;

	(void)state;
	assert_int_equal(
	    response_read(SLICE("HTTP/1.1 304 Not Modified\r\nETag: \"a.0.0\"\r\n\r\n"), &response),
	    0);
	assert_int_equal(response.status, 304);
	assert_slice(response_header(&response, "ETag"), "\"a.0.0\"");
	assert_int_equal(
	    response_read(SLICE("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), &response),
	    0);
	assert_slice(response.body, "");
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
	    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    "nonsense\r\n\r\n",
	};
	struct response response;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(response_read(slice_from_string(bad[i]), &response), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),	cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_more_behind), cmocka_unit_test(test_without_body),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
