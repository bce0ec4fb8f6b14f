#include "base/slice.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

static void test_equality(void **state)
{
	(void)state;
	assert_true(slice_equals(SLICE("abc"), SLICE("abc")));
	assert_false(slice_equals(SLICE("abc"), SLICE("abd")));
	assert_false(slice_equals(SLICE("abc"), SLICE("ab")));
	assert_true(slice_equals(slice_from_string(NULL), SLICE("")));
	assert_true(slice_equals(slice_from_bytes(NULL, 0), SLICE("")));
	assert_true(slice_equals_ignoring_case(SLICE("Content-LENGTH"), SLICE("content-length")));
	assert_false(slice_equals_ignoring_case(SLICE("["), SLICE("{")));
	assert_false(slice_equals_ignoring_case(SLICE("\xC4"), SLICE("\xE4")));
}

static void test_starts_with(void **state)
{
	(void)state;
	assert_true(slice_starts_with(SLICE("Bearer x"), SLICE("Bearer ")));
	assert_true(slice_starts_with(SLICE("x"), SLICE("")));
	assert_true(slice_starts_with(slice_from_bytes(NULL, 0), SLICE("")));
	assert_false(slice_starts_with(SLICE("Bear"), SLICE("Bearer")));
}

static void test_split(void **state)
{
	struct slice rest = SLICE("a,,b");

	(void)state;
	assert_slice(slice_split(&rest, ','), "a");
	assert_slice(slice_split(&rest, ','), "");
	assert_slice(slice_split(&rest, ','), "b");
	assert_true(slice_is_empty(rest));
	assert_slice(slice_split(&rest, ','), "");
	rest = SLICE("a,");
	assert_slice(slice_split(&rest, ','), "a");
	assert_true(slice_is_empty(rest));
}

static void test_trim(void **state)
{
	(void)state;
	assert_slice(slice_trim(SLICE(" \t a b\t ")), "a b");
	assert_slice(slice_trim(SLICE(" \t ")), "");
	assert_slice(slice_trim(SLICE("\n")), "\n");
}

static void test_unsigned(void **state)
{
	static const struct slice bad[] = {
	    {"", 0},   {"-1", 2},  {"+1", 2},  {" 1", 2},
	    {"1 ", 2}, {"0x1", 3}, {"1\0", 2}, {"18446744073709551616", 20}};
	uint64_t number = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(slice_to_unsigned(bad[i], &number), -EINVAL);
		assert_true(number == 7);
	}
	assert_int_equal(slice_to_unsigned(SLICE("18446744073709551615"), &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(slice_to_unsigned(SLICE("007"), &number), 0);
	assert_true(number == 7);
}

static void test_integer(void **state)
{
	int64_t number = 7;

	(void)state;
	assert_int_equal(slice_to_integer(SLICE("-9223372036854775808"), &number), 0);
	assert_true(number == INT64_MIN);
	assert_int_equal(slice_to_integer(SLICE("9223372036854775807"), &number), 0);
	assert_true(number == INT64_MAX);
	assert_int_equal(slice_to_integer(SLICE("9223372036854775808"), &number), -EINVAL);
	assert_int_equal(slice_to_integer(SLICE("-9223372036854775809"), &number), -EINVAL);
	assert_int_equal(slice_to_integer(SLICE("-"), &number), -EINVAL);
	assert_int_equal(slice_to_integer(SLICE("--1"), &number), -EINVAL);
	assert_true(number == INT64_MAX);
}

/* The borders of each row of the table in RFC 3629, 4. */
static void test_utf8(void **state)
{
	static const char *const good[] = {
	    "",
	    "abc",
	    "\x7F",
	    "\xC2\x80",
	    "\xDF\xBF",
	    "\xE0\xA0\x80",
	    "\xED\x9F\xBF",
	    "\xEE\x80\x80",
	    "\xEF\xBF\xBF",
	    "\xEC\x95\x8C",
	    "\xE1\x80\x80",
	    "\xEF\xBB\xBF",
	    "\xF0\x90\x80\x80",
	    "\xF3\xBF\xBF\xBF",
	    "\xF4\x8F\xBF\xBF",
	};
	static const char *const bad[] = {
	    "\x80",
	    "\xBF",
	    "\xC0\x80",
	    "\xC1\xBF",
	    "\xC2",
	    "\xC2\x41",
	    "\xC2\xC0",
	    "\xE0\x9F\xBF",
	    "\xED\xA0\x80",
	    "\xE1\x80",
	    "\xE1\x80\xC0",
	    "\xF0\x8F\xBF\xBF",
	    "\xF4\x90\x80\x80",
	    "\xF5\x80\x80\x80",
	    "\xF1\x80\x80",
	    "\xFE",
	    "\xFF",
	    "ok\xC3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(slice_is_utf8(slice_from_string(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(slice_is_utf8(slice_from_string(bad[i])));
}

static void test_control(void **state)
{
	static const char *const with[] = {"\n",
					   "a\t",
					   "\x1F"
					   "b",
					   "\x7F",
					   "\xC2\x80",
					   "a\xC2\x9F",
					   "\xC3\xA9\xC2\x85"};
	static const char *const without[] = {"", " ", "~", "\xC2\xA0", "\xC3\x80", "\xEA\xB0\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		assert_true(slice_has_control(slice_from_string(with[i])));
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		assert_false(slice_has_control(slice_from_string(without[i])));
	assert_true(slice_has_control(slice_from_bytes("", 1)));
	assert_false(slice_has_control(slice_from_bytes("\xC2\x85", 1)));
}

static void test_hexadecimal(void **state)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	(void)state;
	for (int i = 0; i < 32; i++)
		assert_int_equal(slice_hexadecimal(digits[i]), i % 16);
	for (const char *other = "/:@G`g \xC3"; *other != '\0'; other++)
		assert_int_equal(slice_hexadecimal(*other), -1);
	assert_int_equal(slice_hexadecimal('\0'), -1);
}

static void test_drop_malformed(void **state)
{
	char text[] = "a\xEA\xB0\x80 \xEA\xB0|\xFF\xC3\xA9\xC3";
	size_t length = slice_drop_malformed(text, sizeof(text) - 1);

	(void)state;
	assert_slice(slice_from_bytes(text, length), "a\xEA\xB0\x80 |\xC3\xA9");
	assert_int_equal(slice_drop_malformed(text, 0), 0);
}

static void test_to_string(void **state)
{
	char *string = slice_to_string(slice_from_bytes("abcdef", 3));

	(void)state;
	assert_string_equal(string, "abc");
	free(string);
	string = slice_to_string(slice_from_bytes(NULL, 0));
	assert_string_equal(string, "");
	free(string);
	failing_allocator_fail_at(1);
	assert_null(slice_to_string(SLICE("abc")));
	assert_true(failing_allocator_reset());
}

static void test_has_only(void **state)
{
	(void)state;
	assert_true(slice_has_only(SLICE("azAZ09"), ""));
	assert_true(slice_has_only(SLICE("a.b-c"), "-."));
	assert_true(slice_has_only(SLICE(""), ""));
	assert_false(slice_has_only(SLICE("a.b"), ""));
	assert_false(slice_has_only(SLICE("a\0"), "."));
	assert_false(slice_has_only(SLICE("\xC3\xA9"), "."));
	assert_false(slice_has_only(SLICE("a@"), "`["));
	assert_false(slice_has_only(SLICE("/:{"), "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equality),	cmocka_unit_test(test_starts_with),
	    cmocka_unit_test(test_split),	cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_unsigned),	cmocka_unit_test(test_integer),
	    cmocka_unit_test(test_utf8),	cmocka_unit_test(test_control),
	    cmocka_unit_test(test_hexadecimal), cmocka_unit_test(test_drop_malformed),
	    cmocka_unit_test(test_to_string),	cmocka_unit_test(test_has_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
