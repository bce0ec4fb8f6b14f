#include "intake/publication.h"

#include "config/settings.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

enum { NOW = 1000000 };

struct fixture {
	struct settings settings;
	struct arena arena;
	struct publication publication;
};

static void begin(struct fixture *fixture)
{
	*fixture = (struct fixture){.arena = ARENA_EMPTY};
	settings_init_defaults(&fixture->settings);
	fixture->settings.publish_items = 5;
	fixture->settings.publish_recipients = 3;
	fixture->settings.publish_notifications = 5;
}

static void finish(struct fixture *fixture)
{
	arena_finish(&fixture->arena);
	settings_finish(&fixture->settings);
}

static int read_text(struct fixture *fixture, const char *text)
{
	struct notification_source source;
	json_error_t error;
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	int result;

	if (json == NULL)
		fail_msg("%s: %s", text, error.text);
	fixture->publication = (struct publication){.is_array = false};
	source = (struct notification_source){json, slice_from_string(text)};
	result = publication_read(&fixture->publication, &source, &fixture->settings, NULL, NOW,
				  &fixture->arena);
	json_decref(json);
	return result;
}

static const struct store_item *only_item(struct fixture *fixture, const char *text)
{
	assert_int_equal(read_text(fixture, text), 0);
	if (fixture->publication.refusal != NULL)
		fail_msg("%s: %s", text, fixture->publication.refusal);
	assert_int_equal(fixture->publication.publish.item_count, 1);
	return &fixture->publication.publish.items[0];
}

static void test_recipients(void **state)
{
	struct fixture fixture;
	const struct store_item *item;

	(void)state;
	begin(&fixture);
	item = only_item(&fixture, "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}");
	assert_int_equal(item->user_count, 1);
	assert_slice(item->users[0], "anna");
	assert_int_equal(fixture.publication.recipients, 1);
	item = only_item(&fixture, "{\"to\":{\"users\":[\"a\",\"b\",\"a\"]},\"type\":\"t\","
				   "\"title\":\"x\"}");
	assert_int_equal(item->user_count, 2);
	assert_slice(item->users[0], "a");
	assert_slice(item->users[1], "b");
	assert_int_equal(fixture.publication.recipients, 2);
	item = only_item(&fixture, "{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"x\"}");
	assert_int_equal(item->user_count, 0);
	assert_int_equal(fixture.publication.recipients, 1);
	finish(&fixture);
}

static void test_content(void **state)
{
	struct fixture fixture;
	const struct store_item *item;

	(void)state;
	begin(&fixture);
	item = only_item(&fixture,
			 "{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\",\"body\":\"b\","
			 "\"link\":\"https://example.org\",\"priority\":\"urgent\","
			 "\"data\":{\"k\":[1]},\"expires_at\":\"2026-05-01T09:30:00.250Z\"}");
	assert_slice(item->content.type, "t");
	assert_slice(item->content.title, "x");
	assert_slice(item->content.body, "b");
	assert_slice(item->content.link, "https://example.org");
	assert_slice(item->content.data, "{\"k\":[1]}");
	assert_int_equal(item->content.priority, NOTIFICATION_URGENT);
	assert_true(item->content.expires_at == 1777627800250000);
	item = only_item(&fixture, "{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\"}");
	assert_int_equal(item->content.priority, NOTIFICATION_NORMAL);
	assert_int_equal(item->content.expires_at, 0);
	finish(&fixture);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		const char *reason; /* what the sentence names */
	} rows[] = {
	    {"1", "JSON object"},
	    {"\"x\"", "JSON object"},
	    {"null", "JSON object"},
	    {"[]", "publish.items"},
	    {"[{},{},{},{},{},{}]", "publish.items"},
	    {"{}", "\"to\""},
	    {"{\"to\":1}", "\"to\""},
	    {"{\"to\":{}}", "\"to\""},
	    {"{\"to\":{\"everyone\":false}}", "\"to\""},
	    {"{\"to\":{\"everyone\":1}}", "\"to\""},
	    {"{\"to\":{\"user\":\"a\",\"everyone\":true}}", "\"to\""},
	    {"{\"to\":{\"group\":\"a\"}}", "\"to\""},
	    {"{\"to\":{\"user\":1}}", "1 to 255"},
	    {"{\"to\":{\"user\":\"\"}}", "1 to 255"},
	    {"{\"to\":{\"user\":\"a\\u0000b\"}}", "control character"},
	    {"{\"to\":{\"user\":\"a\\nb\"}}", "control character"},
	    {"{\"to\":{\"user\":\"a\\u007f\"}}", "control character"},
	    {"{\"to\":{\"user\":\"a\\u0085\"}}", "control character"},
	    {"{\"to\":{\"users\":[]}}", "publish.recipients"},
	    {"{\"to\":{\"users\":\"a\"}}", "publish.recipients"},
	    {"{\"to\":{\"users\":[\"a\",\"b\",\"c\",\"d\"]}}", "publish.recipients"},
	    {"{\"to\":{\"users\":[\"a\",1]}}", "1 to 255"},
	    {"{\"to\":{\"user\":\"a\"},\"title\":\"x\"}", "\"type\""},
	    {"{\"to\":{\"user\":\"a\"},\"type\":\"t\"}", "\"title\""},
	    {"{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"\"}", "\"title\""},
	    {"{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\",\"colour\":1}", "\"colour\""},
	    {"{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\",\"expires_at\":"
	     "\"1970-01-01T00:00:01Z\"}",
	     "in the past"},
	    {"[{\"to\":{\"users\":[\"a\",\"b\",\"c\"]},\"type\":\"t\",\"title\":\"x\"},"
	     "{\"to\":{\"users\":[\"a\",\"b\",\"c\"]},\"type\":\"t\",\"title\":\"x\"}]",
	     "publish.notifications"},
	};
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_text(&fixture, rows[i].text), 0);
		assert_int_equal(fixture.publication.publish.item_count, 0);
		if (strstr(fixture.publication.refusal, rows[i].reason) == NULL)
			fail_msg("%s: %s", rows[i].text, fixture.publication.refusal);
	}
	finish(&fixture);
}

static void test_longest_name(void **state)
{
	struct fixture fixture;
	char text[400], name[257];

	(void)state;
	begin(&fixture);
	memset(name, 'x', sizeof(name));
	snprintf(text, sizeof(text),
		 "{\"to\":{\"user\":\"%.255s\"},\"type\":\"t\",\"title\":\"x\"}", name);
	only_item(&fixture, text);
	snprintf(text, sizeof(text),
		 "{\"to\":{\"user\":\"%.256s\"},\"type\":\"t\",\"title\":\"x\"}", name);
	assert_int_equal(read_text(&fixture, text), 0);
	assert_non_null(fixture.publication.refusal);
	finish(&fixture);
}

/* Nothing of a refused item is left in the next one. */
static void test_after_a_refusal(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_int_equal(read_text(&fixture, "[{\"to\":{\"users\":[\"a\",\"b\"]},\"type\":\"t\"},"
					     "{\"to\":{\"everyone\":true},\"type\":\"t\","
					     "\"title\":\"y\"}]"),
			 0);
	assert_int_equal(fixture.publication.publish.item_count, 1);
	assert_int_equal(fixture.publication.publish.items[0].user_count, 0);
	assert_int_equal(fixture.publication.recipients, 1);
	finish(&fixture);
}

static void test_a_topic(void **state)
{
	static const char *const others[] = {"\"\"", "\"a/b\"", "5", "null", "[\"news\"]"};
	struct fixture fixture;
	const struct store_item *item;

	(void)state;
	begin(&fixture);
	item = only_item(&fixture, "{\"to\":{\"topic\":\"news\"},\"type\":\"t\",\"title\":\"x\"}");
	assert_slice(item->topic, "news");
	assert_int_equal(item->user_count, 0);
	assert_false(store_item_is_to_everyone(item));
	assert_int_equal(fixture.publication.recipients, 1);
	assert_int_equal(fixture.publication.publish.limit, 5);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "{\"to\":{\"topic\":%s},\"type\":\"t\",\"title\":\"x\"}", others[i]);
		assert_int_equal(read_text(&fixture, text), 0);
		assert_non_null(strstr(fixture.publication.refusal, "a topic is 1 to 128 letters"));
	}
	finish(&fixture);
}

static void test_nothing_to_note(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	only_item(&fixture, "{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\"}");
	assert_int_equal(publication_set_note(&fixture.publication, &fixture.arena), 0);
	assert_slice(fixture.publication.publish.note, "");
	assert_int_equal(read_text(&fixture, "5"), 0);
	assert_int_equal(publication_set_note(&fixture.publication, &fixture.arena), 0);
	assert_slice(fixture.publication.publish.note, "");
	finish(&fixture);
}

static json_t *many_users(int count)
{
	json_t *users = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(users, json_sprintf("user %d", i));
	return users;
}

static void test_out_of_memory(void **state)
{
	const char *text = "[{\"to\":{\"users\":[]},\"type\":\"t\",\"title\":\"x\","
			   "\"data\":{\"k\":1}},5,{\"to\":{\"user\":\"c\"},\"type\":\"t\","
			   "\"title\":\"y\"}]";
	json_t *json = json_loads(text, 0, NULL);

	(void)state;
	json_object_set_new(json_object_get(json_array_get(json, 0), "to"), "users",
			    many_users(1000));
	for (unsigned n = 1;; n++) {
		const struct notification_source source = {json, slice_from_string(text)};
		struct fixture fixture;
		int result;
		bool failed;

		begin(&fixture);
		fixture.settings.publish_recipients = 1000;
		fixture.settings.publish_notifications = 2000;
		failing_allocator_fail_at(n);
		result = publication_read(&fixture.publication, &source, &fixture.settings, NULL,
					  NOW, &fixture.arena);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		finish(&fixture);
		if (!failed)
			break;
	}
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recipients),	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_refusals),	    cmocka_unit_test(test_longest_name),
	    cmocka_unit_test(test_after_a_refusal), cmocka_unit_test(test_nothing_to_note),
	    cmocka_unit_test(test_a_topic),	    cmocka_unit_test(test_out_of_memory),
	};

	failing_allocator_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
