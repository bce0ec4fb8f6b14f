/* What is checked of a head by itself; the parser's own tests send it through whole requests. */
#include "protocol/http_head.h"

#include "lib/assertions.h"

#include <errno.h>

static const struct http_limits limits = {1000, 20, 10, 50};

static struct http_request get(const char *target, const struct http_header *headers, size_t count)
{
	return (struct http_request){
	    .method = HTTP_METHOD_GET,
	    .method_name = SLICE("GET"),
	    .target = slice_from_string(target),
	    .headers = headers,
	    .header_count = count,
	};
}

static void test_parts(void **state)
{
	static const struct http_header headers[] = {{{"HOST", 4}, {"a:1", 3}},
						     {{"Content-length", 14}, {"50", 2}}};
	struct http_request request = get("/b?c", headers, 2);
	enum http_problem_kind kind;

	(void)state;
	assert_int_equal(http_head_check(&request, &limits, &kind), 0);
	assert_slice(request.host, "a:1");
	assert_slice(request.path, "/b");
	assert_slice(request.query, "c");
	assert_true(request.has_body && !request.chunked && request.content_length == 50);
}

static void test_absolute_target_wins_over_host(void **state)
{
	static const struct http_header headers[] = {{{"Host", 4}, {"a", 1}}};
	struct http_request request = get("https://b:2?c", headers, 1);
	enum http_problem_kind kind;

	(void)state;
	assert_int_equal(http_head_check(&request, &limits, &kind), 0);
	assert_slice(request.host, "b:2");
	assert_slice(request.path, "/");
	assert_slice(request.query, "c");
}

static void test_parts_before_a_problem_are_set(void **state)
{
	static const struct http_header headers[] = {{{"Host", 4}, {"a", 1}},
						     {{"Content-Length", 14}, {"51", 2}}};
	struct http_request request = get("/b", headers, 2);
	enum http_problem_kind kind;

	(void)state;
	assert_int_equal(http_head_check(&request, &limits, &kind), -EBADMSG);
	assert_int_equal(kind, HTTP_PROBLEM_LARGE_BODY);
	assert_slice(request.path, "/b");
	assert_slice(request.host, "a");
}

static void test_version_matters(void **state)
{
	static const struct http_header headers[] = {{{"Expect", 6}, {"nonsense", 8}}};
	struct http_request request = get("/", headers, 1);
	enum http_problem_kind kind;

	(void)state;
	request.http_1_0 = true;
	assert_int_equal(http_head_check(&request, &limits, &kind), 0);
	request.http_1_0 = false;
	assert_int_equal(http_head_check(&request, &limits, &kind), -EBADMSG);
	assert_int_equal(kind, HTTP_PROBLEM_NO_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_absolute_target_wins_over_host),
	    cmocka_unit_test(test_parts_before_a_problem_are_set),
	    cmocka_unit_test(test_version_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
