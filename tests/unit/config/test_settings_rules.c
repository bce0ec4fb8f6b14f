#include "config/settings_table.h"
#include "yaml/yaml_tree.h"

#include "loading.h"

static void assert_one_rule(struct loading loading, const char *file, size_t line)
{
	const struct settings_rules *rules = &loading.settings.routing_rules;

	assert_loaded(loading);
	assert_non_null(rules->list);
	assert_int_equal(rules->list->count, 1);
	assert_slice(rules->list->first->first->text, "a");
	assert_int_equal(rules->list->first->line, line);
	assert_slice(rules->file, file);
	settings_finish(&loading.settings);
}

static void rules_are_read_from_everywhere(void **state)
{
	(void)state;
	assert_one_rule(loading_yaml("routing:\n  rules:\n    - name: a\n"), "allim.yaml", 3);
	assert_one_rule(loading_yaml("routing: {rules: [{name: a}]}"), "allim.yaml", 1);
	assert_one_rule(loading_variable("ALLIM_ROUTING_RULES=[{name: a}]"), "routing.rules", 1);
	assert_one_rule(loading_variable("ALLIM_ROUTING_RULES=[{\"name\":\"a\"}]"), "routing.rules",
			1);
	assert_one_rule(loading_flag("routing-rules", "- name: a"), "routing.rules", 1);
}

static void none_are_none(void **state)
{
	struct settings settings;
	struct loading loading;

	(void)state;
	settings_init_defaults(&settings);
	assert_null(settings.routing_rules.list);
	settings_finish(&settings);
	loading = loading_variable("ALLIM_ROUTING_RULES= ");
	assert_loaded(loading);
	assert_null(loading.settings.routing_rules.list);
	settings_finish(&loading.settings);
	loading = loading_yaml("routing: {rules: []}");
	assert_loaded(loading);
	assert_int_equal(loading.settings.routing_rules.list->count, 0);
	settings_finish(&loading.settings);
}

static void what_is_no_list_is_refused(void **state)
{
	(void)state;
	assert_refused_yaml("routing:\n  rules: {a: b}\n",
			    "allim.yaml:2:10: routing.rules: no list was given; accepted is a list "
			    "of up to 256 rules");
	assert_refused_yaml("routing:\n  rules: a\n", "allim.yaml:2:10: routing.rules: no list ");
	assert_refused_yaml("routing:\n  rules:\n", "allim.yaml:2:9: routing.rules: no value was ");
	assert_refused_yaml("routing:\n  rule: []\n",
			    "allim.yaml:2:3: unknown setting routing.rule; did you mean "
			    "routing.rules?");
	assert_refused_yaml("routing:\n  rules:\n    - name: a\n      name: b\n",
			    "allim.yaml:4:7: name is given twice; the first one is on line 3");
	assert_refused(loading_variable("ALLIM_ROUTING_RULES=[{name: a]"),
		       "ALLIM_ROUTING_RULES: routing.rules:1:10: not YAML: ");
	assert_refused(loading_variable("ALLIM_ROUTING_RULES=# none"),
		       "ALLIM_ROUTING_RULES: routing.rules: nothing stands in it; ");
	assert_refused(loading_variable("ALLIM_ROUTING_RULES=[]\n---\n[]"),
		       "ALLIM_ROUTING_RULES: routing.rules:2:1: a second document is not accepted");
	assert_refused(loading_flag("routing-rules", "\xff"),
		       "--routing-rules: routing.rules:1:1: not UTF-8; ");
}

static void append_rules(struct buffer *text, int count)
{
	buffer_append_string(text, "routing:\n  rules:\n");
	for (int i = 0; i < count; i++)
		buffer_append_format(text, "    - name: r%d\n", i);
	buffer_append_byte(text, '\0');
}

static void rules_are_counted(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct loading loading;

	(void)state;
	append_rules(&text, 256);
	loading = loading_yaml(text.data);
	assert_loaded(loading);
	settings_finish(&loading.settings);
	buffer_clear(&text);
	append_rules(&text, 257);
	assert_refused_yaml(text.data, "allim.yaml:3:5: routing.rules: 257 rules were given; "
				       "accepted is a list of up to 256 rules");
	buffer_finish(&text);
}

static void rules_equal_those_that_say_the_same(void **state)
{
	static const char *const lists[] = {"[]", "[{name: a}]", "[{name: b}]",
					    "[{name: a}, {name: b}]"};
	const size_t count = sizeof(lists) / sizeof(lists[0]);
	const struct settings_type *type = &settings_type_rules;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct loading a = loading_flag("routing-rules", lists[i]);
			struct loading b = loading_flag("routing-rules", lists[k]);

			assert_true(type->equals(&a.settings.routing_rules,
						 &b.settings.routing_rules) == (i == k));
			settings_finish(&a.settings);
			settings_finish(&b.settings);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_are_read_from_everywhere),
	    cmocka_unit_test(none_are_none),
	    cmocka_unit_test(what_is_no_list_is_refused),
	    cmocka_unit_test(rules_are_counted),
	    cmocka_unit_test(rules_equal_those_that_say_the_same),
	};

	return cmocka_run_group_tests_name("settings_rules", tests, NULL, NULL);
}
