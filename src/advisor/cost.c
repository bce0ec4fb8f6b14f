/* Of an item that is needed for several quantities, the one that takes most decides, as for the
 * capacity units of a load balancer. Parts of an item are counted as parts, since units are charged
 * by the hour. */
#include "advisor/cost.h"

#include <math.h>

#define GIGABYTE      1e9
#define HOURS_A_MONTH 730

#define F(id) situation->values[FIGURE_##id]
#define M(id) (isnan(F(AVERAGE_##id)) ? F(id) : F(AVERAGE_##id))

static const enum figure averages[] = {FIGURE_AVERAGE_USERS, FIGURE_AVERAGE_NOTIFICATIONS};

/* Bytes a second to clients, with so many users and notifications. */
static double traffic(enum advisor_method method, const struct situation *situation, double users,
		      double notifications)
{
	return method == ADVISOR_POLL ? users / F(POLL_INTERVAL) * F(RESPONSE_BYTES)
				      : notifications * F(EVENT_BYTES) * F(TABS);
}

static void count(double quantities[static QUANTITIES], enum advisor_method method,
		  const struct situation *situation)
{
#define TRAFFIC(users, notifications)  traffic(method, situation, users, notifications)
#define QUANTITY(id, name, expression) quantities[QUANTITY_##id] = (expression);
#include "advisor/quantities.def"
#undef QUANTITY
#undef TRAFFIC
}

double cost_line_count(const struct bill_line *line, enum advisor_method method,
		       const struct situation *situation)
{
	double quantities[QUANTITIES], most = 0;

	if (!isnan(line->count))
		return line->count;
	count(quantities, method, situation);
	for (int i = 0; i < QUANTITIES; i++) {
		double needed = quantities[i] / line->per[i];

		if (!isnan(line->per[i]) && (isnan(needed) || needed > most))
			most = needed;
		if (isnan(most))
			break;
	}
	return most;
}

static double infrastructure(const struct bill *bill, enum advisor_method method,
			     const struct situation *situation)
{
	double sum = bill->line_count == 0 ? NAN : 0;

	for (size_t i = 0; i < bill->line_count; i++)
		sum += bill->lines[i].item->price *
		       cost_line_count(&bill->lines[i], method, situation);
	return sum;
}

void cost_compute(struct cost *cost, const struct price_book *book, enum advisor_method method,
		  const struct situation *situation, enum advisor_method current, double months)
{
	const struct bill *bill = &book->bills[method];
	double monthly = infrastructure(bill, method, situation);
	double development = method == current ? 0 : bill->development;
	double days = development + bill->maintenance * months;

	*cost = (struct cost){
	    .infrastructure_per_month = monthly,
	    .development_days = development,
	    .maintenance_days_per_month = bill->maintenance,
	    .labour = days * book->hours_a_day * book->hour,
	    .infrastructure = monthly * months,
	    .total = monthly * months + days * book->hours_a_day * book->hour,
	    .per_thousand_users = F(USERS) > 0 ? monthly / F(USERS) * 1000 : NAN,
	};
}

static bool is_average(enum figure figure)
{
	for (size_t i = 0; i < sizeof(averages) / sizeof(averages[0]); i++) {
		if (averages[i] == figure)
			return true;
	}
	return false;
}

/* A figure is needed where the sum stays unknown though all others are given; those that others
 * stand in for are not. */
uint64_t cost_open_figures(const struct bill *bill, enum advisor_method method,
			   const struct situation *situation)
{
	uint64_t open = 0;

	for (int i = 0; i < FIGURES; i++) {
		struct situation other = *situation;

		for (int k = 0; k < FIGURES; k++) {
			if (k != i && isnan(other.values[k]) && !is_average((enum figure)k))
				other.values[k] = 1;
		}
		if (bill->line_count > 0 && isnan(infrastructure(bill, method, &other)))
			open |= UINT64_C(1) << i;
	}
	return open;
}

uint64_t cost_open_averages(const struct bill *bill, enum advisor_method method,
			    const struct situation *situation)
{
	double most = infrastructure(bill, method, situation);
	uint64_t open = 0;

	for (size_t i = 0; i < sizeof(averages) / sizeof(averages[0]); i++) {
		struct situation other = *situation;

		other.values[averages[i]] = 0;
		if (isnan(situation->values[averages[i]]) &&
		    infrastructure(bill, method, &other) < most)
			open |= UINT64_C(1) << averages[i];
	}
	return open;
}
