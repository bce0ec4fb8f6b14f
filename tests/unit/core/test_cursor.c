/* The parser takes what the formatter writes, and nothing else. */
#include "core/cursor.h"
#include "lib/assertions.h"

#include <errno.h>

static void assert_round_trip(uint64_t epoch, int64_t seq, int64_t broadcast_seq, const char *text)
{
	struct cursor cursor = {epoch, seq, broadcast_seq};
	struct cursor parsed = {0, 0, 0};
	char formatted[CURSOR_TEXT_BYTES];

	assert_int_equal(cursor_format(&cursor, formatted), strlen(text));
	assert_string_equal(formatted, text);
	assert_int_equal(cursor_parse(slice_from_string(text), &parsed), 0);
	assert_true(cursor_equals(&cursor, &parsed));
}

static void test_round_trips(void **state)
{
	(void)state;
	assert_round_trip(0, 0, 0, "0000000000000000.0.0");
	assert_round_trip(0x0123456789abcdef, 17, 5, "0123456789abcdef.17.5");
	assert_round_trip(UINT64_MAX, INT64_MAX, INT64_MAX,
			  "ffffffffffffffff.9223372036854775807.9223372036854775807");
}

static void test_everything_else_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    ".",
	    "..",
	    "0123456789abcdef",
	    "0123456789abcdef.1",
	    "0123456789abcdef.1.",
	    "0123456789abcdef..1",
	    "0123456789abcdef.1.2.3",
	    "0123456789abcdef.1.2 ",
	    " 0123456789abcdef.1.2",
	    "0123456789ABCDEF.1.2",
	    "123456789abcdef.1.2",
	    "00123456789abcdef.1.2",
	    "0123456789abcdeg.1.2",
	    "0123456789abcdef.01.2",
	    "0123456789abcdef.1.02",
	    "0123456789abcdef.-1.2",
	    "0123456789abcdef.-0.2",
	    "0123456789abcdef.+1.2",
	    "0123456789abcdef.1.0x2",
	    "0123456789abcdef.9223372036854775808.0",
	    "0123456789abcdef.0.99999999999999999999",
	};
	struct cursor untouched = {1, 2, 3};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (cursor_parse(slice_from_string(texts[i]), &untouched) != -EINVAL)
			fail_msg("\"%s\" was accepted", texts[i]);
	}
	assert_int_equal(cursor_parse(slice_from_bytes("0123456789abcdef.1.2\0", 21), &untouched),
			 -EINVAL);
	assert_true(untouched.epoch == 1 && untouched.seq == 2 && untouched.broadcast_seq == 3);
}

static void test_equality(void **state)
{
	struct cursor a = {1, 2, 3}, b = {1, 2, 4}, c = {1, 3, 3}, d = {2, 2, 3};

	(void)state;
	assert_true(cursor_equals(&a, &a));
	assert_false(cursor_equals(&a, &b));
	assert_false(cursor_equals(&a, &c));
	assert_false(cursor_equals(&a, &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_everything_else_is_refused),
	    cmocka_unit_test(test_equality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
