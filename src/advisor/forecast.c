/* Month by month, since rules have steps. */
#include "advisor/forecast.h"

#include <math.h>

static const enum figure growing[] = {FIGURE_USERS, FIGURE_AVERAGE_USERS, FIGURE_NOTIFICATIONS,
				      FIGURE_AVERAGE_NOTIFICATIONS, FIGURE_MESSAGES};

void forecast_situation(struct situation *ret_situation, const struct situation *situation,
			unsigned months)
{
	double growth = situation->values[FIGURE_GROWTH];
	double factor = isnan(growth) ? 1 : pow(1 + growth / 100, months);

	*ret_situation = *situation;
	for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++)
		ret_situation->values[growing[i]] *= factor;
}

unsigned forecast_condition(const struct condition *condition, const struct situation *situation)
{
	for (unsigned month = 0; month <= FORECAST_MONTHS; month++) {
		struct situation later;

		forecast_situation(&later, situation, month);
		if (condition_check(condition, &later) == CONDITION_HOLDS)
			return month;
	}
	return FORECAST_NEVER;
}

static int advise_later(struct forecast_change *ret_change, const struct rules *rules,
			const struct situation *situation, const double *weights, unsigned month)
{
	const struct rule_vote *vote;
	struct situation later;
	struct advice advice;
	int result;

	forecast_situation(&later, situation, month);
	result = advice_give(&advice, rules, &later, weights);
	if (result < 0)
		return result;
	*ret_change = (struct forecast_change){month, advice.method, advice.rule, NULL};
	if (advice.rule != NULL) {
		vote = &advice.votes[advice.rule - rules->rules];
		ret_change->reason = &vote->path[vote->length - 1]->reason;
	}
	advice_finish(&advice);
	return 0;
}

int forecast_change(struct forecast_change *ret_change, const struct rules *rules,
		    const struct situation *situation, const double *weights)
{
	struct forecast_change present;
	int result = advise_later(&present, rules, situation, weights, 0);

	for (unsigned month = 1; month <= FORECAST_MONTHS && result == 0; month++) {
		result = advise_later(ret_change, rules, situation, weights, month);
		if (result == 0 && ret_change->method != present.method)
			return 0;
	}
	ret_change->month = FORECAST_NEVER;
	return result;
}
