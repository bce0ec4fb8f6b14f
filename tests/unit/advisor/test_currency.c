#include "advisor/currency.h"

#include "lib/assertions.h"

static void codes_are_known(void **state)
{
	static const char *const known[] = {"AED", "USD", "EUR", "KRW", "JPY", "XPF", "ZWG"};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(currency_is_known(slice_from_string(known[i])));
}

static void other_texts_are_not(void **state)
{
	static const char *const others[] = {"",    "US",  "USDE", "usd",	  "XYZ",
					     "D A", " AE", "AED ", "\xE2\x82\xAC"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(currency_is_known(slice_from_string(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_are_known),
	    cmocka_unit_test(other_texts_are_not),
	};

	return cmocka_run_group_tests_name("currency", tests, NULL, NULL);
}
