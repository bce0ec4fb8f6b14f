/* A kind of system that the guide describes, with what suits it (5). */
#ifndef ALLIM_ADVISOR_SCENARIO_H
#define ALLIM_ADVISOR_SCENARIO_H

#include "advisor/claim.h"
#include "advisor/rule.h"

struct scenario {
	struct slice name; /* "A" */
	struct advisor_text title;
	unsigned votes; /* bits, by enum advisor_method */
	struct claims claims;
};

/* Reads a named map with the members title, votes and claims. Returns 0, -EINVAL or -ENOMEM. */
int scenario_read(struct scenario *scenario, const struct yaml_node *node,
		  const struct yaml_source *source);

/* How near the system is: which part of its claims holds, 0 to 1. NAN where all are open. */
double scenario_nearness(const struct scenario *scenario, const struct situation *situation);

#endif
