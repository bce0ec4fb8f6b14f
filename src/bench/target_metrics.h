/* What allim counts, as it tells at /metrics. Waits for the answer (call.h). */
#ifndef ALLIM_BENCH_TARGET_METRICS_H
#define ALLIM_BENCH_TARGET_METRICS_H

#include "bench/target.h"

/* Appends all of the text; exposition.h reads it. Returns 0 or a negative errno value with a
 * sentence, here and below. */
int target_metrics_fetch(const struct target *target, struct buffer *text, struct error *error);

/* The value of a counter without labels. */
int target_metrics_value(const struct target *target, const char *name, double *ret_value,
			 struct error *error);

#endif
