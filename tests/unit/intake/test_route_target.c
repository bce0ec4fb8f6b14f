#include "rules.h"

/* What `to` becomes for a message; NULL where it is refused, with the sentence in `ret_error`. */
static char *target_of(const char *to, const char *message, struct error *ret_error)
{
	struct buffer list = BUFFER_EMPTY;
	struct routing_decision decision;
	struct rules rules;
	json_t *json = rules_message(message);
	char *text = NULL;
	int result;

	buffer_append_format(&list, "[{name: one, to: {%s}}]%c", to, '\0');
	rules_make(&rules, list.data);
	result = routing_apply(rules.routing, json, 0, &decision, ret_error);
	if (result == 0)
		text = json_dumps(decision.to, JSON_COMPACT);
	else
		assert_int_equal(result, -EINVAL);
	json_decref(decision.to);
	json_decref(json);
	rules_finish(&rules);
	buffer_finish(&list);
	return text;
}

static void assert_target(const char *to, const char *message, const char *expected)
{
	struct error error = {""};
	char *text = target_of(to, message, &error);

	if (text == NULL)
		fail_msg("%s", error.text);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_no_target(const char *to, const char *message, const char *sentence)
{
	struct error error = {""};

	assert_null(target_of(to, message, &error));
	assert_string_equal(error.text, sentence);
}

static void every_kind_of_recipient_can_be_given(void **state)
{
	(void)state;
	assert_target("topic: ops", "{}", "{\"topic\":\"ops\"}");
	assert_target("user: anna", "{}", "{\"user\":\"anna\"}");
	assert_target("user: 42", "{}", "{\"user\":\"42\"}");
	assert_target("users: [anna, bo]", "{}", "{\"users\":[\"anna\",\"bo\"]}");
	assert_target("everyone: true", "{}", "{\"everyone\":true}");
}

static void names_are_taken_from_the_message(void **state)
{
	const char *message =
	    "{\"type\":\"order.new\",\"data\":{\"owner\":\"\\u00e5ge\",\"team\":7,"
	    "\"watchers\":[\"a\",\"b\"]}}";

	(void)state;
	assert_target("user: '${data.owner}'", message, "{\"user\":\"åge\"}");
	assert_target("user: 'team-${data.team}'", message, "{\"user\":\"team-7\"}");
	assert_target("topic: '${type}/${data.team}.'", message, "{\"topic\":\"order.new/7.\"}");
	assert_target("users: [boss, '${data.owner}', '${data.watchers.1}']", message,
		      "{\"users\":[\"boss\",\"åge\",\"b\"]}");
	assert_target("users: '${data.watchers}'", message, "{\"users\":[\"a\",\"b\"]}");
	assert_target("user: 'a}b$c'", message, "{\"user\":\"a}b$c\"}");
}

static void what_the_message_lacks_is_said(void **state)
{
	(void)state;
	assert_no_target("user: '${data.owner}'", "{}",
			 "the rule one decides about this message: its recipient is data.owner, "
			 "which it lacks; send that along");
	assert_no_target("user: '${data.owner}'", "{\"data\":{\"owner\":null}}",
			 "the rule one decides about this message: its recipient is data.owner, "
			 "which it lacks; send that along");
	assert_no_target("user: '${data.owner}'", "{\"data\":{\"owner\":1.5}}",
			 "the rule one decides about this message: its recipient is data.owner, "
			 "which is no text or whole number");
	assert_no_target("users: ['${data.owner}']", "{\"data\":{\"owner\":[\"a\"]}}",
			 "the rule one decides about this message: its recipient is data.owner, "
			 "which is no text or whole number");
	assert_no_target("users: '${data.owner}'", "{\"data\":{\"owner\":\"a\"}}",
			 "the rule one decides about this message: its recipient is data.owner, "
			 "which is no array");
}

static void other_targets_are_refused(void **state)
{
	static const struct {
		const char *list, *sentence;
	} rows[] = {
	    {"[{name: a, to: anna}]", "allim.yaml:3:16: rule a: \"to\" is {topic: NAME}, "},
	    {"[{name: a, to: {}}]", "allim.yaml:3:16: rule a: \"to\" is {topic: NAME}, "},
	    {"[{name: a, to: {user: x, topic: y}}]", "allim.yaml:3:16: rule a: \"to\" is "},
	    {"[{name: a, to: {group: x}}]",
	     "allim.yaml:3:21: rule a: group is no member of \"to\"; accepted are topic, user, "
	     "users and everyone"},
	    {"[{name: a, to: {user: ''}}]",
	     "allim.yaml:3:21: rule a: a name in \"to\" is a text of "},
	    {"[{name: a, to: {user: [x]}}]", "allim.yaml:3:21: rule a: a name in \"to\" is a text"},
	    {"[{name: a, to: {users: []}}]", "allim.yaml:3:21: rule a: \"users\" is a list of 1 "},
	    {"[{name: a, to: {users: anna}}]",
	     "allim.yaml:3:21: rule a: \"users\" with one name; "},
	    {"[{name: a, to: {users: 'x${type}'}}]",
	     "allim.yaml:3:21: rule a: \"users\" with one "},
	    {"[{name: a, to: {users: {a: b}}}]",
	     "allim.yaml:3:21: rule a: \"users\" is a list of "},
	    {"[{name: a, to: {users: [{a: b}]}}]", "allim.yaml:3:29: rule a: a name in \"to\" is "},
	    {"[{name: a, to: {everyone: false}}]",
	     "allim.yaml:3:21: rule a: \"everyone\" can only "},
	    {"[{name: a, to: {everyone: 'true'}}]", "allim.yaml:3:21: rule a: \"everyone\" can "},
	    {"[{name: a, to: {user: '${data.x'}}]", "allim.yaml:3:21: rule a: a ${ without its }"},
	    {"[{name: a, to: {user: '${}'}}]", "allim.yaml:3:21: rule a: \"\" is no path: "},
	    {"[{name: a, to: {user: '${x}'}}]", "allim.yaml:3:21: rule a: x is no member of a "},
	    {"[{name: a, to: {user: '${type}${type}${type}${type}${type}'}}]",
	     "allim.yaml:3:21: rule a: more than 4 ${...} in one text"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rules_assert_refused(rows[i].list, rows[i].sentence);
}

static void names_have_limits(void **state)
{
	static const struct {
		const char *member;
		int most;
	} rows[] = {{"user", 255}, {"topic", 128}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer list = BUFFER_EMPTY;
		struct rules rules;

		buffer_append_format(&list, "[{name: a, to: {%s: %0*d}}]%c", rows[i].member,
				     rows[i].most + 1, 0, '\0');
		rules_assert_refused(list.data, "allim.yaml:3:21: rule a: a name in \"to\" is a ");
		buffer_clear(&list);
		buffer_append_format(&list, "[{name: a, to: {%s: %0*d}}]%c", rows[i].member,
				     rows[i].most, 0, '\0');
		rules_make(&rules, list.data);
		rules_finish(&rules);
		buffer_finish(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_recipient_can_be_given),
	    cmocka_unit_test(names_are_taken_from_the_message),
	    cmocka_unit_test(what_the_message_lacks_is_said),
	    cmocka_unit_test(other_targets_are_refused),
	    cmocka_unit_test(names_have_limits),
	};

	return cmocka_run_group_tests_name("route_target", tests, NULL, NULL);
}
