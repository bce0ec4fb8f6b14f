/* A list of rules, asked in its order. There are few, and a message is compared with each rule up
 * to the first condition that fails. */
#include "intake/routing.h"

#include <errno.h>
#include <stdlib.h>

struct routing {
	struct arena arena; /* of the rules */
	struct route_rule *rules;
	size_t count;
};

static int check_name(const struct routing *routing, const struct yaml_node *first,
		      const struct yaml_node *node, const struct yaml_source *source)
{
	struct slice name = routing->rules[routing->count].name;
	struct yaml_source named = *source;

	named.name = name;
	for (size_t i = 0; i < routing->count; i++, first = first->next) {
		if (slice_equals(routing->rules[i].name, name))
			return yaml_source_refuse(&named, node,
						  "another rule has this name, the one on line "
						  "%zu; choose another",
						  first->line);
	}
	return 0;
}

static int read_rules(struct routing *routing, const struct yaml_node *list,
		      const struct yaml_source *source)
{
	int result = 0;

	routing->rules =
	    arena_allocate_array(&routing->arena, list->count, sizeof(*routing->rules));
	if (routing->rules == NULL)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next) {
		result = route_rule_read(&routing->rules[routing->count], node, source);
		if (result == 0)
			result = check_name(routing, list->first, node, source);
		routing->count++;
	}
	return result;
}

int routing_create(const struct settings_rules *rules, struct routing **ret_routing,
		   struct error *error)
{
	struct routing *routing = calloc(1, sizeof(*routing));
	struct yaml_source source = {
	    .file = rules->file, .part = "rule", .name = SLICE(""), .error = error};
	int result = 0;

	if (routing == NULL)
		return yaml_problem_memory(error);
	source.arena = &routing->arena;
	if (rules->list != NULL && rules->list->count > 0)
		result = read_rules(routing, rules->list, &source);
	if (result < 0)
		routing_destroy(routing);
	else
		*ret_routing = routing;
	return result;
}

void routing_destroy(struct routing *routing)
{
	if (routing == NULL)
		return;
	arena_finish(&routing->arena);
	free(routing);
}

static void on_release(struct configuration *configuration)
{
	routing_destroy(configuration->routing);
}

int routing_attach(struct configuration *configuration, struct error *error)
{
	int result =
	    routing_create(&configuration->settings.routing_rules, &configuration->routing, error);

	if (result == 0)
		configuration->on_release = on_release;
	return result;
}

static size_t count_of(const struct routing *routing)
{
	return routing == NULL ? 0 : routing->count;
}

/* The place of the rule that decides; behind the last one where none does. */
static size_t find(const struct routing *routing, const json_t *message)
{
	size_t place = 0;

	while (place < count_of(routing) && !route_rule_holds(&routing->rules[place], message))
		place++;
	return place;
}

int routing_apply(const struct routing *routing, const json_t *message, int64_t now,
		  struct routing_decision *ret_decision, struct error *error)
{
	size_t place = find(routing, message);
	const struct route_rule *rule = place < count_of(routing) ? &routing->rules[place] : NULL;
	struct error reason;
	int result = 0;

	*ret_decision = (struct routing_decision){.rule = rule};
	if (rule == NULL)
		return 0;
	if (rule->expires_in != 0)
		ret_decision->expires_at = now + rule->expires_in;
	if (rule->has_target)
		result = route_target_make(&rule->target, message, &ret_decision->to, &reason);
	if (result == -EINVAL)
		error_set(error, result, "the rule %.*s decides about this message: %s",
			  (int)rule->name.length, rule->name.data, reason.text);
	return result;
}

/* Takes `value` over. */
static int set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

static json_t *text_of(struct slice text)
{
	return json_stringn(text.data, text.length);
}

/* Takes `item` over, also where it is NULL because memory is short. */
static int append(json_t *array, json_t *item)
{
	return json_array_append_new(array, item) < 0 ? -ENOMEM : 0;
}

static json_t *describe_condition(const struct route_condition *condition, const json_t *message)
{
	const json_t *value = route_path_find(&condition->path, message);
	json_t *description = json_object();
	int result = set(description, "path", text_of(condition->path.text));

	if (result == 0)
		result = set(description, condition->is_exception ? "must_not_be" : "must_be",
			     text_of(condition->wanted));
	if (result == 0 && value != NULL)
		result = set(description, "is", json_deep_copy(value));
	if (result == 0)
		return description;
	json_decref(description);
	return NULL;
}

static json_t *describe_rule(const struct route_rule *rule, const json_t *message)
{
	json_t *description = json_object(), *because = json_array();
	int result = set(description, "rule", text_of(rule->name));

	for (size_t i = 0; i < rule->condition_count && result == 0; i++) {
		if (!route_rule_allows(&rule->conditions[i], message))
			result = append(because, describe_condition(&rule->conditions[i], message));
	}
	if (result == 0)
		result = set(description, "because", json_incref(because));
	json_decref(because);
	if (result == 0)
		return description;
	json_decref(description);
	return NULL;
}

json_t *routing_explain(const struct routing *routing, const json_t *message)
{
	size_t decides = find(routing, message);
	json_t *explanation = json_object(), *passed_over = json_array();
	int result =
	    set(explanation, "rule",
		decides < count_of(routing) ? text_of(routing->rules[decides].name) : json_null());

	for (size_t i = 0; i < decides && result == 0; i++)
		result = append(passed_over, describe_rule(&routing->rules[i], message));
	if (result == 0)
		result = set(explanation, "passed_over", json_incref(passed_over));
	json_decref(passed_over);
	if (result == 0)
		return explanation;
	json_decref(explanation);
	return NULL;
}
