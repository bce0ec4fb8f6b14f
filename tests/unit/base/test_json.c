#include "base/json.h"

#include "lib/assertions.h"

#include <jansson.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_every_ascii_byte_comes_back),
	    cmocka_unit_test(test_names_and_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
