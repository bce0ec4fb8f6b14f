/* Everything that is read stays in one arena, with the texts of the file. */
#include "advisor/rules.h"

#include <errno.h>

/* The schema of the file. */
enum { VERSION = 1 };

static int check_version(const struct yaml_node *root, const struct yaml_source *source)
{
	const struct yaml_node *node;
	double version;
	int result = yaml_source_need(source, root, "version", &node);

	if (result == 0)
		result = yaml_source_number(source, node, &version);
	if (result == 0 && version != VERSION)
		result = yaml_source_refuse(source, node,
					    "rules of version %g; this allim reads "
					    "version %d",
					    version, VERSION);
	return result;
}

static bool is_known(const struct rules *rules, struct slice name)
{
	for (size_t i = 0; i < rules->rule_count; i++) {
		if (slice_equals(rules->rules[i].name, name))
			return true;
	}
	return false;
}

static int read_rule(struct rules *rules, const struct yaml_node *node, struct yaml_source *source)
{
	struct rule *rule = &rules->rules[rules->rule_count];
	int result;

	source->name = SLICE("");
	result = rule_read(rule, node, source);
	if (result == 0 && is_known(rules, rule->name))
		result = yaml_source_refuse(source, node, "another rule has this name");
	rules->rule_count += result == 0;
	return result;
}

static int read_rules(struct rules *rules, const struct yaml_node *root, struct yaml_source *source)
{
	const struct yaml_node *list;
	int result = yaml_source_need(source, root, "rules", &list);

	if (result == 0 && list->kind != YAML_NODE_LIST)
		result = yaml_source_refuse(source, list, "rules is a list");
	if (result < 0)
		return result;
	rules->rules = arena_allocate_array(source->arena, list->count, sizeof(*rules->rules));
	if (rules->rules == NULL && list->count > 0)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_rule(rules, node, source);
	return result;
}

static int read_root(struct rules *rules, const struct yaml_node *root, struct yaml_source *source)
{
	static const char *const members[] = {"version", "rules", NULL};
	int result = yaml_source_check_map(source, root, "a file of rules", members);

	if (result == 0)
		result = check_version(root, source);
	return result < 0 ? result : read_rules(rules, root, source);
}

int rules_read(struct rules *rules, const char *file, struct slice content, struct error *error)
{
	struct yaml_source source = {.file = slice_from_string(file),
				     .part = "rule",
				     .name = SLICE(""),
				     .arena = &rules->arena,
				     .error = error};
	const struct yaml_node *root;
	int result;

	*rules = (struct rules){.arena = ARENA_EMPTY};
	result = yaml_tree_read_all(file, content, &rules->arena, &root, error);
	if (result == 0)
		result = read_root(rules, root, &source);
	if (result < 0)
		rules_finish(rules);
	return result;
}

void rules_finish(struct rules *rules)
{
	arena_finish(&rules->arena);
}
