#include "rules.h"

static void all_conditions_must_hold(void **state)
{
	const char *when = "type: 'order.*', data.amount: '>= 10', user.plan: [pro, team]";

	(void)state;
	assert_true(rules_condition_holds(
	    when, "{\"type\":\"order.new\",\"data\":{\"amount\":10},\"user\":{\"plan\":\"pro\"}}"));
	assert_false(rules_condition_holds(
	    when, "{\"type\":\"order.new\",\"data\":{\"amount\":9},\"user\":{\"plan\":\"pro\"}}"));
	assert_false(
	    rules_condition_holds(when, "{\"type\":\"order.new\",\"data\":{\"amount\":10}}"));
	assert_false(rules_condition_holds(
	    when, "{\"type\":\"x\",\"data\":{\"amount\":10},\"user\":{\"plan\":\"pro\"}}"));
}

static bool holds(const char *rule, const char *message)
{
	struct routing_decision decision;
	struct rules rules;
	json_t *json = rules_message(message);

	rules_make(&rules, rule);
	assert_int_equal(routing_apply(rules.routing, json, 0, &decision, &rules.error), 0);
	json_decref(decision.to);
	json_decref(json);
	rules_finish(&rules);
	return decision.rule != NULL;
}

static void none_of_the_exceptions_may_hold(void **state)
{
	const char *rule = "[{name: a, when: {type: t}, unless: {data.country: [KR, JP], "
			   "user.plan: free}}]";

	(void)state;
	assert_true(holds(rule, "{\"type\":\"t\"}"));
	assert_true(holds(rule, "{\"type\":\"t\",\"data\":{\"country\":\"US\"}}"));
	assert_false(holds(rule, "{\"type\":\"t\",\"data\":{\"country\":\"JP\"}}"));
	assert_false(holds(rule, "{\"type\":\"t\",\"user\":{\"plan\":\"free\"}}"));
	assert_false(holds(rule, "{\"type\":\"u\"}"));
	assert_true(holds("[{name: a, unless: {type: t}}]", "{\"type\":\"u\"}"));
	assert_true(holds("[{name: a}]", "{}"));
	assert_false(holds("[{name: a, unless: {data.x: absent}}]", "{}"));
}

static void a_message_without_a_priority_has_the_normal_one(void **state)
{
	(void)state;
	assert_true(rules_condition_holds("priority: normal", "{}"));
	assert_true(rules_condition_holds("priority: [low, normal]", "{}"));
	assert_false(rules_condition_holds("priority: [low, high]", "{}"));
	assert_true(rules_condition_holds("priority: '!= low'", "{}"));
	assert_false(rules_condition_holds("priority: '!= normal'", "{}"));
	assert_true(rules_condition_holds("priority: normal", "{\"priority\":\"normal\"}"));
	assert_false(rules_condition_holds("priority: normal", "{\"priority\":\"low\"}"));
	assert_true(rules_condition_holds("priority: urgent", "{\"priority\":\"urgent\"}"));
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *list, *sentence;
	} rows[] = {
	    {"[1]", "allim.yaml:3:6: a rule is a mapping such as "},
	    {"- {when: {type: t}}", "allim.yaml:3:7: a rule lacks its name; give it one"},
	    {"- name: a b", "allim.yaml:3:7: name \"a b\" must be 1 to 64 letters, "},
	    {"- name: ''", "allim.yaml:3:7: name \"\" must be 1 to 64 letters, "},
	    {"- name: [a]", "allim.yaml:3:7: name must be 1 to 64 letters, "},
	    {"- when: {type: t}\n      prio: low\n      name: a",
	     "allim.yaml:4:7: rule a: prio is no member of a rule; accepted are name, when, "
	     "unless, to, priority, expires_in and drop"},
	    {"- {name: a, when: t}",
	     "allim.yaml:3:17: rule a: when \"t\" must be a mapping such as "},
	    {"- {name: a, when: {}}", "allim.yaml:3:17: rule a: when must be a mapping such as "},
	    {"- {name: a, unless: []}",
	     "allim.yaml:3:17: rule a: unless must be a mapping such as "},
	    {"- {name: a, priority: hihg}",
	     "allim.yaml:3:17: rule a: priority \"hihg\" must be low, normal, high or urgent"},
	    {"- {name: a, priority: [low]}", "allim.yaml:3:17: rule a: priority must be low, "},
	    {"- {name: a, when: {priority: hihg}}",
	     "allim.yaml:3:24: rule a: \"hihg\" is no priority; accepted are low, "
	     "normal, high and "},
	    {"- {name: a, when: {priority: 'h*'}}",
	     "allim.yaml:3:24: rule a: \"h*\" is no priority"},
	    {"- {name: a, when: {priority: absent}}", "allim.yaml:3:24: rule a: \"absent\" is no "},
	    {"- {name: a, when: {priority: '> 1'}}", "allim.yaml:3:24: rule a: \"> 1\" is no "},
	    {"- {name: a, expires_in: 7}",
	     "allim.yaml:3:17: rule a: expires_in \"7\" has no unit; accepted is 1s to 36500d"},
	    {"- {name: a, expires_in: 0s}",
	     "allim.yaml:3:17: rule a: expires_in \"0s\" is too small"},
	    {"- {name: a, expires_in: 36501d}",
	     "allim.yaml:3:17: rule a: expires_in \"36501d\" is "},
	    {"- {name: a, expires_in: [1d]}", "allim.yaml:3:17: rule a: expires_in must be 1s to "},
	    {"- {name: a, drop: yes}",
	     "allim.yaml:3:17: rule a: drop \"yes\" must be true or false"},
	    {"- {name: a, drop: 'true'}",
	     "allim.yaml:3:17: rule a: drop \"true\" must be true or "},
	    {"- {name: a, drop: {}}", "allim.yaml:3:17: rule a: drop must be true or false"},
	    {"- {name: a, drop: true, priority: low}",
	     "allim.yaml:3:7: rule a: it drops messages, "},
	    {"- {name: a, drop: true, expires_in: 1d}",
	     "allim.yaml:3:7: rule a: it drops messages"},
	    {"- {name: a, drop: true, to: {user: x}}",
	     "allim.yaml:3:7: rule a: it drops messages, "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rules_assert_refused(rows[i].list, rows[i].sentence);
}

static void append_conditions(struct buffer *list, const char *member, int count)
{
	buffer_append_format(list, ", %s: {", member);
	for (int i = 0; i < count; i++)
		buffer_append_format(list, "%sdata.x%d: 1", i > 0 ? ", " : "", i);
	buffer_append_string(list, "}");
}

static void conditions_and_names_have_limits(void **state)
{
	struct buffer list = BUFFER_EMPTY;
	struct rules rules;

	(void)state;
	buffer_append_string(&list, "[{name: a");
	append_conditions(&list, "when", 10);
	append_conditions(&list, "unless", 6);
	buffer_append_format(&list, "}]%c", '\0');
	rules_make(&rules, list.data);
	rules_finish(&rules);
	buffer_clear(&list);
	buffer_append_string(&list, "[{name: a");
	append_conditions(&list, "when", 10);
	append_conditions(&list, "unless", 7);
	buffer_append_format(&list, "}]%c", '\0');
	rules_assert_refused(list.data, "allim.yaml:3:");
	buffer_clear(&list);
	buffer_append_format(&list, "[{name: %0*d}]%c", 65, 0, '\0');
	rules_assert_refused(list.data, "allim.yaml:3:7: name \"000");
	buffer_clear(&list);
	buffer_append_format(&list, "[{name: %0*d}]%c", 64, 0, '\0');
	rules_make(&rules, list.data);
	rules_finish(&rules);
	buffer_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_conditions_must_hold),
	    cmocka_unit_test(none_of_the_exceptions_may_hold),
	    cmocka_unit_test(a_message_without_a_priority_has_the_normal_one),
	    cmocka_unit_test(mistakes_are_told_with_their_place),
	    cmocka_unit_test(conditions_and_names_have_limits),
	};

	return cmocka_run_group_tests_name("route_rule", tests, NULL, NULL);
}
