/* What publishers may say, what they are told where they may not, and how it is shown. */
#include "core/notification.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static const struct notification_limits limits = {
    .type = 8, .title = 20, .body = 30, .link = 10, .data = 45};

static const char *const also[] = {"to", NULL};

struct reading {
	struct notification_content content;
	struct arena arena;
	struct error error;
	int result;
};

/* The arena stays for the texts. */
static struct reading read_onto(struct notification_content content, const char *text)
{
	struct reading reading = {.content = content, .arena = ARENA_EMPTY};
	struct notification_source source;
	json_error_t json_error;
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
				   &json_error);

	if (value == NULL)
		fail_msg("%s: %s", text, json_error.text);
	source = (struct notification_source){value, slice_from_string(text)};
	reading.result = notification_content_read(&reading.content, &source, also, &limits,
						   &reading.arena, &reading.error);
	json_decref(value);
	return reading;
}

static struct reading read_new(const char *text)
{
	return read_onto((struct notification_content){.priority = NOTIFICATION_NORMAL}, text);
}

static void test_all_members(void **state)
{
	struct reading reading = read_new(
	    "{\"type\":\"comment\",\"title\":\"\xEC\x95\x8C\xEB\xA6\xBC\",\"body\":\"b\\u0001c\","
	    "\"link\":\"/x\",\"priority\":\"urgent\",\"data\": {\"a\" : [1, 2.5, null]},"
	    "\"expires_at\":\"2030-01-01T00:00:00Z\",\"to\":{}}");

	(void)state;
	assert_int_equal(reading.result, 0);
	assert_slice(reading.content.type, "comment");
	assert_slice(reading.content.title, "\xEC\x95\x8C\xEB\xA6\xBC");
	assert_slices(reading.content.body, SLICE("b\x01"
						  "c"));
	assert_slice(reading.content.link, "/x");
	assert_slice(reading.content.data, "{\"a\":[1,2.5,null]}");
	assert_int_equal(reading.content.priority, NOTIFICATION_URGENT);
	assert_int_equal(reading.content.expires_at, INT64_C(1893456000000000));
	arena_finish(&reading.arena);
}

static void test_the_least(void **state)
{
	struct reading reading = read_new("{\"type\":\"t\",\"title\":\"\"}");

	(void)state;
	assert_int_equal(reading.result, 0);
	assert_int_equal(reading.content.title.length, 0);
	assert_int_equal(reading.content.body.length, 0);
	assert_int_equal(reading.content.data.length, 0);
	assert_int_equal(reading.content.priority, NOTIFICATION_NORMAL);
	assert_int_equal(reading.content.expires_at, 0);
	arena_finish(&reading.arena);
}

static void test_any_json_is_data(void **state)
{
	static const struct {
		const char *text;
		const char *data;
	} cases[] = {
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":null}", ""},
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":false}", "false"},
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":0}", "0"},
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":9007199254740993}", "9007199254740993"},
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":\"a\\nb\"}", "\"a\\nb\""},
	    {"{\"type\":\"t\",\"title\":\"\",\"data\":[ ]}", "[]"},
	    {"{\"type\":\"t\",\"data\":[0.1, 19.99 ,1e-400,1.0000000000000000000001]}",
	     "[0.1,19.99,1e-400,1.0000000000000000000001]"},
	    {"{ \"data\" : {\"a \\\" b\": \"} \",\t\"c\":\n[ ]} , \"type\":\"t\"}",
	     "{\"a \\\" b\":\"} \",\"c\":[]}"},
	    {"{\"d\\u0061ta\": \"\\u00e9\"}", "\"\\u00e9\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading = read_new(cases[i].text);

		assert_int_equal(reading.result, 0);
		assert_slice(reading.content.data, cases[i].data);
		arena_finish(&reading.arena);
	}
}

static void test_a_correction_keeps_the_rest(void **state)
{
	struct notification_content stored = {.type = SLICE("comment"),
					      .title = SLICE("old"),
					      .body = SLICE("body"),
					      .data = SLICE("{}"),
					      .priority = NOTIFICATION_LOW,
					      .expires_at = 5};
	struct reading reading = read_onto(
	    stored, "{\"title\":\"new\",\"body\":null,\"data\":null,\"expires_at\":null}");

	(void)state;
	assert_int_equal(reading.result, 0);
	assert_slice(reading.content.type, "comment");
	assert_slice(reading.content.title, "new");
	assert_slice(reading.content.body, "");
	assert_slice(reading.content.data, "");
	assert_int_equal(reading.content.priority, NOTIFICATION_LOW);
	assert_int_equal(reading.content.expires_at, 0);
	arena_finish(&reading.arena);
}

static void test_refusals_name_the_member(void **state)
{
	static const struct {
		const char *text;
		const char *sentence;
	} cases[] = {
	    {"[]", "must be a JSON object"},
	    {"{\"type\":\"\",\"title\":\"t\"}", "\"type\" is empty"},
	    {"{\"type\":7,\"title\":\"t\"}", "\"type\" must be a string"},
	    {"{\"type\":\"123456789\",\"title\":\"t\"}", "\"type\" is longer than 8 bytes"},
	    {"{\"type\":\"a\\nb\",\"title\":\"t\"}", "\"type\" contains a control character"},
	    {"{\"type\":\"a\\u007f\",\"title\":\"t\"}", "\"type\" contains a control character"},
	    {"{\"type\":\"a\\u009f\",\"title\":\"t\"}", "\"type\" contains a control character"},
	    {"{\"type\":\"a\\u0000\",\"title\":\"t\"}", "\"type\" contains a control character"},
	    {"{\"type\":\"a\",\"title\":\"t\\u0000\"}", "\"title\" holds U+0000"},
	    {"{\"type\":\"a\",\"title\":\"t\",\"body\":\"\\u0000\"}", "\"body\" holds U+0000"},
	    {"{\"type\":\"t\",\"title\":null}", "\"title\" must be a string"},
	    {"{\"type\":\"t\",\"title\":\"123456789012345678901\"}", "\"title\" is longer than 20"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"body\":{}}", "\"body\" must be a string"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"link\":\"12345678901\"}",
	     "\"link\" is longer than 10"},
	    {"{\"type\":\"t\",\"title\":\"t\","
	     "\"data\":\"12345678901234567890123456789012345678901234\"}",
	     "\"data\" is longer than 45"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"priority\":\"High\"}", "\"priority\" must be"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"priority\":null}", "\"priority\" must be"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"expires_at\":\"tomorrow\"}",
	     "\"expires_at\" must be"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"expires_at\":5}", "\"expires_at\" must be"},
	    {"{\"type\":\"t\",\"title\":\"t\",\"titel\":\"x\"}", "\"titel\" is no member"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading = read_new(cases[i].text);

		if (reading.result != -EINVAL)
			fail_msg("%s: was accepted", cases[i].text);
		if (strstr(reading.error.text, cases[i].sentence) == NULL)
			fail_msg("%s: \"%s\"", cases[i].text, reading.error.text);
		assert_null(reading.content.type.data);
		arena_finish(&reading.arena);
	}
}

static void test_how_it_is_shown(void **state)
{
	struct notification notification = {
	    .id = 17,
	    .seq = 5,
	    .content = {.type = SLICE("comment"),
			.title = SLICE("a \"title\"\n"),
			.body = SLICE("body"),
			.priority = NOTIFICATION_HIGH},
	    .created_at = INT64_C(1777627800250000),
	    .state_at = {0, INT64_C(1777627801000000), 0},
	};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	notification_append_json(&notification, &buffer);
	assert_buffer(
	    buffer,
	    "{\"id\":17,\"seq\":5,\"everyone\":false,\"type\":\"comment\","
	    "\"title\":\"a \\\"title\\\"\\n\",\"body\":\"body\",\"link\":\"\","
	    "\"priority\":\"high\",\"data\":null,"
	    "\"created_at\":\"2026-05-01T09:30:00.250Z\",\"expires_at\":null,\"seen_at\":null,"
	    "\"read_at\":\"2026-05-01T09:30:01.000Z\",\"archived_at\":null,\"withdrawn_at\":null}");
	buffer_clear(&buffer);
	notification.to_everyone = true;
	notification.content.data = SLICE("{\"x\":1}");
	notification.withdrawn_at = notification.created_at;
	notification_append_json(&notification, &buffer);
	buffer_append_byte(&buffer, '\0');
	assert_non_null(strstr(buffer.data, "\"everyone\":true"));
	assert_non_null(strstr(buffer.data, "\"data\":{\"x\":1}"));
	assert_non_null(strstr(buffer.data, "\"withdrawn_at\":\"2026-05-01T09:30:00.250Z\"}"));
	buffer_clear(&buffer);
	notification.of_nobody = true;
	notification_append_json(&notification, &buffer);
	buffer_append_byte(&buffer, '\0');
	assert_null(strstr(buffer.data, "seen_at"));
	assert_null(strstr(buffer.data, "read_at"));
	assert_null(strstr(buffer.data, "archived_at"));
	buffer_finish(&buffer);
}

static void test_unread_and_live(void **state)
{
	struct notification notification = {.id = 1};

	(void)state;
	assert_true(notification_is_live(&notification) && notification_is_unread(&notification));
	notification.state_at[NOTIFICATION_SEEN] = 1;
	assert_true(notification_is_unread(&notification));
	notification.state_at[NOTIFICATION_ARCHIVED] = 1;
	assert_false(notification_is_unread(&notification));
	notification.state_at[NOTIFICATION_ARCHIVED] = 0;
	notification.state_at[NOTIFICATION_READ] = 1;
	assert_false(notification_is_unread(&notification));
	notification.state_at[NOTIFICATION_READ] = 0;
	notification.withdrawn_at = 1;
	assert_false(notification_is_live(&notification) || notification_is_unread(&notification));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(notification_state_name(NOTIFICATION_SEEN), "seen");
	assert_string_equal(notification_state_name(NOTIFICATION_READ), "read");
	assert_string_equal(notification_state_name(NOTIFICATION_ARCHIVED), "archived");
	assert_string_equal(notification_priority_name(NOTIFICATION_LOW), "low");
	assert_string_equal(notification_priority_name(NOTIFICATION_URGENT), "urgent");
	assert_string_equal(notification_member_name(NOTIFICATION_TYPE), "type");
	assert_string_equal(notification_member_name(NOTIFICATION_EXPIRES_AT), "expires_at");
}

static void test_memory_runs_short(void **state)
{
	const char *text = "{\"type\":\"t\",\"title\":\"title\",\"data\":{\"a\":[1,\"b\"]}}";
	const struct notification_source source = {json_loads(text, 0, NULL),
						   slice_from_string(text)};

	(void)state;
	assert_non_null(source.value);
	for (unsigned n = 1;; n++) {
		struct notification_content content = {.priority = NOTIFICATION_NORMAL};
		struct arena arena = ARENA_EMPTY;
		struct error error;
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result =
		    notification_content_read(&content, &source, NULL, &limits, &arena, &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		arena_finish(&arena);
		if (!failed)
			break;
	}
	json_decref(source.value);
}

static void test_a_correction_changes_what_it_was_given(void **state)
{
	const struct notification_content correction = {
	    .given = 1u << NOTIFICATION_BODY | 1u << NOTIFICATION_PRIORITY,
	    .body = SLICE("new"),
	    .title = SLICE("never"),
	    .priority = NOTIFICATION_URGENT,
	};
	struct notification_content content = {
	    .type = SLICE("type"), .title = SLICE("title"), .body = SLICE("old"), .expires_at = 7};

	(void)state;
	notification_content_correct(&content, &correction);
	assert_slice(content.body, "new");
	assert_int_equal(content.priority, NOTIFICATION_URGENT);
	assert_slice(content.type, "type");
	assert_slice(content.title, "title");
	assert_slice(content.link, "");
	assert_int_equal(content.expires_at, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_correction_changes_what_it_was_given),
	    cmocka_unit_test(test_all_members),
	    cmocka_unit_test(test_the_least),
	    cmocka_unit_test(test_any_json_is_data),
	    cmocka_unit_test(test_a_correction_keeps_the_rest),
	    cmocka_unit_test(test_refusals_name_the_member),
	    cmocka_unit_test(test_how_it_is_shown),
	    cmocka_unit_test(test_unread_and_live),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_memory_runs_short),
	};

	failing_allocator_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
