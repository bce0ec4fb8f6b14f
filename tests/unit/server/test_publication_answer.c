#include "server/publication_answer.h"

#include "config/settings.h"
#include "lib/assertions.h"

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

/* A refused item does not disturb the others, and each answer stands at its item's place. */
static void test_array(void **state)
{
	struct fixture fixture;
	struct publication *publication = &fixture.publication;
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	begin(&fixture);
	assert_int_equal(
	    read_text(&fixture,
		      "[{\"to\":{\"users\":[\"a\",\"b\"]},\"type\":\"t\",\"title\":\"x\"},"
		      "5,{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"y\"}]"),
	    0);
	assert_true(publication->is_array);
	assert_int_equal(publication->publish.item_count, 2);
	assert_int_equal(publication->recipients, 3);
	publication->publish.items[0].ids = (const int64_t[]){7, 8};
	publication->publish.items[1].ids = (const int64_t[]){9};
	publication->publish.created_at = 1777627800250000;
	publication_answer_append(publication, &out);
	assert_buffer(
	    out, "{\"results\":[{\"status\":201,\"id\":7,\"notifications\":[{\"id\":7,\"user\":"
		 "\"a\"},{\"id\":8,\"user\":\"b\"}],\"created_at\":\"2026-05-01T09:30:00."
		 "250Z\"},{\"status\":422,\"code\":\"invalid_notification\",\"detail\":\"a "
		 "notification is a JSON object\"},{\"status\":201,\"id\":9,\"notifications\":["
		 "{\"id\":9,\"everyone\":true}],\"created_at\":\"2026-05-01T09:30:00.250Z\"}]}");
	buffer_finish(&out);
	finish(&fixture);
}

static void test_single_answer(void **state)
{
	struct fixture fixture;
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	begin(&fixture);
	only_item(&fixture, "{\"to\":{\"user\":\"a\\\"b\"},\"type\":\"t\",\"title\":\"x\"}");
	fixture.publication.publish.items[0].ids = (const int64_t[]){7};
	fixture.publication.publish.created_at = 1777627800250000;
	publication_answer_append(&fixture.publication, &out);
	assert_buffer(out, "{\"id\":7,\"notifications\":[{\"id\":7,\"user\":\"a\\\"b\"}],"
			   "\"created_at\":\"2026-05-01T09:30:00.250Z\"}");
	buffer_finish(&out);
	finish(&fixture);
}

/* What was read does not need the JSON any more: it was freed in read_text(). */
static void test_only_refusals(void **state)
{
	struct fixture fixture;
	struct buffer out = BUFFER_EMPTY;
	json_t *json, *results;

	(void)state;
	begin(&fixture);
	assert_int_equal(read_text(&fixture, "[1,2]"), 0);
	assert_int_equal(fixture.publication.publish.item_count, 0);
	assert_int_equal(fixture.publication.recipients, 0);
	publication_answer_append(&fixture.publication, &out);
	json = json_loadb(out.data, out.length, 0, NULL);
	results = json_object_get(json, "results");
	assert_int_equal(json_array_size(results), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(results, 1), "status")),
			 422);
	json_decref(json);
	buffer_finish(&out);
	finish(&fixture);
}

/* What the note keeps of a first answer, and the ids, make the same answer again, whatever the
 * settings and the time are by then. */
static void test_recall(void **state)
{
	const char *text =
	    "[{\"to\":{\"users\":[\"a\",\"b\",\"a\"]},\"type\":\"t\",\"title\":\"x\"},5,"
	    "{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"y\"}]";
	const int64_t ids[] = {7, 8, 9};
	struct fixture fixture;
	struct publication *publication = &fixture.publication;
	struct store_publish_replay replay = {.is_set = true, .ids = ids, .id_count = 3};
	struct buffer first = BUFFER_EMPTY, again = BUFFER_EMPTY;
	json_t *json = json_loads(text, 0, NULL);

	(void)state;
	begin(&fixture);
	assert_int_equal(read_text(&fixture, text), 0);
	assert_int_equal(publication_set_note(publication, &fixture.arena), 0);
	publication->publish.items[0].ids = ids;
	publication->publish.items[1].ids = ids + 2;
	publication_answer_append(publication, &first);
	replay.note = publication->publish.note;
	fixture.settings.publish_items = 1;
	assert_int_equal(read_text(&fixture, text), 0);
	assert_non_null(publication->refusal);
	publication->publish.replay = replay;
	assert_int_equal(publication_recall(publication, json, &fixture.arena), 0);
	publication_answer_append(publication, &again);
	assert_slices(buffer_slice(&again), buffer_slice(&first));
	publication->publish.replay.id_count = 2;
	assert_int_equal(publication_recall(publication, json, &fixture.arena), -EIO);
	json_decref(json);
	buffer_finish(&first);
	buffer_finish(&again);
	finish(&fixture);
}

/* The first answer and the one of a replay, of a topic with members and of one without. */
static void test_a_topic_is_recalled(void **state)
{
	const char *text = "[{\"to\":{\"topic\":\"news\"},\"type\":\"t\",\"title\":\"x\"},5,"
			   "{\"to\":{\"topic\":\"nobody\"},\"type\":\"t\",\"title\":\"x\"},"
			   "{\"to\":{\"user\":\"c\"},\"type\":\"t\",\"title\":\"y\"}]";
	const struct slice users[] = {SLICE("a"), SLICE("b")};
	const struct store_members topics[] = {{users, 2}, {users, 0}};
	const int64_t ids[] = {7, 8, 9};
	struct fixture fixture;
	struct publication *publication = &fixture.publication;
	struct buffer first = BUFFER_EMPTY, again = BUFFER_EMPTY;
	json_t *json = json_loads(text, 0, NULL);

	(void)state;
	begin(&fixture);
	assert_int_equal(read_text(&fixture, text), 0);
	assert_int_equal(publication_set_note(publication, &fixture.arena), 0);
	publication->publish.items[0].users = users;
	publication->publish.items[0].user_count = 2;
	publication->publish.items[0].ids = ids;
	publication->publish.items[2].ids = ids + 2;
	publication_answer_append(publication, &first);
	buffer_append_byte(&first, '\0');
	assert_non_null(strstr(first.data,
			       "{\"status\":201,\"id\":7,\"topic\":\"news\",\"recipients\":2,"
			       "\"notifications\":[{\"id\":7,\"user\":\"a\"},"
			       "{\"id\":8,\"user\":\"b\"}],\"created_at\":"));
	assert_non_null(strstr(first.data, "{\"status\":201,\"topic\":\"nobody\","
					   "\"recipients\":0,\"notifications\":[]}"));
	publication->publish.replay = (struct store_publish_replay){
	    .is_set = true,
	    .ids = ids,
	    .id_count = 3,
	    .topics = topics,
	    .topic_count = 2,
	    .note = publication->publish.note,
	};
	assert_int_equal(publication_recall(publication, json, &fixture.arena), 0);
	publication_answer_append(publication, &again);
	buffer_append_byte(&again, '\0');
	assert_string_equal(again.data, first.data);
	publication->publish.replay.topic_count = 1;
	assert_int_equal(publication_recall(publication, json, &fixture.arena), -EIO);
	json_decref(json);
	buffer_finish(&first);
	buffer_finish(&again);
	finish(&fixture);
}

/* What rules did is told: who decided about an item, and what was dropped. */
static void test_rules(void **state)
{
	struct publication_outcome outcomes[] = {
	    {.rule = "no-debug", .is_dropped = true},
	    {.rule = "vip"},
	};
	const struct slice users[] = {SLICE("a")};
	const struct store_item item = {
	    .users = users, .user_count = 1, .ids = (const int64_t[]){7}};
	struct publication publication = {
	    .publish.created_at = 1777627800250000, .outcome_count = 1, .outcomes = &outcomes[0]};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	outcomes[1].item = &item;
	assert_int_equal(publication_answer_status(&publication), 202);
	publication_answer_append(&publication, &out);
	assert_buffer(out, "{\"dropped_by\":\"no-debug\"}");
	buffer_clear(&out);
	publication.outcomes = &outcomes[1];
	assert_int_equal(publication_answer_status(&publication), 201);
	publication_answer_append(&publication, &out);
	assert_buffer(out, "{\"id\":7,\"notifications\":[{\"id\":7,\"user\":\"a\"}],\"created_at\":"
			   "\"2026-05-01T09:30:00.250Z\",\"routed_by\":\"vip\"}");
	buffer_clear(&out);
	publication.is_array = true;
	publication.outcomes = outcomes;
	publication.outcome_count = 2;
	assert_int_equal(publication_answer_status(&publication), 200);
	publication_answer_append(&publication, &out);
	assert_buffer(out,
		      "{\"results\":[{\"status\":202,\"dropped_by\":\"no-debug\"},{\"status\":201,"
		      "\"id\":7,\"notifications\":[{\"id\":7,\"user\":\"a\"}],\"created_at\":"
		      "\"2026-05-01T09:30:00.250Z\",\"routed_by\":\"vip\"}]}");
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_array),
	    cmocka_unit_test(test_single_answer),
	    cmocka_unit_test(test_only_refusals),
	    cmocka_unit_test(test_recall),
	    cmocka_unit_test(test_a_topic_is_recalled),
	    cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
