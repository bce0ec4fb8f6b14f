/* How to get from one method to another, week by week (the guide's 8.1 and 8.2). */
#ifndef ALLIM_ADVISOR_PLAN_H
#define ALLIM_ADVISOR_PLAN_H

#include "advisor/advisor_method.h"
#include "advisor/advisor_text.h"

/* Where a plan may start, beside methods: with nothing, or with the method that is the goal. */
enum { PLAN_FROM_NONE = ADVISOR_METHODS, PLAN_FROM_SAME };

struct phase {
	struct slice name;
	struct advisor_text title;
	struct advisor_text *tasks;
	size_t task_count;
};

struct plan_step {
	struct slice weeks; /* "1", "2-3" */
	unsigned last;	    /* of them */
	const struct phase *phase;
};

struct plan {
	unsigned from; /* bits, by enum advisor_method and those above */
	unsigned to;
	struct slice section; /* of the guide; empty: it has no such plan */
	struct plan_step *steps;
	size_t step_count;
};

struct phases {
	struct phase *items;
	size_t count;
};

/* Reads a map of phases, each with title and tasks. Returns 0, -EINVAL or -ENOMEM. */
int plan_read_phases(struct phases *phases, const struct yaml_node *map,
		     const struct yaml_source *source);

/* Reads a map with the members from, to, section (which may be missing) and weeks, whose steps are
 * among the phases, one behind the other. Returns 0, -EINVAL or -ENOMEM. */
int plan_read(struct plan *plan, const struct phases *phases, const struct yaml_node *node,
	      const struct yaml_source *source);

/* Whether it leads from `current` (ADVISOR_METHODS: from nothing) to `method`. */
bool plan_leads(const struct plan *plan, enum advisor_method current, enum advisor_method method);

#endif
