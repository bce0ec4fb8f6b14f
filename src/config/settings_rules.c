/* Rules of routing: this layer keeps what the file says as a tree, and counts; what a rule means is
 * known above. In a variable or a flag they are written as YAML (or JSON) on one line, and places
 * are counted in that text. */
#include "config/settings_problem.h"
#include "yaml/yaml_tree.h"

#include <errno.h>

static int take(const struct setting *setting, const struct yaml_node *tree, struct slice file,
		struct arena *arena, void *member, struct error *error)
{
	struct settings_rules *rules = member;
	struct slice copy;

	if (tree->kind != YAML_NODE_LIST)
		return error_set(error, -EINVAL, "no list was given");
	if ((int64_t)tree->count > setting->maximum)
		return error_set(error, -EINVAL, "%zu rules were given", tree->count);
	if (arena_copy(arena, file, &copy) < 0)
		return -ENOMEM;
	*rules = (struct settings_rules){tree, copy};
	return 0;
}

static int rules_read(const struct setting *setting, struct slice text, struct arena *arena,
		      void *member, struct error *error)
{
	const struct yaml_node *tree = NULL;
	int result;

	if (slice_trim(text).length == 0) {
		*(struct settings_rules *)member = (struct settings_rules){NULL, SLICE("")};
		return 0;
	}
	result = yaml_tree_read_all(setting->name, text, arena, &tree, error);
	if (result == 0)
		result =
		    take(setting, tree, slice_from_string(setting->name), arena, member, error);
	return result;
}

static void rules_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	const struct settings_rules *rules = member;

	(void)setting;
	if (rules->list == NULL)
		buffer_append_string(buffer, "[]");
	else
		yaml_tree_append(buffer, rules->list);
}

static void rules_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_format(buffer, "a list of up to %lld rules", (long long)setting->maximum);
}

static bool has_none(const struct settings_rules *rules)
{
	return rules->list == NULL || rules->list->count == 0;
}

static bool rules_equals(const void *a, const void *b)
{
	const struct settings_rules *left = a, *right = b;

	if (has_none(left) || has_none(right))
		return has_none(left) && has_none(right);
	return yaml_tree_equals(left->list, right->list);
}

const struct settings_type settings_type_rules = {
    .word = "rules",
    .placeholder = "YAML",
    .read = rules_read,
    .take = take,
    .append = rules_append,
    .append_accepted = rules_append_accepted,
    .equals = rules_equals,
};
