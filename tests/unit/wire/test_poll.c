#include "wire/wire.h"

#include "lib/assertions.h"
#include "lib/changes.h"

#include <jansson.h>

static json_t *answer(const struct wire_answer *content)
{
	struct buffer out = BUFFER_EMPTY;
	json_error_t error;
	json_t *json;

	poll_wire_ops.answer(&out, content);
	assert_false(buffer_failed(&out));
	json = json_loadb(out.data, out.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (json == NULL)
		fail_msg("%s in %.*s", error.text, (int)out.length, out.data);
	buffer_finish(&out);
	return json;
}

static json_t *member(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL)
		fail_msg("%s is missing", name);
	return value;
}

static void test_list(void **state)
{
	struct notification rows[] = {changes_notification(2, SLICE("b")),
				      changes_notification(1, SLICE("a"))};
	struct wire_answer content = {.notifications = rows,
				      .notification_count = 2,
				      .more = true,
				      .unread = 7,
				      .cursor = {0xF, 5, 6}};
	json_t *json = answer(&content), *list = member(json, "notifications");

	(void)state;
	assert_int_equal(json_object_size(json), 4);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(json_integer_value(member(json_array_get(list, 0), "id")), 2);
	assert_int_equal(json_integer_value(member(json_array_get(list, 1), "id")), 1);
	assert_int_equal(json_integer_value(member(json, "unread")), 7);
	assert_string_equal(json_string_value(member(json, "cursor")), "000000000000000f.5.6");
	assert_true(json_is_true(member(json, "more")));
	json_decref(json);
}

static void test_nothing(void **state)
{
	struct wire_answer content = {.is_replay = true, .reset = true};
	json_t *json = answer(&content);

	(void)state;
	assert_int_equal(json_array_size(member(json, "notifications")), 0);
	assert_true(json_is_array(member(json, "marked")));
	assert_true(json_is_true(member(json, "reset")));
	assert_true(json_is_false(member(json, "more")));
	json_decref(json);
}

/* Rows and marks keep their order, each in its list. */
static void test_changes(void **state)
{
	struct change changes[] = {changes_all(1, NOTIFICATION_SEEN), changes_row(2, SLICE("x")),
				   changes_all(3, NOTIFICATION_READ), changes_row(4, SLICE("y")),
				   changes_all(5, NOTIFICATION_ARCHIVED)};
	struct wire_answer content = {.is_replay = true, .changes = changes, .change_count = 5};
	json_t *json = answer(&content), *rows = member(json, "notifications");
	json_t *marked = member(json, "marked");

	(void)state;
	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(json_integer_value(member(json_array_get(rows, 0), "seq")), 2);
	assert_int_equal(json_integer_value(member(json_array_get(rows, 1), "seq")), 4);
	assert_int_equal(json_array_size(marked), 3);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"seen", "read", "archived"};
		json_t *mark = json_array_get(marked, i);

		assert_string_equal(json_string_value(member(mark, "all")), names[i]);
		assert_int_equal(json_integer_value(member(mark, "seq")), 2 * (int)i + 1);
		assert_string_equal(json_string_value(member(mark, "at")),
				    "2026-05-01T09:30:00.250Z");
	}
	json_decref(json);
}

static void test_hostile_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < changes_hostile_text_count; i++) {
		struct change change = changes_row(1, changes_hostile_texts[i]);
		struct wire_answer content = {
		    .is_replay = true, .changes = &change, .change_count = 1};
		json_t *json = answer(&content);
		json_t *body = member(json_array_get(member(json, "notifications"), 0), "body");

		assert_slices(slice_from_bytes(json_string_value(body), json_string_length(body)),
			      changes_hostile_texts[i]);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_hostile_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
