#include "core/json_reader.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

static void assert_refused(struct slice text, const char *part)
{
	struct error error = {""};
	json_t *value = NULL;

	assert_int_equal(json_reader_read(text, &value, &error), -EINVAL);
	assert_null(value);
	if (strstr(error.text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, part);
}

static void test_any_value(void **state)
{
	const char *texts[] = {"1", "\"a\\u0000b\"", "[1,{\"a\":null}]", " {} "};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = {""};
		json_t *value;

		assert_int_equal(json_reader_read(slice_from_string(texts[i]), &value, &error), 0);
		json_decref(value);
	}
}

static void test_what_is_none(void **state)
{
	(void)state;
	assert_refused(SLICE(""), "Line 1, column 0: the text ends too early");
	assert_refused(SLICE("{\"a\":"), "Line 1, column 5: the text ends too early");
	assert_refused(SLICE("{}\n\n x"), "Line 3");
	assert_refused(SLICE("{\"a\":1,\"a\":2}"), "duplicate");
	assert_refused(SLICE("\"\xFF\""), "this is not UTF-8");
	assert_refused(SLICE("\"a\0b\""), "Line 1");
}

/* Brackets in strings do not count; where they do, nothing recurses. */
static void test_depth(void **state)
{
	enum { DEEP = 1000000 };
	char text[2 * JSON_READER_DEPTH + 2];
	char *deep = malloc(DEEP);
	struct error error = {""};
	json_t *value;

	(void)state;
	memset(text, '[', JSON_READER_DEPTH);
	memset(text + JSON_READER_DEPTH, ']', JSON_READER_DEPTH);
	assert_int_equal(
	    json_reader_read(slice_from_bytes(text, 2 * JSON_READER_DEPTH), &value, &error), 0);
	json_decref(value);
	memset(text, '[', JSON_READER_DEPTH + 1);
	memset(text + JSON_READER_DEPTH + 1, ']', JSON_READER_DEPTH + 1);
	assert_refused(slice_from_bytes(text, sizeof(text)), "at most 64 levels");
	assert_non_null(deep);
	memset(deep, '[', DEEP);
	assert_refused(slice_from_bytes(deep, DEEP), "at most 64 levels");
	free(deep);
}

static void test_members_as_they_were_written(void **state)
{
	struct slice text =
	    SLICE(" {\"a\": 1.50, \"d\\u0061ta\" : [1, {\"b\":2}] ,\"c\":\"\\u0041\"}");
	struct error error;
	json_t *value;

	(void)state;
	assert_int_equal(json_reader_read(text, &value, &error), 0);
	assert_slice(json_reader_member(text, value, "a"), "1.50");
	assert_slice(json_reader_member(text, value, "data"), "[1, {\"b\":2}]");
	assert_slice(json_reader_member(text, value, "c"), "\"\\u0041\"");
	assert_slice(json_reader_member(text, value, "d"), "");
	json_decref(value);
}

static void test_out_of_memory(void **state)
{
	struct slice text =
	    SLICE("{\"a\":[1,\"longer than what jansson starts a text with\",{\"b\":3.5}]}");

	(void)state;
	for (unsigned n = 1;; n++) {
		struct error error = {""};
		json_t *value = NULL;
		int result;

		failing_allocator_fail_at(n);
		result = json_reader_read(text, &value, &error);
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			json_decref(value);
			break;
		}
		assert_int_equal(result, -ENOMEM);
		assert_null(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_value),
	    cmocka_unit_test(test_what_is_none),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_members_as_they_were_written),
	    cmocka_unit_test(test_out_of_memory),
	};

	json_reader_adopt();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
