#include "cli/deadletter_text.h"

#include "lib/assertions.h"

static void assert_row(const char *text, const char *expected)
{
	json_t *letter = json_loads(text, JSON_ALLOW_NUL, NULL);
	struct buffer buffer = BUFFER_EMPTY;

	assert_non_null(letter);
	deadletter_text_append_row(&buffer, letter);
	assert_buffer(buffer, expected);
	json_decref(letter);
	buffer_finish(&buffer);
}

static void letters_are_rows(void **state)
{
	struct buffer head = BUFFER_EMPTY;

	(void)state;
	deadletter_text_append_head(&head);
	assert_buffer(head,
		      "      ID  BURIED (UTC)      TRIES  SOURCE              POSITION        "
		      "REASON\n");
	buffer_finish(&head);
	assert_row("{\"id\":7,\"buried_at\":\"2026-01-31T09:30:00.000Z\",\"tries\":5,"
		   "\"source\":\"kafka:orders\",\"position\":\"3/1042\",\"reason\":\"why\"}",
		   "       7  2026-01-31T09:30      5  kafka:orders        3/1042          why\n");
	assert_row("{}",
		   "                                                                       \n");
	assert_row("{\"id\":[],\"tries\":null,\"reason\":7}",
		   "                                                                       7\n");
}

static void what_is_too_long_is_cut(void **state)
{
	(void)state;
	assert_row("{\"id\":7,\"source\":\"rabbitmq:a-queue-with-a-long-name\","
		   "\"position\":\"12345678901234\","
		   "\"reason\":\"123456789 123456789 1234567890\"}",
		   "       7                           rabbitmq:a-queue-…  12345678901234  "
		   "123456789 123456789 12345678…\n");
	/* Two columns each. */
	assert_row("{\"id\":7,\"source\":\"\\ud55c\\uad6d\\uc5b4\\ud55c\\uad6d\\uc5b4\\ud55c\\uad6d"
		   "\\uc5b4\\ud55c\",\"position\":\"p\"}",
		   "       7                           한국어한국어한국…   p               \n");
	/* A number is shown whole, and the rest moves. */
	assert_row("{\"id\":1234567890123,\"reason\":\"123456789 123456789 123456789\"}",
		   "1234567890123                                                               "
		   "123456789 123456789 123…\n");
}

static void texts_of_others_do_no_harm(void **state)
{
	(void)state;
	assert_row("{\"id\":7,\"source\":\"\\u001b[2J\",\"position\":\"a\\nb\","
		   "\"buried_at\":\"\\u0007\\u0007\\u0007\\u0007\",\"reason\":\"\\u0000\"}",
		   "       7  \\x07\\x07\\x07\\x07         \\x1b[2J             a\\x0ab          "
		   "\\x00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_are_rows),
	    cmocka_unit_test(what_is_too_long_is_cut),
	    cmocka_unit_test(texts_of_others_do_no_harm),
	};

	return cmocka_run_group_tests_name("deadletter_text", tests, NULL, NULL);
}
