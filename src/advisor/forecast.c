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

static int advise_later(const struct rules *rules, const struct situation *situation,
			const double *weights, unsigned month, enum advisor_method *ret_method)
{
	struct situation later;
	struct advice advice;
	int result;

	forecast_situation(&later, situation, month);
	result = advice_give(&advice, rules, &later, weights);
	if (result < 0)
		return result;
	*ret_method = advice.method;
	advice_finish(&advice);
	return 0;
}

int forecast_change(const struct rules *rules, const struct situation *situation,
		    const double *weights, enum advisor_method *ret_method)
{
	enum advisor_method present, later;
	int result = advise_later(rules, situation, weights, 0, &present);

	for (int month = 1; month <= FORECAST_MONTHS && result == 0; month++) {
		result = advise_later(rules, situation, weights, (unsigned)month, &later);
		if (result < 0 || later == present)
			continue;
		*ret_method = later;
		return month;
	}
	return result < 0 ? result : FORECAST_NEVER;
}
