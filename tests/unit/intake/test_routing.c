#include "lib/failing_allocator.h"
#include "rules.h"

#define THREE_RULES                                                                        \
	"- {name: no-debug, when: {type: debug}, drop: true}\n"                            \
	"    - {name: big, when: {type: 'order.*', data.amount: '>= 1000'}, "              \
	"unless: {user.plan: free}, to: {user: boss}, priority: urgent, expires_in: 7d}\n" \
	"    - {name: orders, when: {type: 'order.*'}, to: {user: '${data.owner}'}}"

enum { NOW = 1000 };

/* The name of the rule that decides, or "". */
static const char *decide(const struct rules *rules, const char *message,
			  struct routing_decision *decision)
{
	static char name[ROUTE_RULE_NAME_BYTES + 1];
	json_t *json = rules_message(message);
	struct error error = {""};
	int result = routing_apply(rules->routing, json, NOW, decision, &error);

	if (result != 0)
		fail_msg("%s", error.text);
	json_decref(json);
	name[0] = '\0';
	if (decision->rule != NULL)
		snprintf(name, sizeof(name), "%.*s", (int)decision->rule->name.length,
			 decision->rule->name.data);
	return name;
}

static void the_first_rule_that_holds_decides(void **state)
{
	struct routing_decision decision;
	struct rules rules;

	(void)state;
	rules_make(&rules, THREE_RULES);
	assert_string_equal(decide(&rules, "{\"type\":\"debug\"}", &decision), "no-debug");
	assert_true(decision.rule->drops);
	assert_null(decision.to);
	assert_string_equal(
	    decide(&rules, "{\"type\":\"order.new\",\"data\":{\"amount\":1000}}", &decision),
	    "big");
	assert_int_equal(decision.rule->priority, NOTIFICATION_URGENT);
	assert_true(decision.expires_at == NOW + INT64_C(7) * 86400 * 1000000);
	assert_string_equal(json_string_value(json_object_get(decision.to, "user")), "boss");
	json_decref(decision.to);
	assert_string_equal(
	    decide(&rules, "{\"type\":\"order.new\",\"data\":{\"owner\":\"bo\"}}", &decision),
	    "orders");
	assert_false(decision.rule->has_priority);
	assert_int_equal(decision.expires_at, 0);
	assert_string_equal(json_string_value(json_object_get(decision.to, "user")), "bo");
	json_decref(decision.to);
	assert_string_equal(decide(&rules, "{\"type\":\"other\"}", &decision), "");
	assert_null(decision.to);
	rules_finish(&rules);
}

static void no_rules_decide_nothing(void **state)
{
	const struct rules none = {.routing = NULL};
	struct routing_decision decision;
	struct rules rules;

	(void)state;
	assert_string_equal(decide(&none, "{\"type\":\"t\"}", &decision), "");
	rules_make(&rules, "[]");
	assert_string_equal(decide(&rules, "{\"type\":\"t\"}", &decision), "");
	rules_finish(&rules);
	routing_destroy(NULL);
}

/* What leaks is found by the sanitizer. */
static void rules_go_with_their_configuration(void **state)
{
	struct settings_sources sources = {.file = "allim.yaml",
					   .content = SLICE("routing: {rules: [{name: a}]}")};
	struct configuration *configuration;
	struct error error;

	(void)state;
	assert_int_equal(configuration_load(&sources, &configuration, &error), 0);
	assert_null(configuration->routing);
	assert_int_equal(routing_attach(configuration, &error), 0);
	assert_non_null(configuration->routing);
	configuration_reference(configuration);
	configuration_release(configuration);
	assert_non_null(configuration->routing);
	configuration_release(configuration);
	sources.content = SLICE("routing: {rules: [{name: ''}]}");
	assert_int_equal(configuration_load(&sources, &configuration, &error), 0);
	assert_int_equal(routing_attach(configuration, &error), -EINVAL);
	configuration_release(configuration);
}

static void names_are_unique(void **state)
{
	(void)state;
	rules_assert_refused(
	    "- {name: a}\n    - {name: b}\n    - {name: a}",
	    "allim.yaml:5:7: rule a: another rule has this name, the one on line 3");
}

static void assert_explanation(const struct rules *rules, const char *message, const char *expected)
{
	json_t *json = rules_message(message);
	json_t *explanation = routing_explain(rules->routing, json);
	char *text = json_dumps(explanation, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(explanation);
	json_decref(json);
}

static void an_explanation_names_what_failed(void **state)
{
	const struct rules none = {.routing = NULL};
	struct rules rules;

	(void)state;
	rules_make(&rules, THREE_RULES);
	assert_explanation(
	    &rules,
	    "{\"type\":\"order.new\",\"data\":{\"amount\":900},\"user\":{\"plan\":\"free\"}}",
	    "{\"rule\":\"orders\",\"passed_over\":[{\"rule\":\"no-debug\",\"because\":[{\"path\":"
	    "\"type\",\"must_be\":\"debug\",\"is\":\"order.new\"}]},{\"rule\":\"big\""
	    ",\"because\":[{"
	    "\"path\":\"data.amount\",\"must_be\":\"\\\">= 1000\\\"\",\"is\":900},{\"path\":"
	    "\"user.plan\",\"must_not_be\":\"free\",\"is\":\"free\"}]}]}");
	assert_explanation(&rules, "{\"type\":\"debug\"}",
			   "{\"rule\":\"no-debug\",\"passed_over\":[]}");
	assert_explanation(
	    &rules, "{}",
	    "{\"rule\":null,\"passed_over\":[{\"rule\":\"no-debug\""
	    ",\"because\":[{\"path\":\"type\","
	    "\"must_be\":\"debug\"}]},{\"rule\":\"big\",\"because\":[{\"path\":\"type\""
	    ",\"must_be\":"
	    "\"\\\"order.*\\\"\"},{\"path\":\"data.amount\",\"must_be\":\"\\\">= 1000\\\"\"}]},{"
	    "\"rule\":\"orders\",\"because\":[{\"path\":\"type\""
	    ",\"must_be\":\"\\\"order.*\\\"\"}]}]"
	    "}");
	assert_explanation(&none, "{}", "{\"rule\":null,\"passed_over\":[]}");
	rules_finish(&rules);
}

static void making_rules_survives_a_shortage_of_memory(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct routing *routing = NULL;
		struct rules rules;
		bool failed;
		int result;

		rules_make(&rules, THREE_RULES);
		failing_allocator_fail_at(n);
		result = routing_create(&rules.settings.routing_rules, &routing, &rules.error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (failed)
			assert_null(routing);
		routing_destroy(routing);
		rules_finish(&rules);
		if (!failed)
			break;
	}
}

static void deciding_survives_a_shortage_of_memory(void **state)
{
	static const char *const targets[] = {"{user: 'a-${data.owner}'}",
					      "{users: [a, '${data.owner}', '${type}']}",
					      "{users: '${data.list}'}", "{everyone: true}"};
	json_t *message =
	    rules_message("{\"type\":\"t\",\"data\":{\"owner\":\"o\",\"list\":[1,2]}}");
	unsigned target = 0;

	(void)state;
	for (unsigned n = 1; target < sizeof(targets) / sizeof(targets[0]); n++) {
		struct buffer list = BUFFER_EMPTY;
		struct routing_decision decision;
		struct rules rules;
		bool failed;
		int result;

		buffer_append_format(&list, "[{name: a, to: %s}]%c", targets[target], '\0');
		rules_make(&rules, list.data);
		failing_allocator_fail_at(n);
		result = routing_apply(rules.routing, message, NOW, &decision, &rules.error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		assert_true(failed == (decision.to == NULL));
		json_decref(decision.to);
		rules_finish(&rules);
		buffer_finish(&list);
		if (!failed) {
			target++;
			n = 0;
		}
	}
	json_decref(message);
}

static void explaining_survives_a_shortage_of_memory(void **state)
{
	json_t *message = rules_message("{\"type\":\"t\",\"user\":{\"plan\":\"free\"}}");
	struct rules rules;

	(void)state;
	rules_make(&rules, THREE_RULES);
	for (unsigned n = 1;; n++) {
		json_t *explanation;
		bool failed;

		failing_allocator_fail_at(n);
		explanation = routing_explain(rules.routing, message);
		failed = failing_allocator_reset();
		assert_true(failed == (explanation == NULL));
		json_decref(explanation);
		if (!failed)
			break;
	}
	json_decref(message);
	rules_finish(&rules);
}

static int adopt_jansson(void **state)
{
	(void)state;
	failing_allocator_adopt_jansson();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_rule_that_holds_decides),
	    cmocka_unit_test(no_rules_decide_nothing),
	    cmocka_unit_test(rules_go_with_their_configuration),
	    cmocka_unit_test(names_are_unique),
	    cmocka_unit_test(an_explanation_names_what_failed),
	    cmocka_unit_test(making_rules_survives_a_shortage_of_memory),
	    cmocka_unit_test(deciding_survives_a_shortage_of_memory),
	    cmocka_unit_test(explaining_survives_a_shortage_of_memory),
	};

	return cmocka_run_group_tests_name("routing", tests, adopt_jansson, NULL);
}
