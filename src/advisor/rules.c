/* Everything that is read stays in one arena, with the texts of the file. */
#include "advisor/rules.h"

#include "advisor/method_list.h"

#include <errno.h>

/* The schema of the file. */
enum { VERSION = 1 };

/* The map of a name in the file, and room for what its members are. */
static int begin_part(const char *name, const struct yaml_node *root, size_t bytes,
		      const struct yaml_source *source, const struct yaml_node **ret_map,
		      void **ret_room)
{
	int result = yaml_source_need(source, root, name, ret_map);

	if (result == 0 && (*ret_map)->kind != YAML_NODE_MAP)
		result = yaml_source_refuse(source, *ret_map, "%s are written as NAME: VALUE pairs",
					    name);
	if (result < 0)
		return result;
	*ret_room = arena_allocate_array(source->arena, (*ret_map)->count, bytes);
	return *ret_room == NULL && (*ret_map)->count > 0 ? yaml_source_memory(source) : 0;
}

static int read_rules(struct rules *rules, void *room, const struct yaml_node *map,
		      struct yaml_source *source)
{
	int result = 0;

	rules->rules = room;
	source->part = "rule";
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		source->name = node->name;
		result = rule_read(&rules->rules[rules->rule_count++], node, source);
	}
	return result;
}

static int read_criteria(struct rules *rules, void *room, const struct yaml_node *map,
			 struct yaml_source *source)
{
	int result = 0;

	rules->criteria = room;
	source->part = "criterion";
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		source->name = node->name;
		result = criterion_read(&rules->criteria[rules->criterion_count++], node, source);
	}
	return result;
}

static int read_scenarios(struct rules *rules, void *room, const struct yaml_node *map,
			  struct yaml_source *source)
{
	int result = 0;

	rules->scenarios = room;
	source->part = "scenario";
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		source->name = node->name;
		result = scenario_read(&rules->scenarios[rules->scenario_count++], node, source);
	}
	return result;
}

static int read_claims(struct claims claims[static ADVISOR_METHODS], const char *name,
		       const struct yaml_node *root, const struct yaml_source *source)
{
	const struct yaml_node *map;
	int result = yaml_source_need_map(source, root, name, &map);

	for (const struct yaml_node *node = result == 0 ? map->first : NULL;
	     node != NULL && result == 0; node = node->next) {
		enum advisor_method method;

		result = method_list_read_name(&method, node, source);
		if (result == 0)
			result = claims_read(&claims[method], node, source);
	}
	return result;
}

static int check_weights(const struct rules *rules, const struct yaml_node *root,
			 const struct yaml_source *source)
{
	double sum = 0;

	for (size_t i = 0; i < rules->criterion_count; i++)
		sum += rules->criteria[i].weight;
	return sum > 0 ? 0
		       : yaml_source_refuse(source, yaml_source_member(root, "criteria"),
					    "no criterion has a weight");
}

/* Parts of the file that are maps of named things, in the order in which they are read. */
static int read_parts(struct rules *rules, const struct yaml_node *root, struct yaml_source *source)
{
	const struct {
		const char *name;
		size_t bytes;
		int (*read)(struct rules *rules, void *room, const struct yaml_node *map,
			    struct yaml_source *source);
	} parts[] = {
	    {"criteria", sizeof(*rules->criteria), read_criteria},
	    {"scenarios", sizeof(*rules->scenarios), read_scenarios},
	    {"rules", sizeof(*rules->rules), read_rules},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && result == 0; i++) {
		const struct yaml_node *map;
		void *room;

		result = begin_part(parts[i].name, root, parts[i].bytes, source, &map, &room);
		if (result == 0)
			result = parts[i].read(rules, room, map, source);
		if (result == 0)
			source->name = SLICE("");
	}
	return result;
}

static int read_root(struct rules *rules, const struct yaml_node *root, struct yaml_source *source)
{
	static const char *const members[] = {"version", "criteria",  "fits",  "misfits",
					      "signals", "scenarios", "rules", NULL};
	int result = yaml_source_check_version(source, root, "a file of rules", VERSION);

	if (result == 0)
		result = yaml_source_check_map(source, root, "a file of rules", members);
	if (result == 0)
		result = read_parts(rules, root, source);
	if (result == 0)
		result = check_weights(rules, root, source);
	if (result == 0)
		result = read_claims(rules->fits, "fits", root, source);
	if (result == 0)
		result = read_claims(rules->misfits, "misfits", root, source);
	return result < 0 ? result : read_claims(rules->signals, "signals", root, source);
}

int rules_read(struct rules *rules, const char *file, struct slice content, struct error *error)
{
	struct yaml_source source = {.file = slice_from_string(file),
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
