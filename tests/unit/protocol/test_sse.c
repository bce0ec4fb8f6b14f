#include "protocol/sse.h"

#include "lib/assertions.h"

#include <errno.h>

static void check(const struct sse_event *event, const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	assert_int_equal(sse_append_event(&buffer, event), 0);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void test_events(void **state)
{
	(void)state;
	check(&(struct sse_event){SLICE("count"), SLICE("a.1.2"), SLICE("{}")},
	      "event: count\nid: a.1.2\ndata: {}\n\n");
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("x")}, "data: x\n\n");
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("")}, "data: \n\n");
}

static void test_lines_of_data(void **state)
{
	(void)state;
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("a\nb\rc\r\nd")},
	      "data: a\ndata: b\ndata: c\ndata: d\n\n");
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("a\n")}, "data: a\ndata: \n\n");
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("\n\nid: x")},
	      "data: \ndata: \ndata: id: x\n\n");
	check(&(struct sse_event){SLICE(""), SLICE(""), SLICE("\r\r\n")},
	      "data: \ndata: \ndata: \n\n");
}

static void test_refusals(void **state)
{
	static const struct slice bad[] = {{"a\n", 2}, {"\rb", 2}, {"a\0b", 3}};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sse_event name = {bad[i], SLICE(""), SLICE("x")};
		struct sse_event id = {SLICE(""), bad[i], SLICE("x")};

		assert_int_equal(sse_append_event(&buffer, &name), -EINVAL);
		assert_int_equal(sse_append_event(&buffer, &id), -EINVAL);
	}
	assert_int_equal(
	    sse_append_event(&buffer, &(struct sse_event){SLICE("a"), SLICE("b"), bad[2]}),
	    -EINVAL);
	assert_buffer(buffer, "");
	buffer_finish(&buffer);
}

static void test_retry_and_comments(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	sse_append_retry(&buffer, 1500);
	sse_append_comment(&buffer, SLICE(""));
	sse_append_comment(&buffer, SLICE("a\r\ndata: b"));
	assert_buffer(buffer, "retry: 1500\n:\n: a\n: data: b\n");
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_lines_of_data),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_retry_and_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
