#include "base/buffer.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

static void test_append(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	assert_buffer(buffer, "");
	buffer_append(&buffer, SLICE("ab"));
	buffer_append(&buffer, slice_from_bytes(NULL, 0));
	buffer_append_string(&buffer, "cd");
	buffer_append_byte(&buffer, '-');
	buffer_append_format(&buffer, "%s/%03d", "x", 7);
	assert_buffer(buffer, "abcd-x/007");
	assert_false(buffer_failed(&buffer));
	buffer_finish(&buffer);
	assert_buffer(buffer, "");
}

static void test_integers(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} rows[] = {{0, "0"},
		    {9, "9"},
		    {-10, "-10"},
		    {INT64_MAX, "9223372036854775807"},
		    {INT64_MIN, "-9223372036854775808"}};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_clear(&buffer);
		buffer_append_integer(&buffer, rows[i].number);
		assert_buffer(buffer, rows[i].text);
	}
	buffer_finish(&buffer);
}

static void test_growth(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buffer_append_byte(&buffer, (char)('a' + i % 26));
	assert_int_equal(buffer.length, 10000);
	assert_true(buffer.capacity >= 10000 && buffer.capacity < 40000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buffer.data[i], 'a' + i % 26);
	assert_non_null(buffer_reserve(&buffer, 100000));
	assert_true(buffer.capacity >= 110000);
	buffer_finish(&buffer);
}

static void test_consume(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_append(&buffer, SLICE("abcdef"));
	buffer_consume(&buffer, 0);
	buffer_consume(&buffer, 2);
	assert_buffer(buffer, "cdef");
	buffer_consume(&buffer, 4);
	assert_buffer(buffer, "");
	buffer_finish(&buffer);
}

static void test_failure_sticks(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_append(&buffer, SLICE("kept"));
	assert_null(buffer_reserve(&buffer, SIZE_MAX));
	assert_true(buffer_failed(&buffer));
	buffer_append(&buffer, SLICE("ignored"));
	buffer_append_format(&buffer, "%d", 1);
	assert_buffer(buffer, "kept");
	buffer_clear(&buffer);
	assert_false(buffer_failed(&buffer));
	buffer_append(&buffer, SLICE("again"));
	assert_buffer(buffer, "again");
	buffer_finish(&buffer);
}

static void build(struct buffer *buffer)
{
	for (int i = 0; i < 2000; i++) {
		buffer_append_integer(buffer, i);
		buffer_append_format(buffer, "%d", i);
	}
}

static void test_every_allocation(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct buffer buffer = BUFFER_EMPTY;
		bool failed;

		failing_allocator_fail_at(n);
		build(&buffer);
		failed = buffer_failed(&buffer);
		buffer_finish(&buffer);
		assert_int_equal(failing_allocator_reset(), failed);
		if (!failed)
			break;
	}
	assert_true(n > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_append),	   cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_growth),	   cmocka_unit_test(test_consume),
	    cmocka_unit_test(test_failure_sticks), cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
