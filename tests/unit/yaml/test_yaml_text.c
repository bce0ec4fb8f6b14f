#include "yaml/yaml_text.h"

#include "lib/assertions.h"

static void what_yaml_gives_back_is_printable(void **state)
{
	static const char *const printable[] = {"",	"a b",	    "~",
						"알림", "\xc2\xa0", "\xf0\x9f\x98\x80"};
	static const char *const others[] = {
	    "\t", "\n", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbe"};

	(void)state;
	for (size_t i = 0; i < sizeof(printable) / sizeof(printable[0]); i++)
		assert_true(yaml_text_is_printable(slice_from_string(printable[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(yaml_text_is_printable(slice_from_string(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_yaml_gives_back_is_printable),
	};

	return cmocka_run_group_tests_name("yaml_text", tests, NULL, NULL);
}
