/* A claim about an unknown figure neither holds nor fails. */
#include "advisor/claim.h"

#include "base/quote.h"

#include <errno.h>

static int read_rules_out(struct claim *claim, const struct yaml_node *node,
			  const struct yaml_source *source)
{
	const struct yaml_node *member = yaml_source_member(node, "rules-out");

	if (member != NULL && !slice_equals(member->text, SLICE("yes")))
		return yaml_source_refuse(source, member, "rules-out can only be yes");
	claim->rules_out = member != NULL;
	return 0;
}

static int read_claim(struct claim *claim, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	static const char *const members[] = {"figure", CONDITION_MEMBERS, "text", "rules-out",
					      NULL};
	const struct yaml_node *name, *text;
	char quote[QUOTE_BYTES];
	enum figure figure;
	int result = yaml_source_check_map(source, node, "a claim", members);

	if (result == 0)
		result = yaml_source_need(source, node, "figure", &name);
	if (result == 0)
		result = yaml_source_need(source, node, "text", &text);
	if (result < 0)
		return result;
	if (figure_find(name->text, &figure) < 0)
		return yaml_source_refuse(source, name, "%s is no figure",
					  quote_text(name->text, quote));
	result = condition_read(&claim->condition, figure, node, source);
	if (result == 0)
		result = advisor_text_read(&claim->text, text, source);
	return result < 0 ? result : read_rules_out(claim, node, source);
}

int claims_read(struct claims *claims, const struct yaml_node *list,
		const struct yaml_source *source)
{
	int result = 0;

	*claims = (struct claims){NULL, 0};
	if (list->kind != YAML_NODE_LIST)
		return yaml_source_refuse(source, list, "a list of claims is expected here");
	claims->items = arena_allocate_array(source->arena, list->count, sizeof(*claims->items));
	if (claims->items == NULL && list->count > 0)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_claim(&claims->items[claims->count++], node, source);
	return result;
}

const struct claim *claims_rule_out(const struct claims *claims, const struct situation *situation)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];

		if (claim->rules_out &&
		    condition_check(&claim->condition, situation) == CONDITION_HOLDS)
			return claim;
	}
	return NULL;
}
