#include "cli/event_text.h"

#include "lib/assertions.h"

#include <errno.h>

struct row {
	const char *type, *data, *text;
};

static struct sse_message message_of(const struct row *row)
{
	return (struct sse_message){
	    .type = slice_from_string(row->type),
	    .data = slice_from_string(row->data),
	    .last_id = SLICE("c.1.0"),
	};
}

#define AT "2026-05-01T09:30:00.250Z"

static const struct row readable[] = {
    {"notification",
     "{\"id\":17,\"type\":\"comment\",\"title\":\"Hi\",\"body\":\"there\",\"link\":\"/a\","
     "\"priority\":\"normal\",\"everyone\":false,\"created_at\":\"" AT "\"}",
     AT " #17 comment  Hi: there  /a\n"},
    {"notification",
     "{\"id\":18,\"type\":\"news\",\"title\":\"\\u001b[2J\",\"body\":\"\",\"link\":\"\","
     "\"priority\":\"urgent\",\"everyone\":true,\"created_at\":\"" AT "\"}",
     AT " #18 news urgent to everyone  \\x1b[2J\n"},
    {"change", "{\"id\":17,\"title\":\"Hi\",\"read_at\":\"" AT "\",\"seen_at\":\"x\",\"unread\":2}",
     AT " #17 read  Hi (2 unread)\n"},
    {"change",
     "{\"id\":17,\"title\":\"Hi\",\"read_at\":\"x\",\"withdrawn_at\":\"" AT "\",\"unread\":2}",
     AT " #17 withdrawn  Hi (2 unread)\n"},
    {"change", "{\"id\":17,\"title\":\"Hi\",\"created_at\":\"" AT "\",\"read_at\":null}",
     AT " #17 corrected  Hi\n"},
    {"change", "{\"all\":\"archived\",\"at\":\"" AT "\",\"seq\":9,\"unread\":0}",
     AT " all archived (0 unread)\n"},
    {"count", "{\"unread\":3}", "count (3 unread)\n"},
    {"reset", "{\"reason\":\"epoch\"}", "reset: the store was replaced; load the list again\n"},
    {"reset", "{\"reason\":\"other\"}", "reset\n"},
    {"switch", "{\"to\":\"poll\"}", "switch {\"to\":\"poll\"}\n"},
    {"notification", "no\nJSON\033", "notification no\\x0aJSON\\x1b\n"},
    {"notification", "[]", "notification []\n"},
    {"notification", "{}", " #0\n"},
};

static const struct row json[] = {
    {"notification", "{\"id\": 17}",
     "{\"event\":\"notification\",\"id\":\"c.1.0\",\"data\":{\"id\": 17}}\n"},
    {"count", "{\n\"unread\":3}",
     "{\"event\":\"count\",\"id\":\"c.1.0\",\"data\":{ \"unread\":3}}\n"},
    {"a\"b", "no\nJSON", "{\"event\":\"a\\\"b\",\"id\":\"c.1.0\",\"data\":\"no\\nJSON\"}\n"},
    {"n", "9007199254740993", "{\"event\":\"n\",\"id\":\"c.1.0\",\"data\":9007199254740993}\n"},
};

static void people_get_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		struct sse_message message = message_of(&readable[i]);
		struct buffer buffer = BUFFER_EMPTY;

		event_text_append_readable(&buffer, &message, false);
		assert_buffer(buffer, readable[i].text);
		buffer_finish(&buffer);
	}
}

static void programs_get_one_line_of_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		struct sse_message message = message_of(&json[i]);
		struct buffer buffer = BUFFER_EMPTY;

		assert_int_equal(event_text_append_json(&buffer, &message), 0);
		assert_buffer(buffer, json[i].text);
		buffer_finish(&buffer);
	}
}

static void what_is_no_text_is_no_json(void **state)
{
	struct sse_message message = message_of(&(struct row){"n", "\xff", ""});
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(event_text_append_json(&buffer, &message), -EILSEQ);
	assert_int_equal(buffer.length, 0);
	event_text_append_readable(&buffer, &message, false);
	assert_buffer(buffer, "n \\xff\n");
	buffer_finish(&buffer);
}

static void colours_only_add(void **state)
{
	struct sse_message message = message_of(&readable[6]);
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	event_text_append_readable(&buffer, &message, true);
	assert_buffer(buffer, "\033[36mcount\033[0m (3 unread)\n");
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(people_get_one_line),
	    cmocka_unit_test(programs_get_one_line_of_json),
	    cmocka_unit_test(what_is_no_text_is_no_json),
	    cmocka_unit_test(colours_only_add),
	};

	return cmocka_run_group_tests_name("event_text", tests, NULL, NULL);
}
