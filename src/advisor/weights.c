/* Weights are relative to one another, so their sum need not be 100 or 1. */
#include "advisor/weights.h"

#include "base/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

double *weights_create(const struct rules *rules)
{
	double *weights = calloc(rules->criterion_count + 1, sizeof(*weights));

	for (size_t i = 0; weights != NULL && i < rules->criterion_count; i++)
		weights[i] = rules->criteria[i].weight;
	return weights;
}

/* "there are effort, operation, latency", as many as fit. */
static int refuse_criterion(const struct rules *rules, struct slice wanted, struct error *error)
{
	char quote[QUOTE_BYTES], known[200] = "";

	for (size_t i = 0; i < rules->criterion_count; i++) {
		size_t length = strlen(known);
		struct slice name = rules->criteria[i].name;

		if (length + name.length + 3 > sizeof(known))
			break;
		snprintf(known + length, sizeof(known) - length, "%s%.*s", i == 0 ? "" : ", ",
			 (int)name.length, name.data);
	}
	return error_set(error, -EINVAL, "there is no criterion %s; there are %s",
			 quote_word(wanted, quote), known);
}

int weights_set(double *weights, const struct rules *rules, struct slice criterion, double weight,
		struct error *error)
{
	char quote[QUOTE_BYTES];

	if (!(weight >= 0 && weight <= CRITERION_WEIGHT_MOST))
		return error_set(error, -EINVAL, "the weight of %s is %g; accepted is 0 to %d",
				 quote_word(criterion, quote), weight, CRITERION_WEIGHT_MOST);
	for (size_t i = 0; i < rules->criterion_count; i++) {
		if (!slice_equals(rules->criteria[i].name, criterion))
			continue;
		weights[i] = weight;
		return 0;
	}
	return refuse_criterion(rules, criterion, error);
}

int weights_check(const double *weights, const struct rules *rules, struct error *error)
{
	for (size_t i = 0; i < rules->criterion_count; i++) {
		if (weights[i] > 0)
			return 0;
	}
	return error_set(error, -EINVAL, "no criterion has a weight; give one of them more than 0");
}
