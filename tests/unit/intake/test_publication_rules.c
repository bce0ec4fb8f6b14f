/* What rules do to a publication, and that a repeated request is told the same again. */
#include "intake/publication.h"

#include "core/json_reader.h"
#include "lib/failing_allocator.h"
#include "rules.h"

#include <stdio.h>

enum { NOW = 1000000 };

struct fixture {
	struct rules rules;
	struct arena arena;
	struct publication publication;
};

static void begin(struct fixture *fixture, const char *list)
{
	*fixture = (struct fixture){.arena = ARENA_EMPTY};
	rules_make(&fixture->rules, list);
}

static void finish(struct fixture *fixture)
{
	arena_finish(&fixture->arena);
	rules_finish(&fixture->rules);
}

static int read_json(struct fixture *fixture, json_t *json, const char *text)
{
	struct notification_source source = {json, slice_from_string(text)};

	fixture->publication = (struct publication){.is_array = false};
	return publication_read(&fixture->publication, &source, &fixture->rules.settings,
				fixture->rules.routing, NOW, &fixture->arena);
}

static struct publication *read_text(struct fixture *fixture, const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%s: %s", text, error.text);
	assert_int_equal(read_json(fixture, json, text), 0);
	json_decref(json);
	return &fixture->publication;
}

static void a_rule_gives_recipients_priority_and_expiry(void **state)
{
	struct fixture fixture;
	const struct publication *publication;
	const struct store_item *item;

	(void)state;
	begin(&fixture, "[{name: r, when: {type: t}, to: {users: [a, b]}, priority: urgent, "
			"expires_in: 2s}]");
	publication = read_text(&fixture, "{\"type\":\"t\",\"title\":\"x\",\"to\":{\"user\":\"c\"},"
					  "\"priority\":\"low\",\"user\":{\"plan\":\"pro\"}}");
	assert_null(publication->refusal);
	item = publication->outcomes[0].item;
	assert_int_equal(item->user_count, 2);
	assert_slice(item->users[1], "b");
	assert_int_equal(item->content.priority, NOTIFICATION_URGENT);
	assert_true(item->content.expires_at == NOW + 2000000);
	assert_string_equal(publication->outcomes[0].rule, "r");
	assert_slice(publication->outcomes[0].to, "{\"users\":[\"a\",\"b\"]}");
	assert_int_equal(publication->routed, 1);
	assert_int_equal(publication->dropped, 0);
	assert_int_equal(publication->recipients, 2);
	assert_false(publication->publish.keeps_key);
	finish(&fixture);
}

static void what_a_rule_does_not_say_stays_the_messages_own(void **state)
{
	struct fixture fixture;
	const struct publication *publication;

	(void)state;
	begin(&fixture, "[{name: r, when: {type: t}}]");
	publication = read_text(
	    &fixture,
	    "{\"type\":\"t\",\"title\":\"x\",\"to\":{\"user\":\"c\"},\"priority\":\"low\","
	    "\"expires_at\":\"2030-01-01T00:00:00Z\"}");
	assert_null(publication->refusal);
	assert_slice(publication->outcomes[0].item->users[0], "c");
	assert_int_equal(publication->outcomes[0].item->content.priority, NOTIFICATION_LOW);
	assert_true(publication->outcomes[0].item->content.expires_at == 1893456000000000);
	assert_string_equal(publication->outcomes[0].rule, "r");
	assert_int_equal(publication->outcomes[0].to.length, 0);
	publication =
	    read_text(&fixture, "{\"type\":\"u\",\"title\":\"x\",\"to\":{\"user\":\"c\"}}");
	assert_null(publication->outcomes[0].rule);
	assert_int_equal(publication->routed, 0);
	finish(&fixture);
}

static void a_rule_drops(void **state)
{
	struct fixture fixture;
	const struct publication *publication;

	(void)state;
	begin(&fixture, "[{name: r, when: {type: t}, drop: true}]");
	publication = read_text(&fixture, "{\"type\":\"t\",\"title\":\"x\"}");
	assert_null(publication->refusal);
	assert_true(publication->outcomes[0].is_dropped);
	assert_string_equal(publication->outcomes[0].rule, "r");
	assert_null(publication->outcomes[0].item);
	assert_int_equal(publication->publish.item_count, 0);
	assert_int_equal(publication->dropped, 1);
	assert_true(publication->publish.keeps_key);
	finish(&fixture);
}

static void assert_refused(struct fixture *fixture, const char *text, const char *sentence)
{
	const struct publication *publication = read_text(fixture, text);

	assert_non_null(publication->refusal);
	assert_string_equal(publication->refusal, sentence);
	assert_int_equal(publication->routed, 0);
	assert_int_equal(publication->dropped, 0);
	assert_false(publication->publish.keeps_key);
}

static void what_is_not_valid_is_refused_whatever_the_rules_say(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture, "[{name: r, when: {type: t}, drop: true}, {name: s, when: {type: s}, to: "
			"{user: '${data.owner}'}}]");
	assert_refused(&fixture, "{\"type\":\"t\"}", "\"title\" is missing; it is required");
	assert_refused(
	    &fixture, "{\"type\":\"u\",\"title\":\"x\"}",
	    "\"to\" is missing; say whom it is for, or let a rule of routing.rules do so");
	assert_refused(&fixture, "{\"type\":\"s\",\"title\":\"x\"}",
		       "the rule s decides about this message: its recipient is data.owner, which "
		       "it lacks; send that along");
	assert_refused(&fixture, "{\"type\":\"s\",\"title\":\"x\",\"data\":{\"owner\":\"\"}}",
		       "a user is a string of 1 to 255 bytes");
	assert_refused(&fixture,
		       "{\"type\":\"u\",\"title\":\"x\",\"to\":{\"user\":\"a\"},\"user\":\"anna\"}",
		       "\"user\" is an object of attributes that rules may ask for; whom it is for "
		       "stands in \"to\"");
	finish(&fixture);
}

static void a_limit_that_is_passed_leaves_nothing(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture, "[{name: r, when: {type: t}, drop: true}, {name: s, to: {users: [a, b]}}]");
	fixture.rules.settings.publish_notifications = 1;
	assert_refused(&fixture,
		       "[{\"type\":\"t\",\"title\":\"x\"},{\"type\":\"u\",\"title\":\"x\"}]",
		       "one request makes at most 1 notifications, one for each user; "
		       "publish.notifications limits them");
	assert_int_equal(fixture.publication.publish.item_count, 0);
	assert_int_equal(fixture.publication.outcome_count, 0);
	assert_int_equal(fixture.publication.recipients, 0);
	finish(&fixture);
}

/* As one item each: who gets it, or what else became of it. */
static char *describe(const struct publication *publication)
{
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < publication->outcome_count; i++) {
		const struct publication_outcome *outcome = &publication->outcomes[i];
		const struct store_item *item = outcome->item;

		buffer_append_format(&text, "%s[%s%s", i > 0 ? " " : "",
				     outcome->rule == NULL ? "" : outcome->rule,
				     outcome->is_dropped ? " dropped" : "");
		if (outcome->refusal != NULL)
			buffer_append_string(&text, outcome->refusal);
		for (size_t k = 0; item != NULL && k < item->user_count; k++)
			buffer_append_format(&text, " %.*s", (int)item->users[k].length,
					     item->users[k].data);
		if (item != NULL && item->user_count == 0)
			buffer_append_string(&text, " everyone");
		buffer_append_byte(&text, ']');
	}
	buffer_append_byte(&text, '\0');
	return text.data;
}

static void assert_described(const struct publication *publication, const char *expected)
{
	char *text = describe(publication);

	assert_string_equal(text, expected);
	free(text);
}

#define MIXED                                                                   \
	"[{\"type\":\"d\",\"title\":\"x\"},{\"type\":\"o\",\"title\":\"x\"},5," \
	"{\"type\":\"u\",\"title\":\"x\",\"to\":{\"users\":[\"c\",\"d\"]}},"    \
	"{\"type\":\"p\",\"title\":\"x\",\"to\":{\"everyone\":true}},"          \
	"{\"type\":\"e\",\"title\":\"x\"}]"
#define MIXED_RULES                                             \
	"[{name: debug, when: {type: d}, drop: true}, "         \
	"{name: owner, when: {type: o}, to: {users: [a, b]}}, " \
	"{name: plain, when: {type: p}, priority: low}, "       \
	"{name: all, when: {type: e}, to: {everyone: true}}]"
#define MIXED_DESCRIBED                                                         \
	"[debug dropped] [owner a b] [a notification is a JSON object] [ c d] " \
	"[plain everyone] [all everyone]"

static int recall(struct fixture *fixture, struct slice note, json_t *body)
{
	static const int64_t ids[] = {1, 2, 3, 4, 5, 6};

	fixture->publication.publish.replay =
	    (struct store_publish_replay){.is_set = true, .ids = ids, .id_count = 6, .note = note};
	return publication_recall(&fixture->publication, body, &fixture->arena);
}

static void a_replay_tells_what_the_rules_of_then_said(void **state)
{
	struct fixture then, now;
	json_t *body = rules_message("{\"list\":" MIXED "}");

	(void)state;
	begin(&then, MIXED_RULES);
	begin(&now, "[{name: other, to: {user: z}}]");
	read_text(&then, MIXED);
	assert_described(&then.publication, MIXED_DESCRIBED);
	assert_int_equal(then.publication.routed, 4);
	assert_int_equal(then.publication.publish.item_count, 4);
	assert_int_equal(publication_set_note(&then.publication, &then.arena), 0);
	read_text(&now, MIXED);
	assert_int_equal(recall(&now, then.publication.publish.note, json_object_get(body, "list")),
			 0);
	assert_described(&now.publication, MIXED_DESCRIBED);
	assert_true(now.publication.outcomes[4].item->ids ==
		    now.publication.publish.replay.ids + 4);
	json_decref(body);
	finish(&now);
	finish(&then);
}

/* The request alone would say something else. */
static void each_decision_is_kept_even_of_a_single_item(void **state)
{
	static const struct {
		const char *rules, *text, *note;
	} rows[] = {
	    {"[{name: r, drop: true}]", "{\"type\":\"t\",\"title\":\"x\"}",
	     "[{\"rule\":\"r\",\"dropped\":true}]"},
	    {"[{name: r, to: {user: a}}]", "{\"type\":\"t\",\"title\":\"x\"}",
	     "[{\"rule\":\"r\",\"to\":{\"user\":\"a\"}}]"},
	    {"[{name: r, priority: low}]",
	     "{\"type\":\"t\",\"title\":\"x\",\"to\":{\"user\":\"a\"}}", "[{\"rule\":\"r\"}]"},
	    {"[]", "{\"type\":\"t\",\"title\":\"x\",\"to\":{\"user\":\"a\"}}", ""},
	    {"[{name: r, drop: true}]", "[5]", ""},
	    {"[{name: r, drop: true}]", "[5,{\"type\":\"t\",\"title\":\"x\"}]",
	     "[\"a notification is a JSON object\",{\"rule\":\"r\",\"dropped\":true}]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture fixture;

		begin(&fixture, rows[i].rules);
		read_text(&fixture, rows[i].text);
		assert_int_equal(publication_set_note(&fixture.publication, &fixture.arena), 0);
		assert_slice(fixture.publication.publish.note, rows[i].note);
		finish(&fixture);
	}
}

static void a_shortage_of_memory_is_survived(void **state)
{
	json_t *body = rules_message("{\"list\":" MIXED "}");

	(void)state;
	for (unsigned n = 1;; n++) {
		struct fixture fixture;
		bool failed;
		int result;

		begin(&fixture, MIXED_RULES);
		failing_allocator_fail_at(n);
		result = read_json(&fixture, json_object_get(body, "list"), MIXED);
		if (result == 0)
			result = publication_set_note(&fixture.publication, &fixture.arena);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		finish(&fixture);
		if (!failed)
			break;
	}
	json_decref(body);
}

/* What was refused then must not pass for published. */
static void a_replay_survives_a_shortage_of_memory(void **state)
{
	struct fixture then;
	json_t *body = rules_message("{\"list\":" MIXED "}");

	(void)state;
	begin(&then, MIXED_RULES);
	read_text(&then, MIXED);
	assert_int_equal(publication_set_note(&then.publication, &then.arena), 0);
	for (unsigned n = 1;; n++) {
		struct fixture now;
		bool failed;
		int result;

		begin(&now, "[]");
		read_text(&now, MIXED);
		failing_allocator_fail_at(n);
		result = recall(&now, then.publication.publish.note, json_object_get(body, "list"));
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (!failed)
			assert_described(&now.publication, MIXED_DESCRIBED);
		finish(&now);
		if (!failed)
			break;
	}
	json_decref(body);
	finish(&then);
}

static void a_note_that_is_damaged_is_no_note(void **state)
{
	struct fixture fixture;
	const char *text = "{\"type\":\"u\",\"title\":\"x\",\"to\":{\"user\":\"c\"}}";
	json_t *body = rules_message(text);

	(void)state;
	begin(&fixture, "[]");
	read_text(&fixture, text);
	assert_int_equal(recall(&fixture, SLICE("[nul"), body), -EIO);
	assert_int_equal(recall(&fixture, SLICE(""), body), 0);
	json_decref(body);
	finish(&fixture);
}

static int adopt_jansson(void **state)
{
	(void)state;
	json_reader_adopt();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_gives_recipients_priority_and_expiry),
	    cmocka_unit_test(what_a_rule_does_not_say_stays_the_messages_own),
	    cmocka_unit_test(a_rule_drops),
	    cmocka_unit_test(what_is_not_valid_is_refused_whatever_the_rules_say),
	    cmocka_unit_test(a_limit_that_is_passed_leaves_nothing),
	    cmocka_unit_test(a_replay_tells_what_the_rules_of_then_said),
	    cmocka_unit_test(each_decision_is_kept_even_of_a_single_item),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	    cmocka_unit_test(a_replay_survives_a_shortage_of_memory),
	    cmocka_unit_test(a_note_that_is_damaged_is_no_note),
	};

	return cmocka_run_group_tests_name("publication_rules", tests, adopt_jansson, NULL);
}
