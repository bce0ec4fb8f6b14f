#include "base/error.h"

#include "lib/assertions.h"

#include <errno.h>

static void test_text_and_code(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(error_set(&error, -EINVAL, "no %s in line %d", "key", 3), -EINVAL);
	assert_string_equal(error.text, "no key in line 3");
}

static void test_long_text_is_cut(void **state)
{
	struct error error;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(error_set(&error, -EIO, "%s", text), -EIO);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

static void test_half_a_character_is_dropped(void **state)
{
	struct error error;

	(void)state;
	error_set(&error, -EINVAL, "\"%.4s\" is none", "\xEA\xB0\x80\xEA\xB0\x80");
	assert_string_equal(error.text, "\"\xEA\xB0\x80\" is none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_and_code),
	    cmocka_unit_test(test_long_text_is_cut),
	    cmocka_unit_test(test_half_a_character_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
