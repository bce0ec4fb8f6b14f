/* What follows from a decision: a file of YAML, of which one is built in. It lives in its arena and
 * never changes. */
#ifndef ALLIM_ADVISOR_PLANS_H
#define ALLIM_ADVISOR_PLANS_H

#include "advisor/effect.h"
#include "advisor/plan.h"

/* What is to be watched (9.3). */
struct plans_metric {
	struct advisor_text title;
	struct slice query; /* for Prometheus */
	struct advisor_text alarm;
	unsigned methods; /* bits: those that it is about */
};

struct plans {
	struct arena arena;
	struct effect effects[ADVISOR_METHODS];
	struct risks risks[ADVISOR_METHODS];
	struct phases phases;
	struct plan *plans;
	size_t plan_count;
	struct plans_metric *metrics;
	size_t metric_count;
};

/* The built-in file. */
extern const char plans_text[];

/* Reads a file; `file` is what messages call it. Returns 0 or a negative errno value with a
 * sentence; there is nothing to finish then. */
int plans_read(struct plans *plans, const char *file, struct slice content, struct error *error);

void plans_finish(struct plans *plans);

/* The first that leads from `current` (ADVISOR_METHODS: from nothing) to `method`, or NULL. */
const struct plan *plans_find(const struct plans *plans, enum advisor_method current,
			      enum advisor_method method);

#endif
