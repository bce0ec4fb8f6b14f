/* The answer can only change where a condition does, so to know how far it is from changing, the
 * limits of the conditions are tried, and values just beside them. */
#include "advisor/advice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { EVERY_METHOD = (1 << ADVISOR_METHODS) - 1 };

/* A score that is missing is worse than any. */
static bool is_better(const struct advice *advice, enum advisor_method method,
		      enum advisor_method than)
{
	double score = advice->scores[method], other = advice->scores[than];

	return !isnan(score) && (isnan(other) || score > other);
}

enum advisor_method advice_prefer(const struct advice *advice, unsigned methods)
{
	enum advisor_method best = ADVISOR_METHODS;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		enum advisor_method method = (enum advisor_method)i;

		if ((methods & 1U << i) == 0 || advice->ruled_out[i] != NULL)
			continue;
		if (best == ADVISOR_METHODS || is_better(advice, method, best))
			best = method;
	}
	return best;
}

bool advice_is_scored(const struct advice *advice)
{
	return advice->method != ADVISOR_METHODS && !isnan(advice->scores[advice->method]);
}

static void judge(struct advice *advice, const struct rules *rules,
		  const struct situation *situation, const double *weights)
{
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		advice->ruled_out[i] = claims_rule_out(&rules->misfits[i], situation);
		advice->scores[i] = criterion_score(rules->criteria, weights,
						    rules->criterion_count, (enum advisor_method)i);
	}
	for (size_t i = 0; i < rules->rule_count; i++)
		rule_vote(&rules->rules[i], situation, &advice->votes[i]);
}

static void decide(struct advice *advice, const struct rules *rules)
{
	for (size_t i = 0; i < rules->rule_count; i++) {
		advice->method = advice_prefer(advice, advice->votes[i].methods);
		advice->rule = &rules->rules[i];
		if (advice->method != ADVISOR_METHODS)
			return;
	}
	advice->method = advice_prefer(advice, EVERY_METHOD);
	advice->rule = NULL;
}

int advice_give(struct advice *advice, const struct rules *rules, const struct situation *situation,
		const double *weights)
{
	*advice = (struct advice){.votes = calloc(rules->rule_count + 1, sizeof(*advice->votes))};
	if (advice->votes == NULL)
		return -ENOMEM;
	judge(advice, rules, situation, weights);
	decide(advice, rules);
	return 0;
}

void advice_finish(struct advice *advice)
{
	free(advice->votes);
}

/* Changes */

struct search {
	const struct rules *rules;
	const double *weights;
	struct situation situation; /* with the value that is tried */
	enum figure figure;
	double present;
	enum advisor_method method; /* of the present value */
	struct advice_change found;
	int result;
};

static void try_value(struct search *search, double value)
{
	const struct figure_row *row = &figure_rows[search->figure];
	bool is_possible = row->kind != FIGURE_COUNT || value == floor(value);
	double distance = fabs(value - search->present);
	struct advice advice;

	if (!isfinite(value) || !is_possible || value < row->minimum || value > row->maximum ||
	    search->result < 0 ||
	    (!isnan(search->found.value) &&
	     distance >= fabs(search->found.value - search->present)))
		return;
	search->situation.values[search->figure] = value;
	search->result = advice_give(&advice, search->rules, &search->situation, search->weights);
	if (search->result < 0)
		return;
	if (advice.method != search->method)
		search->found = (struct advice_change){value, advice.method};
	advice_finish(&advice);
}

/* Just beyond a limit is the next whole number, or a thousandth where figures are small. */
static void try_limit(struct search *search, double limit)
{
	enum figure_kind kind = figure_rows[search->figure].kind;
	double step = kind == FIGURE_COUNT || fabs(limit) >= 10 ? 1 : 0.001;

	try_value(search, limit);
	if (kind == FIGURE_SWITCH)
		return;
	try_value(search, limit - step);
	try_value(search, limit + step);
}

static void try_condition(struct search *search, const struct condition *condition)
{
	if (condition->figure != search->figure)
		return;
	try_limit(search, condition->low);
	try_limit(search, condition->high);
	if (figure_rows[search->figure].kind == FIGURE_SWITCH)
		try_value(search, 1 - search->present);
}

static void try_question(struct search *search, const struct rule_question *question)
{
	for (size_t i = 0; i < question->branch_count; i++) {
		try_condition(search, &question->branches[i].condition);
		if (question->branches[i].question != NULL)
			try_question(search, question->branches[i].question);
	}
}

static void try_all(struct search *search)
{
	for (size_t i = 0; i < search->rules->rule_count; i++)
		try_question(search, search->rules->rules[i].question);
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		const struct claims *claims = &search->rules->misfits[i];

		for (size_t k = 0; k < claims->count; k++)
			try_condition(search, &claims->items[k].condition);
	}
}

int advice_change(struct advice_change *ret_change, const struct rules *rules,
		  const struct situation *situation, const double *weights, enum figure figure)
{
	struct search search = {
	    .rules = rules,
	    .weights = weights,
	    .situation = *situation,
	    .figure = figure,
	    .present = situation->values[figure],
	    .found = {NAN, ADVISOR_METHODS},
	};
	struct advice advice;

	search.result = advice_give(&advice, rules, situation, weights);
	if (search.result < 0)
		return search.result;
	search.method = advice.method;
	advice_finish(&advice);
	if (!isnan(search.present))
		try_all(&search);
	if (search.result == 0)
		*ret_change = search.found;
	return search.result;
}
