#include "base/json.h"

#include "lib/assertions.h"

#include <jansson.h>
#include <stdlib.h>

static void test_escapes(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	json_append_string(&buffer, SLICE("a\"b\\c\n\r\t\x01\x7F\0/\xEC\x95\x8C"));
	assert_buffer(buffer, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\\u0000/\xEC\x95\x8C\"");
	buffer_clear(&buffer);
	json_append_string(&buffer, SLICE(""));
	assert_buffer(buffer, "\"\"");
	buffer_finish(&buffer);
}

/* Every byte that can stand in UTF-8 comes back through a parser that others wrote. */
static void test_every_ascii_byte_comes_back(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	char text[128];
	json_t *value;

	(void)state;
	for (int i = 0; i < 128; i++)
		text[i] = (char)i;
	json_append_string(&buffer, slice_from_bytes(text, sizeof(text)));
	value = json_loadb(buffer.data, buffer.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_non_null(value);
	assert_int_equal(json_string_length(value), sizeof(text));
	assert_memory_equal(json_string_value(value), text, sizeof(text));
	for (size_t i = 0; i < buffer.length; i++)
		assert_true((unsigned char)buffer.data[i] >= 0x20);
	json_decref(value);
	buffer_finish(&buffer);
}

static void test_names_and_times(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	json_append_name(&buffer, "read_at");
	json_append_time(&buffer, 0);
	buffer_append_byte(&buffer, ',');
	json_append_name(&buffer, "created_at");
	json_append_time(&buffer, 1777627800250000);
	assert_buffer(buffer, "\"read_at\":null,\"created_at\":\"2026-05-01T09:30:00.250Z\"");
	buffer_finish(&buffer);
}

static void test_members_and_elements(void **state)
{
	static const struct {
		const char *text;
		const char *parts; /* "name value|" for each */
	} rows[] = {
	    {"[]", ""},
	    {" { } ", ""},
	    {"[1, \"a,]\" ,[2,{\"x\":3}],{},true ] ", " 1| \"a,]\"| [2,{\"x\":3}]| {}| true|"},
	    {"{\"a\":1 , \"b\" : {\"c\":[\"}\"]}\n}", "\"a\" 1|\"b\" {\"c\":[\"}\"]}|"},
	    {"{\"q\\\"\":\"\\\\\",\"r\":null}", "\"q\\\"\" \"\\\\\"|\"r\" null|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = slice_from_string(rows[i].text), name, value;
		struct buffer parts = BUFFER_EMPTY;

		while (json_next(&rest, &name, &value)) {
			buffer_append(&parts, name);
			buffer_append_byte(&parts, ' ');
			buffer_append(&parts, value);
			buffer_append_byte(&parts, '|');
		}
		assert_buffer(parts, rows[i].parts);
		buffer_finish(&parts);
	}
}

/* Any end of a text that is cut is found. */
static void test_cut_texts_end(void **state)
{
	const char *whole = "[{\"a\":[\"\\\"\",1.5e3]} , {\"b\" : \"c\\\\\"}]";

	(void)state;
	for (size_t length = 0; length <= strlen(whole); length++) {
		char *copy = malloc(length + 1);
		struct slice rest = slice_from_bytes(memcpy(copy, whole, length), length);
		struct slice name, value;

		json_compact(rest, NULL);
		while (json_next(&rest, &name, &value))
			;
		free(copy);
	}
}

static void test_compact(void **state)
{
	struct slice text = SLICE(" { \"a b\" : [ 1.50 ,\t\"\\\" \" ] ,\n\"c\":{ } } ");
	char compact[64];
	size_t length = json_compact(text, compact);

	(void)state;
	assert_slice(slice_from_bytes(compact, length), "{\"a b\":[1.50,\"\\\" \"],\"c\":{}}");
	assert_int_equal(json_compact(text, NULL), length);
}

static void test_depth(void **state)
{
	static const struct {
		const char *text;
		size_t depth;
	} texts[] = {
	    {"", 0},	      {"5", 0},	    {"\"[[[\"", 0},	 {"[]", 1},  {"[{},{}]", 2},
	    {"[[],[[]]]", 3}, {"]]]}[", 1}, {"\"\\\"[\" [[", 2}, {"\"[", 0}, {"{\"a\\\\\":[1]}", 2},
	    {"[\"\\", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(json_depth(slice_from_string(texts[i].text)), texts[i].depth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_every_ascii_byte_comes_back),
	    cmocka_unit_test(test_names_and_times),
	    cmocka_unit_test(test_members_and_elements),
	    cmocka_unit_test(test_cut_texts_end),
	    cmocka_unit_test(test_compact),
	    cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
