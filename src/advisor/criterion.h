/* A criterion by which methods are scored, 0 to 10, and how much it weighs (the guide's 9.2). */
#ifndef ALLIM_ADVISOR_CRITERION_H
#define ALLIM_ADVISOR_CRITERION_H

#include "advisor/advisor_method.h"
#include "advisor/advisor_text.h"

/* The most that one weighs, so that sums stay finite. */
enum { CRITERION_WEIGHT_MOST = 1000000 };

struct criterion {
	struct slice name;
	struct advisor_text title;
	double weight;			/* relative to the other ones */
	double scores[ADVISOR_METHODS]; /* NAN: the method is not scored */
};

/* Reads a named map with the members title, weight and scores. Returns 0, -EINVAL or -ENOMEM. */
int criterion_read(struct criterion *criterion, const struct yaml_node *node,
		   const struct yaml_source *source);

/* The mean of a method's scores by weight, 0 to 10; NAN where one is missing. `weights` are
 * others than the criteria's own, in their order, or NULL; their sum is not 0. */
double criterion_score(const struct criterion *criteria, const double *weights, size_t count,
		       enum advisor_method method);

#endif
