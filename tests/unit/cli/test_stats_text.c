#include "cli/stats_text.h"

#include "lib/assertions.h"

static void assert_text(const char *text, bool colours, const char *expected)
{
	json_t *figures = json_loads(text, 0, NULL);
	struct buffer buffer = BUFFER_EMPTY;

	assert_non_null(figures);
	stats_text_append(&buffer, figures, colours);
	assert_buffer(buffer, expected);
	json_decref(figures);
	buffer_finish(&buffer);
}

static void members_are_rows(void **state)
{
	(void)state;
	assert_text("{\"version\":\"0.1.0\",\"uptime_seconds\":5,\"latency_ms\":{\"p50\":1.5,"
		    "\"deep\":{\"a_b\":null}},\"list\":[1,2],\"yes\":true}",
		    false,
		    "version                       0.1.0\n"
		    "uptime seconds                5\n"
		    "latency ms\n"
		    "  p50                         1.5\n"
		    "  deep\n"
		    "    a b                       -\n"
		    "list                          [1,2]\n"
		    "yes                           true\n");
}

static void texts_of_others_do_no_harm(void **state)
{
	(void)state;
	assert_text("{\"\\u001b[2J\":\"\\u0007\"}", false,
		    "\\x1b[2J                          \\x07\n");
	assert_text("{\"a_name_that_is_longer_than_the_column\":1}", false,
		    "a name that is longer than the column 1\n");
	assert_text("{}", false, "");
}

static void groups_stand_out(void **state)
{
	(void)state;
	assert_text("{\"node\":{\"id\":1}}", true,
		    "\033[1mnode\033[0m\n  id                          1\n");
}

/* Deeper than anybody indents, it is shown as JSON. */
static void depth_is_bounded(void **state)
{
	json_t *figures = json_integer(1);
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (int i = 0; i < 200; i++)
		figures = json_pack("{s:o}", "a", figures);
	stats_text_append(&buffer, figures, false);
	assert_in_range(buffer.length, 1, 4096);
	json_decref(figures);
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_are_rows),
	    cmocka_unit_test(texts_of_others_do_no_harm),
	    cmocka_unit_test(groups_stand_out),
	    cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests_name("stats_text", tests, NULL, NULL);
}
