/* Claims about what is unknown are left out of account. */
#include "advisor/scenario.h"

#include "advisor/method_list.h"

#include <math.h>

int scenario_read(struct scenario *scenario, const struct yaml_node *node,
		  const struct yaml_source *source)
{
	static const char *const members[] = {"title", "votes", "claims", NULL};
	const struct yaml_node *found[3];
	int result = yaml_source_check_map(source, node, "a scenario", members);

	for (size_t i = 0; i < 3 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	*scenario = (struct scenario){.name = node->name};
	result = advisor_text_read(&scenario->title, found[0], source);
	if (result == 0)
		result = method_list_read(&scenario->votes, found[1], source);
	return result < 0 ? result : claims_read(&scenario->claims, found[2], source);
}

double scenario_nearness(const struct scenario *scenario, const struct situation *situation)
{
	size_t held = 0, known = 0;

	for (size_t i = 0; i < scenario->claims.count; i++) {
		enum condition_result result =
		    condition_check(&scenario->claims.items[i].condition, situation);

		held += result == CONDITION_HOLDS;
		known += result != CONDITION_IS_OPEN;
	}
	return known == 0 ? NAN : (double)held / (double)known;
}
