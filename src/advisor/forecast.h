/* When growth makes another method the better one, and which signs of that show when. */
#ifndef ALLIM_ADVISOR_FORECAST_H
#define ALLIM_ADVISOR_FORECAST_H

#include "advisor/advice.h"

/* How far it looks. */
enum { FORECAST_MONTHS = 120, FORECAST_NEVER = FORECAST_MONTHS + 1 };

/* The system after so many months of its growth: users, notifications and messages of clients rise
 * together. Without a known growth it stays as it is. */
void forecast_situation(struct situation *ret_situation, const struct situation *situation,
			unsigned months);

/* The first month in which the condition holds; 0: it does already. FORECAST_NEVER: in none, or it
 * is unknown. */
unsigned forecast_condition(const struct condition *condition, const struct situation *situation);

/* The first month in which the advice is another method, and why. It points into the rules. */
struct forecast_change {
	unsigned month; /* or FORECAST_NEVER */
	enum advisor_method method;
	const struct rule *rule;	   /* that decides then; NULL: none does */
	const struct advisor_text *reason; /* of its vote; or NULL */
};

/* Returns 0 or -ENOMEM. */
int forecast_change(struct forecast_change *ret_change, const struct rules *rules,
		    const struct situation *situation, const double *weights);

#endif
