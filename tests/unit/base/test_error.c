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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_and_code),
	    cmocka_unit_test(test_long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
