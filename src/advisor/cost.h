/* What each method costs: infrastructure, building it and keeping it up, by a price book. */
#ifndef ALLIM_ADVISOR_COST_H
#define ALLIM_ADVISOR_COST_H

#include "advisor/price_book.h"
#include "advisor/situation.h"

/* Over how many months costs are counted, unless somebody says so, and at most. */
enum { COST_MONTHS = 6, COST_MONTHS_MOST = 1200 };

/* In the book's currency. NAN: the book says nothing of it, or counts a figure that is unknown. */
struct cost {
	double infrastructure_per_month;
	double development_days; /* 0 for the method in use */
	double maintenance_days_per_month;
	double labour; /* over all months */
	double infrastructure;
	double total;
	double per_thousand_users; /* infrastructure, each month */
};

/* How many of a line's item the system needs; and what that costs each month. */
double cost_line_count(const struct bill_line *line, enum advisor_method method,
		       const struct situation *situation);

/* For `current`, the method in use (ADVISOR_METHODS: none), no development is counted: it is
 * there. */
void cost_compute(struct cost *cost, const struct price_book *book, enum advisor_method method,
		  const struct situation *situation, enum advisor_method current, double months);

/* Which unknown figures the method's bill counts: bits, by enum figure. */
uint64_t cost_open_figures(const struct bill *bill, enum advisor_method method,
			   const struct situation *situation);

/* Which averages are unknown and would make the bill smaller: without them every hour counts as the
 * peak, and the cost is a bound. */
uint64_t cost_open_averages(const struct bill *bill, enum advisor_method method,
			    const struct situation *situation);

#endif
