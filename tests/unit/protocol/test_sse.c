#include "protocol/sse.h"

#include "lib/assertions.h"

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
	    cmocka_unit_test(test_retry_and_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
