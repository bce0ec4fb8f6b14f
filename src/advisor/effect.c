/* A latency is a number, or the figure on which it depends: a poll is as late as its interval is
 * long. */
#include "advisor/effect.h"

#include "base/quote.h"

#include <errno.h>
#include <math.h>

#define MILLISECONDS 1000

const struct effect effect_unknown = {NAN, NAN, FIGURES, {"", 0}};

static int read_latency(struct effect *effect, const struct yaml_node *node,
			const struct yaml_source *source)
{
	char quote[QUOTE_BYTES];

	if (node->kind != YAML_NODE_TEXT || figure_find(node->text, &effect->interval) < 0)
		return yaml_source_number(source, node, &effect->latency);
	if (figure_rows[effect->interval].kind == FIGURE_TIME)
		return 0;
	return yaml_source_refuse(source, node, "%s is no time", quote_word(node->text, quote));
}

int effect_read(struct effect *effect, const struct yaml_node *node,
		const struct yaml_source *source)
{
	static const char *const members[] = {"users", "latency", "section", NULL};
	const struct yaml_node *found[3];
	int result = yaml_source_check_map(source, node, "an effect", members);

	*effect = effect_unknown;
	if (result < 0)
		return result;
	for (size_t i = 0; i < 3; i++)
		found[i] = yaml_source_member(node, members[i]);
	if (found[0] != NULL)
		result = yaml_source_number(source, found[0], &effect->users);
	if (result == 0 && found[0] != NULL && effect->users <= 0)
		result = yaml_source_refuse(source, found[0], "a method is for more than 0 users");
	if (result == 0 && found[1] != NULL)
		result = read_latency(effect, found[1], source);
	if (found[2] != NULL)
		effect->section = found[2]->text;
	return result;
}

double effect_latency(const struct effect *effect, const struct situation *situation)
{
	bool is_fine;

	if (effect->interval == FIGURES)
		return effect->latency;
	is_fine = slice_equals(slice_from_string(figure_rows[effect->interval].unit), SLICE("ms"));
	return situation->values[effect->interval] * (is_fine ? 1 : MILLISECONDS);
}

static int read_risk(struct risk *risk, const struct yaml_node *node,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"risk", "mitigation", NULL};
	const struct yaml_node *found[2] = {NULL};
	int result = yaml_source_check_map(source, node, "a risk", members);

	for (size_t i = 0; i < 2 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	result = advisor_text_read(&risk->risk, found[0], source);
	return result < 0 ? result : advisor_text_read(&risk->mitigation, found[1], source);
}

int effect_read_risks(struct risks *risks, const struct yaml_node *list,
		      const struct yaml_source *source)
{
	int result = 0;

	*risks = (struct risks){NULL, 0};
	if (list->kind != YAML_NODE_LIST)
		return yaml_source_refuse(source, list, "a list of risks is expected here");
	risks->items = arena_allocate_array(source->arena, list->count, sizeof(*risks->items));
	if (risks->items == NULL)
		return list->count > 0 ? yaml_source_memory(source) : 0;
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_risk(&risks->items[risks->count++], node, source);
	return result;
}
