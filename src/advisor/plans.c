/* Phases first, since plans name them. */
#include "advisor/plans.h"

#include "advisor/method_list.h"

#include <errno.h>

/* The schema of the file. */
enum { VERSION = 1, EVERY_METHOD = (1 << ADVISOR_METHODS) - 1 };

static int read_effects(struct plans *plans, const struct yaml_node *map,
			const struct yaml_source *source)
{
	int result = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++)
		plans->effects[i] = effect_unknown;
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		enum advisor_method method;

		result = method_list_read_name(&method, node, source);
		if (result == 0)
			result = effect_read(&plans->effects[method], node, source);
	}
	return result;
}

static int read_risks(struct plans *plans, const struct yaml_node *map,
		      const struct yaml_source *source)
{
	int result = 0;

	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		enum advisor_method method;

		result = method_list_read_name(&method, node, source);
		if (result == 0)
			result = effect_read_risks(&plans->risks[method], node, source);
	}
	return result;
}

static int read_phases(struct plans *plans, const struct yaml_node *map,
		       const struct yaml_source *source)
{
	return plan_read_phases(&plans->phases, map, source);
}

/* Lists */

static int read_metric(struct plans_metric *metric, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	static const char *const members[] = {"title", "query", "alarm", "methods", NULL};
	const struct yaml_node *found[3], *methods;
	int result = yaml_source_check_map(source, node, "a metric", members);

	for (size_t i = 0; i < 3 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	metric->query = found[1]->text;
	metric->methods = EVERY_METHOD;
	methods = yaml_source_member(node, "methods");
	if (methods != NULL)
		result = method_list_read(&metric->methods, methods, source);
	if (result == 0)
		result = advisor_text_read(&metric->title, found[0], source);
	return result < 0 ? result : advisor_text_read(&metric->alarm, found[2], source);
}

static int need_list(const struct yaml_node **ret_list, const char *name,
		     const struct yaml_node *root, const struct yaml_source *source)
{
	int result = yaml_source_need(source, root, name, ret_list);

	if (result == 0 && (*ret_list)->kind != YAML_NODE_LIST)
		result = yaml_source_refuse(source, *ret_list, "%s is a list", name);
	return result;
}

static int read_metrics(struct plans *plans, const struct yaml_node *root,
			const struct yaml_source *source)
{
	const struct yaml_node *list;
	int result = need_list(&list, "metrics", root, source);

	if (result < 0)
		return result;
	plans->metrics = arena_allocate_array(source->arena, list->count, sizeof(*plans->metrics));
	if (plans->metrics == NULL)
		return list->count > 0 ? yaml_source_memory(source) : 0;
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_metric(&plans->metrics[plans->metric_count++], node, source);
	return result;
}

static int read_plans(struct plans *plans, const struct yaml_node *root,
		      const struct yaml_source *source)
{
	const struct yaml_node *list;
	int result = need_list(&list, "plans", root, source);

	if (result < 0)
		return result;
	plans->plans = arena_allocate_array(source->arena, list->count, sizeof(*plans->plans));
	if (plans->plans == NULL)
		return list->count > 0 ? yaml_source_memory(source) : 0;
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result =
		    plan_read(&plans->plans[plans->plan_count++], &plans->phases, node, source);
	return result;
}

/* The whole */

static int read_maps(struct plans *plans, const struct yaml_node *root,
		     const struct yaml_source *source)
{
	static const struct {
		const char *name;
		int (*read)(struct plans *plans, const struct yaml_node *map,
			    const struct yaml_source *source);
	} parts[] = {{"effects", read_effects}, {"risks", read_risks}, {"phases", read_phases}};
	int result = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && result == 0; i++) {
		const struct yaml_node *map;

		result = yaml_source_need_map(source, root, parts[i].name, &map);
		if (result == 0)
			result = parts[i].read(plans, map, source);
	}
	return result;
}

static int read_root(struct plans *plans, const struct yaml_node *root,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"version", "effects", "risks", "phases",
					      "plans",	 "metrics", NULL};
	int result = yaml_source_check_version(source, root, "plans", VERSION);

	if (result == 0)
		result = yaml_source_check_map(source, root, "a file of plans", members);
	if (result == 0)
		result = read_maps(plans, root, source);
	if (result == 0)
		result = read_plans(plans, root, source);
	return result < 0 ? result : read_metrics(plans, root, source);
}

int plans_read(struct plans *plans, const char *file, struct slice content, struct error *error)
{
	const struct yaml_source source = {.file = slice_from_string(file),
					   .name = SLICE(""),
					   .arena = &plans->arena,
					   .error = error};
	const struct yaml_node *root;
	int result;

	*plans = (struct plans){.arena = ARENA_EMPTY};
	result = yaml_tree_read_all(file, content, &plans->arena, &root, error);
	if (result == 0)
		result = read_root(plans, root, &source);
	if (result < 0)
		plans_finish(plans);
	return result;
}

void plans_finish(struct plans *plans)
{
	arena_finish(&plans->arena);
}

const struct plan *plans_find(const struct plans *plans, enum advisor_method current,
			      enum advisor_method method)
{
	for (size_t i = 0; i < plans->plan_count; i++) {
		if (plan_leads(&plans->plans[i], current, method))
			return &plans->plans[i];
	}
	return NULL;
}
