/* A rule's members are rows of one table. What a member needs to know of the others is checked when
 * all have been read. */
#include "intake/route_rule.h"

#include "base/quote.h"
#include "config/settings_problem.h"

#include <errno.h>

struct reader {
	struct yaml_source source;
	struct route_rule *rule;
	struct route_condition *conditions; /* room for all that are allowed */
};

static int refuse_text(const struct reader *reader, const struct yaml_node *node, const char *what)
{
	char quote[QUOTE_BYTES];

	if (node->kind != YAML_NODE_TEXT)
		return yaml_source_refuse(&reader->source, node, "%.*s %s", (int)node->name.length,
					  node->name.data, what);
	return yaml_source_refuse(&reader->source, node, "%.*s %s %s", (int)node->name.length,
				  node->name.data, quote_text(node->text, quote), what);
}

static int read_name(struct reader *reader, const struct yaml_node *node)
{
	struct slice name = node->text;

	if (node->kind != YAML_NODE_TEXT || name.length == 0 ||
	    name.length > ROUTE_RULE_NAME_BYTES || !settings_type_is_word(name))
		return refuse_text(
		    reader, node, "must be 1 to 64 letters, digits, dots, hyphens and underscores");
	reader->rule->name = name;
	reader->source.name = name;
	return 0;
}

static bool find_priority(struct slice word, enum notification_priority *ret_priority)
{
	for (int i = 0; i < NOTIFICATION_PRIORITIES; i++) {
		const char *name = notification_priority_name((enum notification_priority)i);

		if (slice_equals(word, slice_from_string(name))) {
			*ret_priority = (enum notification_priority)i;
			return true;
		}
	}
	return false;
}

static int read_priority(struct reader *reader, const struct yaml_node *node)
{
	reader->rule->has_priority = true;
	if (node->kind == YAML_NODE_TEXT && find_priority(node->text, &reader->rule->priority))
		return 0;
	return refuse_text(reader, node, "must be low, normal, high or urgent");
}

/* Read as every duration of the settings is. */
static int read_expires_in(struct reader *reader, const struct yaml_node *node)
{
	static const struct setting limits = {.name = "expires_in",
					      .type = &settings_type_duration,
					      .minimum = 1000,
					      .maximum = INT64_C(36500) * 86400000,
					      .unit = ""};
	struct error reason;
	int64_t milliseconds;

	if (node->kind != YAML_NODE_TEXT)
		return refuse_text(reader, node, "must be 1s to 36500d");
	if (limits.type->read(&limits, node->text, NULL, &milliseconds, &reason) < 0)
		return yaml_source_refuse(&reader->source, node,
					  "expires_in %s; accepted is 1s to 36500d", reason.text);
	reader->rule->expires_in = milliseconds * 1000;
	return 0;
}

static int read_drop(struct reader *reader, const struct yaml_node *node)
{
	reader->rule->drops = slice_equals(node->text, SLICE("true"));
	if (node->is_bare && (reader->rule->drops || slice_equals(node->text, SLICE("false"))))
		return 0;
	return refuse_text(reader, node, "must be true or false");
}

static int read_to(struct reader *reader, const struct yaml_node *node)
{
	reader->rule->has_target = true;
	return route_target_read(&reader->rule->target, node, &reader->source);
}

/* A message without a priority has the normal one, and no other words are priorities. */
static int read_test(struct reader *reader, struct route_condition *condition,
		     struct route_test *test, const struct yaml_node *node)
{
	enum notification_priority priority;
	char quote[QUOTE_BYTES];
	int result;

	if (node->kind != YAML_NODE_TEXT)
		return yaml_source_refuse(&reader->source, node,
					  "%.*s is compared with a text, a number, true or false, "
					  "or a list of them",
					  (int)condition->path.text.length,
					  condition->path.text.data);
	result = route_test_read(test, node, &reader->source);
	if (result < 0)
		return result;
	if (!slice_equals(condition->path.text, SLICE("priority"))) {
		condition->holds_absent |= test->kind == ROUTE_TEST_ABSENT;
		return 0;
	}
	if (test->kind != ROUTE_TEST_TEXT || !find_priority(test->text, &priority))
		return yaml_source_refuse(
		    &reader->source, node,
		    "%s is no priority; accepted are low, normal, high and urgent",
		    quote_text(node->text, quote));
	condition->holds_absent |= (priority == NOTIFICATION_NORMAL) != test->negated;
	return 0;
}

static int write_wanted(struct reader *reader, struct route_condition *condition,
			const struct yaml_node *node)
{
	struct buffer text = BUFFER_EMPTY;
	int result = -ENOMEM;

	yaml_tree_append(&text, node);
	if (!buffer_failed(&text))
		result = arena_copy(reader->source.arena, buffer_slice(&text), &condition->wanted);
	buffer_finish(&text);
	return result < 0 ? yaml_source_memory(&reader->source) : 0;
}

static int read_tests(struct reader *reader, struct route_condition *condition,
		      const struct yaml_node *node)
{
	bool is_list = node->kind == YAML_NODE_LIST;
	const struct yaml_node *one = is_list ? node->first : node;
	size_t count = is_list ? node->count : 1;
	struct route_test *tests =
	    arena_allocate_array(reader->source.arena, count, sizeof(*tests));
	int result = 0;

	if (count == 0 || count > ROUTE_RULE_TESTS)
		return yaml_source_refuse(&reader->source, node,
					  "a list to compare with has 1 to %d values",
					  ROUTE_RULE_TESTS);
	if (tests == NULL)
		return yaml_source_memory(&reader->source);
	for (size_t i = 0; i < count && result == 0; i++, one = one->next) {
		result = read_test(reader, condition, &tests[i], one);
		if (result == 0 && tests[i].negated && count > 1)
			result = yaml_source_refuse(
			    &reader->source, node,
			    "a list holds where one of its values does, which two != always do; "
			    "list the values without != under unless");
	}
	condition->tests = tests;
	condition->test_count = count;
	return result < 0 ? result : write_wanted(reader, condition, node);
}

static int read_condition(struct reader *reader, const struct yaml_node *node, bool is_exception)
{
	struct route_condition *condition;
	int result;

	if (reader->rule->condition_count == ROUTE_RULE_CONDITIONS)
		return yaml_source_refuse(&reader->source, node,
					  "more than %d conditions; make two rules of it",
					  ROUTE_RULE_CONDITIONS);
	condition = &reader->conditions[reader->rule->condition_count++];
	condition->is_exception = is_exception;
	result = route_path_read(&condition->path, node->name, node, &reader->source);
	return result < 0 ? result : read_tests(reader, condition, node);
}

static int read_conditions(struct reader *reader, const struct yaml_node *node, bool is_exception)
{
	int result = 0;

	if (node->kind != YAML_NODE_MAP || node->count == 0)
		return refuse_text(reader, node,
				   "must be a mapping such as {type: \"order.*\"}; leave it out "
				   "where there is no condition");
	for (const struct yaml_node *one = node->first; one != NULL && result == 0; one = one->next)
		result = read_condition(reader, one, is_exception);
	return result;
}

static int read_when(struct reader *reader, const struct yaml_node *node)
{
	return read_conditions(reader, node, false);
}

static int read_unless(struct reader *reader, const struct yaml_node *node)
{
	return read_conditions(reader, node, true);
}

static const struct {
	const char *name;
	int (*read)(struct reader *reader, const struct yaml_node *node);
} members[] = {
    {"name", read_name}, {"when", read_when},	      {"unless", read_unless},
    {"to", read_to},	 {"priority", read_priority}, {"expires_in", read_expires_in},
    {"drop", read_drop},
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static int read_member(struct reader *reader, const struct yaml_node *node)
{
	const char *names[MEMBERS + 1] = {NULL};

	for (size_t i = 0; i < MEMBERS; i++) {
		if (slice_equals(node->name, slice_from_string(members[i].name)))
			return members[i].read(reader, node);
		names[i] = members[i].name;
	}
	return yaml_source_refuse_name(&reader->source, node, "a rule", names);
}

/* The name comes first, wherever it stands, so that every complaint can name the rule. */
static int find_name(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind != YAML_NODE_MAP)
		return yaml_source_refuse(&reader->source, node,
					  "a rule is a mapping such as {name: no-debug, when: "
					  "{type: debug}, drop: true}");
	for (const struct yaml_node *one = node->first; one != NULL; one = one->next) {
		if (slice_equals(one->name, SLICE("name")))
			return read_name(reader, one);
	}
	return yaml_source_refuse(&reader->source, node, "a rule lacks its name; give it one");
}

static int check(const struct reader *reader, const struct yaml_node *node)
{
	const struct route_rule *rule = reader->rule;

	if (rule->drops && (rule->has_target || rule->has_priority || rule->expires_in != 0))
		return yaml_source_refuse(
		    &reader->source, node,
		    "it drops messages, so leave out its to, priority and expires_in");
	return 0;
}

int route_rule_read(struct route_rule *rule, const struct yaml_node *node,
		    const struct yaml_source *source)
{
	struct reader reader = {*source, rule, NULL};
	int result;

	*rule = (struct route_rule){.name = SLICE("")};
	reader.conditions =
	    arena_allocate_array(source->arena, ROUTE_RULE_CONDITIONS, sizeof(*reader.conditions));
	if (reader.conditions == NULL)
		return yaml_source_memory(source);
	rule->conditions = reader.conditions;
	result = find_name(&reader, node);
	for (const struct yaml_node *one = node->first; one != NULL && result == 0; one = one->next)
		result = read_member(&reader, one);
	return result < 0 ? result : check(&reader, node);
}

bool route_rule_allows(const struct route_condition *condition, const json_t *message)
{
	const json_t *value = route_path_find(&condition->path, message);
	bool holds = value == NULL && condition->holds_absent;

	for (size_t i = 0; i < condition->test_count && value != NULL && !holds; i++)
		holds = route_test_passes(&condition->tests[i], value);
	return holds != condition->is_exception;
}

bool route_rule_holds(const struct route_rule *rule, const json_t *message)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (!route_rule_allows(&rule->conditions[i], message))
			return false;
	}
	return true;
}
