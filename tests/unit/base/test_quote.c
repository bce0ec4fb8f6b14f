#include "base/quote.h"

#include "lib/assertions.h"

static void quotes_what_is_seen(void **state)
{
	char quote[QUOTE_BYTES];

	(void)state;
	assert_string_equal(quote_text(SLICE("plain"), quote), "\"plain\"");
	assert_string_equal(quote_text(SLICE(""), quote), "\"\"");
	assert_string_equal(quote_text(SLICE("알림"), quote), "\"알림\"");
	assert_string_equal(quote_text(SLICE("a\nb\x1b\x7f\"\\"), quote),
			    "\"a\\x0ab\\x1b\\x7f\\x22\\x5c\"");
	assert_string_equal(quote_text(SLICE("\xff\x80"), quote), "\"\\xff\\x80\"");
	assert_string_equal(quote_text(SLICE("a\xe2\x80\xa8"), quote), "\"a\\xe2\\x80\\xa8\"");
	assert_string_equal(quote_text(SLICE("\xc2\x85"), quote), "\"\\xc2\\x85\"");
}

static void long_quotations_are_cut_between_characters(void **state)
{
	char quote[QUOTE_BYTES], text[200];

	(void)state;
	memset(text, '\n', sizeof(text));
	quote_text(slice_from_bytes(text, sizeof(text)), quote);
	assert_int_equal(strlen(quote), 2 + 60 * 4 + 3);
	memset(text, 'x', sizeof(text));
	memcpy(text + 59, "é", 2);
	quote_text(slice_from_bytes(text, sizeof(text)), quote);
	assert_int_equal(strlen(quote), 2 + 59 + 3);
	assert_string_equal(quote + 1 + 59, "...\"");
	memset(text, 0x80, sizeof(text));
	quote_text(slice_from_bytes(text, sizeof(text)), quote);
	assert_string_equal(quote, "\"...\"");
}

static void words_stand_without_quotes(void **state)
{
	char quote[QUOTE_BYTES];

	(void)state;
	assert_string_equal(quote_word(SLICE("http.lisen"), quote), "http.lisen");
	assert_string_equal(quote_word(SLICE("two words"), quote), "\"two words\"");
	assert_string_equal(quote_word(SLICE(""), quote), "\"\"");
	assert_string_equal(quote_word(SLICE("a\n"), quote), "\"a\\x0a\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quotes_what_is_seen),
	    cmocka_unit_test(long_quotations_are_cut_between_characters),
	    cmocka_unit_test(words_stand_without_quotes),
	};

	return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
