#include "cli/output.h"

#include "lib/assertions.h"

#include <stdlib.h>

static void text_stays_and_controls_show(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
	    {"plain \xEC\x95\x8C\xEB\xA6\xBC \xF0\x9F\x94\x94",
	     "plain \xEC\x95\x8C\xEB\xA6\xBC \xF0\x9F\x94\x94"},
	    {"\033[31m", "\\x1b[31m"},
	    {"a\nb\r\tc\x7F", "a\\x0ab\\x0d\\x09c\\x7f"},
	    {"\xC2\x9B"
	     "31m \xC2\xA0",
	     "\\xc2\\x9b31m \xC2\xA0"},
	    {"\xFF\xC3", "\\xff\\xc3"},
	    {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
	    {"\xE2\x80\xAEgnp", "\\xe2\\x80\\xaegnp"},
	    {"\xE2\x81\xA9\xE2\x80\xA7", "\\xe2\\x81\\xa9\xE2\x80\xA7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer buffer = BUFFER_EMPTY;

		output_append_visible(&buffer, slice_from_string(rows[i].text));
		assert_buffer(buffer, rows[i].shown);
		buffer_finish(&buffer);
	}
}

static void json_keeps_its_values(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	output_append_json(&buffer, SLICE("{\"a\":\n\t\"\xC2\x9B"
					  "31m \xE2\x80\xAE \x7F \xEA\xB0\x80\"}"));
	assert_buffer(buffer, "{\"a\":  \"\\u009b31m \\u202e \\u007f \xEA\xB0\x80\"}");
	buffer_finish(&buffer);
}

static void a_value_is_a_line(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	json_t *value = json_pack("{s:s, s:f}", "a", "\xC2\x85", "b", 0.1);

	(void)state;
	output_append_value(&buffer, value);
	assert_buffer(buffer, "{\"a\":\"\\u0085\",\"b\":0.1}\n");
	buffer_finish(&buffer);
	json_decref(value);
}

static void styles_need_colours(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	output_append_styled(&buffer, SLICE("a"), OUTPUT_BOLD, false);
	output_append_styled(&buffer, SLICE("b"), OUTPUT_PLAIN, true);
	output_append_styled(&buffer, SLICE("c"), OUTPUT_BOLD, true);
	assert_buffer(buffer, "ab\033[1mc\033[0m");
	buffer_finish(&buffer);
}

/* The tests' standard output may be a terminal, and these say no there as well. */
static void variables_forbid_colours(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	assert_false(output_has_colours());
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(output_has_colours());
	unsetenv("TERM");
	assert_false(output_has_colours());
}

/* Nothing behind it is looked at, and nothing is lost. */
static void a_cut_letter_at_the_end_stays(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	char *text = malloc(3);

	(void)state;
	assert_non_null(text);
	memcpy(text, "ab\xE1", 3);
	assert_int_equal(output_append_cut(&buffer, slice_from_bytes(text, 3), 10), 3);
	assert_buffer(buffer, "ab\xE1");
	buffer_finish(&buffer);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_stays_and_controls_show),
	    cmocka_unit_test(json_keeps_its_values),
	    cmocka_unit_test(a_value_is_a_line),
	    cmocka_unit_test(styles_need_colours),
	    cmocka_unit_test(variables_forbid_colours),
	    cmocka_unit_test(a_cut_letter_at_the_end_stays),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
