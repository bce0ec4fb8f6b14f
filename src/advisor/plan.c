/* Plans name phases, since most steps from one method to another share them. */
#include "advisor/plan.h"

#include "advisor/method_list.h"
#include "base/quote.h"

#include <errno.h>

/* Phases */

static int read_tasks(struct phase *phase, const struct yaml_node *list,
		      const struct yaml_source *source)
{
	int result = 0;

	if (list->kind != YAML_NODE_LIST)
		return yaml_source_refuse(source, list, "a list of tasks is expected here");
	phase->tasks = arena_allocate_array(source->arena, list->count, sizeof(*phase->tasks));
	if (phase->tasks == NULL)
		return list->count > 0 ? yaml_source_memory(source) : 0;
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = advisor_text_read(&phase->tasks[phase->task_count++], node, source);
	return result;
}

static int read_phase(struct phase *phase, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	static const char *const members[] = {"title", "tasks", NULL};
	const struct yaml_node *found[2] = {NULL};
	int result = yaml_source_check_map(source, node, "a phase", members);

	for (size_t i = 0; i < 2 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	phase->name = node->name;
	result = advisor_text_read(&phase->title, found[0], source);
	return result < 0 ? result : read_tasks(phase, found[1], source);
}

int plan_read_phases(struct phases *phases, const struct yaml_node *map,
		     const struct yaml_source *source)
{
	int result = 0;

	*phases = (struct phases){NULL, 0};
	phases->items = arena_allocate_array(source->arena, map->count, sizeof(*phases->items));
	if (phases->items == NULL)
		return map->count > 0 ? yaml_source_memory(source) : 0;
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next)
		result = read_phase(&phases->items[phases->count++], node, source);
	return result;
}

/* Steps */

static int read_week(struct slice text, unsigned *ret_week)
{
	uint64_t week;

	if (slice_to_unsigned(text, &week) < 0 || week == 0 || week > 1000)
		return -EINVAL;
	*ret_week = (unsigned)week;
	return 0;
}

/* "2" or "2-3", behind the weeks of the step before. */
static int read_weeks(struct plan_step *step, unsigned before, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	struct slice rest = node->name, first = slice_split(&rest, '-');
	char quote[QUOTE_BYTES];
	unsigned begin, end;

	if (read_week(first, &begin) < 0 ||
	    read_week(slice_is_empty(rest) ? first : rest, &end) < 0 || begin > end)
		return yaml_source_refuse(source, node, "%s are no weeks, such as \"2\" or \"2-3\"",
					  quote_text(node->name, quote));
	if (begin <= before)
		return yaml_source_refuse(source, node, "week %u comes behind week %u", begin,
					  before);
	step->weeks = node->name;
	step->last = end;
	return 0;
}

static int find_phase(struct plan_step *step, const struct phases *phases,
		      const struct yaml_node *node, const struct yaml_source *source)
{
	char quote[QUOTE_BYTES];

	for (size_t i = 0; i < phases->count; i++) {
		if (!slice_equals(phases->items[i].name, node->text))
			continue;
		step->phase = &phases->items[i];
		return 0;
	}
	return yaml_source_refuse(source, node, "there is no phase %s",
				  quote_text(node->text, quote));
}

static int read_steps(struct plan *plan, const struct phases *phases, const struct yaml_node *map,
		      const struct yaml_source *source)
{
	unsigned week = 0;
	int result = 0;

	if (map->kind != YAML_NODE_MAP || map->count == 0)
		return yaml_source_refuse(source, map,
					  "a plan has a step at least, such as \"1\": test");
	plan->steps = arena_allocate_array(source->arena, map->count, sizeof(*plan->steps));
	if (plan->steps == NULL)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		struct plan_step *step = &plan->steps[plan->step_count++];

		result = read_weeks(step, week, node, source);
		if (result == 0)
			result = find_phase(step, phases, node, source);
		week = step->last;
	}
	return result;
}

/* Plans */

static const struct {
	const char *name;
	unsigned bit;
} beginnings[] = {{"none", 1U << PLAN_FROM_NONE}, {"same", 1U << PLAN_FROM_SAME}};

/* Either methods, or one word for something else. */
static int read_from(struct plan *plan, const struct yaml_node *list,
		     const struct yaml_source *source)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (list->kind != YAML_NODE_LIST || list->count != 1 ||
		    !slice_equals(list->first->text, slice_from_string(beginnings[i].name)))
			continue;
		plan->from = beginnings[i].bit;
		return 0;
	}
	return method_list_read(&plan->from, list, source);
}

int plan_read(struct plan *plan, const struct phases *phases, const struct yaml_node *node,
	      const struct yaml_source *source)
{
	static const char *const members[] = {"from", "to", "weeks", "section", NULL};
	const struct yaml_node *found[3] = {NULL}, *section = yaml_source_member(node, "section");
	int result = yaml_source_check_map(source, node, "a plan", members);

	for (size_t i = 0; i < 3 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	*plan = (struct plan){.section = section == NULL ? SLICE("") : section->text};
	result = read_from(plan, found[0], source);
	if (result == 0)
		result = method_list_read(&plan->to, found[1], source);
	return result < 0 ? result : read_steps(plan, phases, found[2], source);
}

bool plan_leads(const struct plan *plan, enum advisor_method current, enum advisor_method method)
{
	unsigned from = current == ADVISOR_METHODS ? PLAN_FROM_NONE
			: current == method	   ? PLAN_FROM_SAME
						   : (unsigned)current;

	return (plan->from & 1U << from) != 0 && (plan->to & 1U << method) != 0;
}
