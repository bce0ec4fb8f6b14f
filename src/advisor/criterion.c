/* A method that is not scored by one criterion has no score at all: a mean of the others would say
 * something else than theirs do. */
#include "advisor/criterion.h"

#include "advisor/method_list.h"

#include <errno.h>
#include <math.h>

enum { BEST = 10 };

static int read_score(struct criterion *criterion, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	enum advisor_method method;
	double score;
	int result = method_list_read_name(&method, node, source);

	if (result == 0)
		result = yaml_source_number(source, node, &score);
	if (result == 0 && (score < 0 || score > BEST))
		result = yaml_source_refuse(source, node, "a score is 0 to %d", BEST);
	if (result == 0)
		criterion->scores[method] = score;
	return result;
}

static int read_scores(struct criterion *criterion, const struct yaml_node *map,
		       const struct yaml_source *source)
{
	int result = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++)
		criterion->scores[i] = NAN;
	if (map->kind != YAML_NODE_MAP)
		return yaml_source_refuse(source, map, "scores are written as METHOD: SCORE pairs");
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next)
		result = read_score(criterion, node, source);
	return result;
}

static int read_weight(struct criterion *criterion, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	int result = yaml_source_number(source, node, &criterion->weight);

	if (result == 0 && (criterion->weight < 0 || criterion->weight > CRITERION_WEIGHT_MOST))
		result =
		    yaml_source_refuse(source, node, "a weight is 0 to %d", CRITERION_WEIGHT_MOST);
	return result;
}

int criterion_read(struct criterion *criterion, const struct yaml_node *node,
		   const struct yaml_source *source)
{
	static const char *const members[] = {"title", "weight", "scores", NULL};
	const struct yaml_node *found[3];
	int result = yaml_source_check_map(source, node, "a criterion", members);

	for (size_t i = 0; i < 3 && result == 0; i++)
		result = yaml_source_need(source, node, members[i], &found[i]);
	if (result < 0)
		return result;
	criterion->name = node->name;
	result = advisor_text_read(&criterion->title, found[0], source);
	if (result == 0)
		result = read_weight(criterion, found[1], source);
	return result < 0 ? result : read_scores(criterion, found[2], source);
}

double criterion_score(const struct criterion *criteria, const double *weights, size_t count,
		       enum advisor_method method)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < count; i++) {
		double present = weights == NULL ? criteria[i].weight : weights[i];

		sum += present * criteria[i].scores[method];
		weight += present;
	}
	return sum / weight;
}
