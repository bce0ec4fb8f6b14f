#include "cli/publish_items.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct publish_content content_to(const char *user)
{
	return (struct publish_content){
	    .to = {.items = {user}, .count = 1},
	    .members = {[NOTIFICATION_TYPE] = "t", [NOTIFICATION_TITLE] = "x"}};
}

static void assert_item(const struct publish_content *content, const char *expected)
{
	struct error error = {""};
	struct buffer body = BUFFER_EMPTY;
	json_t *items;
	size_t position = 0;

	if (publish_items_from_flags(content, &items, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(publish_items_next_body(items, &position, &body), 0);
	assert_buffer(body, expected);
	assert_int_equal(position, 1);
	json_decref(items);
	buffer_finish(&body);
}

static void flags_make_an_object(void **state)
{
	struct publish_content content = content_to("anna");

	(void)state;
	assert_item(&content, "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}");
	content.to.items[content.to.count++] = "minjun";
	assert_item(&content,
		    "{\"to\":{\"users\":[\"anna\",\"minjun\"]},\"type\":\"t\",\"title\":\"x\"}");
	content.to.count = 0;
	content.everyone = true;
	content.members[NOTIFICATION_BODY] = "b";
	content.members[NOTIFICATION_DATA] = "[9007199254740993, {\"b\":1,\"a\":2}]";
	content.members[NOTIFICATION_PRIORITY] = "high";
	content.members[NOTIFICATION_LINK] = "/l";
	content.members[NOTIFICATION_EXPIRES_AT] = "2030-01-31T09:30:00Z";
	assert_item(&content, "{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"x\","
			      "\"body\":\"b\",\"link\":\"/l\","
			      "\"data\":[9007199254740993,{\"b\":1,\"a\":2}],"
			      "\"priority\":\"high\","
			      "\"expires_at\":\"2030-01-31T09:30:00Z\"}");
}

static void assert_refused(const struct publish_content *content, const char *sentence)
{
	struct error error;
	json_t *items = NULL;

	assert_int_equal(publish_items_from_flags(content, &items, &error), -EINVAL);
	assert_null(items);
	assert_string_equal(error.text, sentence);
}

static void bad_flags_are_named(void **state)
{
	struct publish_content content = content_to("anna");

	(void)state;
	content.members[NOTIFICATION_PRIORITY] = "urgnt";
	assert_refused(&content, "--priority: \"urgnt\" is none; did you mean urgent?");
	content = content_to("anna");
	content.members[NOTIFICATION_EXPIRES_AT] = "tomorrow";
	assert_refused(&content,
		       "--expires-at: \"tomorrow\" is no time such as 2030-01-31T09:30:00Z");
	content = content_to("anna");
	content.members[NOTIFICATION_DATA] = "{\"a\":1,\"a\":2}";
	assert_refused(&content,
		       "--data is no JSON: duplicate object key near '\"a\"' (at byte 10)");
	content = content_to("anna");
	content.members[NOTIFICATION_BODY] = "\xff";
	assert_refused(&content, "--body is not UTF-8");
	content.members[NOTIFICATION_DATA] = "\"\xff\"";
	content.members[NOTIFICATION_BODY] = "b";
	assert_refused(&content, "--data is not UTF-8");
	content = content_to("\xff");
	assert_refused(&content, "--to is not UTF-8");
	content = content_to("anna");
	content.everyone = true;
	assert_refused(&content, "--to, --topic and --everyone exclude each other");
	content.everyone = false;
	content.topic = "news";
	assert_refused(&content, "--to, --topic and --everyone exclude each other");
	content.to.count = 0;
	content.topic = "a/b";
	assert_refused(&content, "--topic: a topic is 1 to 128 letters, digits, dots, hyphens, "
				 "underscores and colons, the first of them a letter or a digit");
	content = content_to("anna");
	content.members[NOTIFICATION_TITLE] = NULL;
	assert_refused(&content, "--title is missing");
	content.to.count = 0;
	assert_refused(&content, "say to whom: --to USER, --topic NAME or --everyone");
}

static void files_hold_objects_in_three_ways(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} rows[] = {
	    {"{\"a\":1}", 1},
	    {"[{\"a\":1},{\"a\":2}]\n", 2},
	    {"{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", 3},
	    {" {\n\"a\":\n1} {\"a\":2} [{\"a\":3}]", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error = {""};
		json_t *items;

		assert_int_equal(
		    publish_items_parse(slice_from_string(rows[i].text), "f", &items, &error), 0);
		assert_int_equal(json_array_size(items), rows[i].count);
		for (size_t j = 0; j < rows[i].count; j++)
			assert_int_equal(
			    json_integer_value(json_object_get(json_array_get(items, j), "a")),
			    j + 1);
		json_decref(items);
	}
}

static void bad_files_are_told_with_the_line(void **state)
{
	static const struct {
		struct slice text;
		const char *sentence;
	} rows[] = {
	    {{"", 0}, "f holds no notification"},
	    {{" \n", 2}, "f holds no notification"},
	    {{"[]", 2}, "f holds no notification"},
	    {{"{}\n\n{\"a\"}", 9}, "f:3: no JSON object: ':' expected near '}'"},
	    {{"{}\n{\n\"a\" 1}", 11}, "f:3: no JSON object: ':' expected near '1'"},
	    {{"{}\n[{},5]", 9}, "f:2: only objects can be published"},
	    {{"5", 1}, "f:1: no JSON object: '[' or '{' expected near '5'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error;
		json_t *items = NULL;

		assert_int_equal(publish_items_parse(rows[i].text, "f", &items, &error), -EINVAL);
		assert_string_equal(error.text, rows[i].sentence);
		assert_null(items);
	}
}

static void hostile_files_do_no_harm(void **state)
{
	static char deep[100000];
	struct error error;
	json_t *items = NULL;

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_int_equal(
	    publish_items_parse(slice_from_bytes(deep, sizeof(deep)), "f", &items, &error),
	    -EINVAL);
	assert_int_equal(publish_items_parse(SLICE("{\"a\0b\":1}"), "f", &items, &error), -EINVAL);
	assert_int_equal(publish_items_parse(SLICE("{\"a\":\"\xff\"}"), "f", &items, &error),
			 -EINVAL);
	assert_int_equal(publish_items_parse(SLICE("\0"), "f", &items, &error), -EINVAL);
	assert_null(items);
}

static json_t *many(size_t count, size_t bytes)
{
	json_t *items = json_array();
	char *text = calloc(1, bytes + 1);

	memset(text, 'x', bytes);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(items, json_pack("{s:i, s:s}", "n", (int)i, "t", text));
	free(text);
	return items;
}

/* Puts the bodies together again: every item once, in order, within the limits. */
static size_t count_bodies(json_t *items)
{
	struct buffer body = BUFFER_EMPTY;
	size_t bodies = 0, seen = 0;

	for (size_t position = 0; position < json_array_size(items); bodies++) {
		json_t *array;

		buffer_clear(&body);
		assert_int_equal(publish_items_next_body(items, &position, &body), 0);
		array = json_loadb(body.data, body.length, 0, NULL);
		assert_true(json_is_array(array));
		assert_in_range(json_array_size(array), 1, PUBLISH_ITEMS_BODY_COUNT);
		assert_true(body.length <= PUBLISH_ITEMS_BODY_BYTES || json_array_size(array) == 1);
		for (size_t i = 0; i < json_array_size(array); i++, seen++)
			assert_int_equal(
			    json_integer_value(json_object_get(json_array_get(array, i), "n")),
			    seen);
		assert_int_equal(position, seen);
		json_decref(array);
	}
	assert_int_equal(seen, json_array_size(items));
	buffer_finish(&body);
	return bodies;
}

static void many_items_take_several_requests(void **state)
{
	static const struct {
		size_t count, bytes, bodies;
	} rows[] = {{2, 1, 1}, {500, 1, 1}, {501, 1, 2}, {10, 300000, 4}, {3, 2000000, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *items = many(rows[i].count, rows[i].bytes);

		assert_int_equal(count_bodies(items), rows[i].bodies);
		json_decref(items);
	}
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/allim-items-XXXXXX";
	int descriptor = mkstemp(path);
	struct error error;
	json_t *items;

	(void)state;
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, "{}\n{}\n", 6), 6);
	close(descriptor);
	assert_int_equal(publish_items_read(path, &items, &error), 0);
	assert_int_equal(json_array_size(items), 2);
	json_decref(items);
	unlink(path);
	assert_int_equal(publish_items_read(path, &items, &error), -ENOENT);
	assert_int_equal(publish_items_read("/", &items, &error), -EISDIR);
	assert_int_equal(publish_items_read("/dev/zero", &items, &error), -EFBIG);
	assert_string_equal(error.text, "cannot read /dev/zero: it is larger than 64 MiB");
}

static int parse_and_write(void)
{
	struct publish_content content = content_to("anna");
	struct buffer body = BUFFER_EMPTY;
	struct error error;
	json_t *items;
	size_t position = 0;
	int result;

	content.to.items[content.to.count++] = "minjun";
	content.members[NOTIFICATION_DATA] = "{\"a\":[1]}";
	content.members[NOTIFICATION_BODY] = "b";
	result = publish_items_from_flags(&content, &items, &error);
	if (result < 0)
		return result;
	result = publish_items_next_body(items, &position, &body);
	json_decref(items);
	buffer_finish(&body);
	return result;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	failing_allocator_adopt_jansson();
	for (unsigned n = 1;; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = parse_and_write();
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_true(result == -ENOMEM || result == -EINVAL || result == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flags_make_an_object),
	    cmocka_unit_test(bad_flags_are_named),
	    cmocka_unit_test(files_hold_objects_in_three_ways),
	    cmocka_unit_test(bad_files_are_told_with_the_line),
	    cmocka_unit_test(hostile_files_do_no_harm),
	    cmocka_unit_test(many_items_take_several_requests),
	    cmocka_unit_test(files_are_read),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("publish_items", tests, NULL, NULL);
}
