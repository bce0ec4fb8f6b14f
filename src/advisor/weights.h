/* How much each criterion counts for somebody, in the order of the criteria. */
#ifndef ALLIM_ADVISOR_WEIGHTS_H
#define ALLIM_ADVISOR_WEIGHTS_H

#include "advisor/rules.h"

/* The rules' own weights, to be freed by the caller; NULL when memory is short. */
double *weights_create(const struct rules *rules);

/* Takes another weight for a criterion. Returns 0, or -EINVAL with a sentence. */
int weights_set(double *weights, const struct rules *rules, struct slice criterion, double weight,
		struct error *error);

/* Refuses weights that are all 0, of which there is no mean. Returns 0, or -EINVAL with a
 * sentence. */
int weights_check(const double *weights, const struct rules *rules, struct error *error);

#endif
