#include "config/nearest.h"

#include "lib/assertions.h"

static size_t distance(const char *a, const char *b)
{
	return nearest_distance(slice_from_string(a), slice_from_string(b));
}

static void counts_edits(void **state)
{
	(void)state;
	assert_int_equal(distance("", ""), 0);
	assert_int_equal(distance("listen", "listen"), 0);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("abc", ""), 3);
	assert_int_equal(distance("lisen", "listen"), 1);
	assert_int_equal(distance("listten", "listen"), 1);
	assert_int_equal(distance("lixten", "listen"), 1);
	assert_int_equal(distance("kitten", "sitting"), 3);
}

static void counts_a_swap_as_one(void **state)
{
	(void)state;
	assert_int_equal(distance("htpt", "http"), 1);
	assert_int_equal(distance("lisetn", "listen"), 1);
	assert_int_equal(distance("ab", "ba"), 1);
}

static void looks_at_the_first_bytes_only(void **state)
{
	char text[3 * NEAREST_LONGEST];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(nearest_distance(slice_from_bytes(text, sizeof(text)),
					  slice_from_bytes(text, NEAREST_LONGEST)),
			 0);
	assert_int_equal(nearest_distance(slice_from_bytes(text, sizeof(text)), SLICE("")),
			 NEAREST_LONGEST);
}

static void finds_the_nearest_name(void **state)
{
	static const char *const names[] = {"serve", "publish", "subscribe", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	assert_string_equal(nearest_name(SLICE("serv"), names), "serve");
	assert_string_equal(nearest_name(SLICE("sucsribe"), names), "subscribe");
	assert_null(nearest_name(SLICE("serve"), none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_edits),
	    cmocka_unit_test(counts_a_swap_as_one),
	    cmocka_unit_test(looks_at_the_first_bytes_only),
	    cmocka_unit_test(finds_the_nearest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
