/* Reading what a node tells at /metrics (Prometheus text exposition format, version 0.0.4): the
 * value of a counter, and a histogram added up over nodes. */
#ifndef ALLIM_BENCH_EXPOSITION_H
#define ALLIM_BENCH_EXPOSITION_H

#include "base/slice.h"

enum { EXPOSITION_BUCKETS = 64 };

/* Counts are of all values up to the bound, as they are told. */
struct exposition_histogram {
	double bounds[EXPOSITION_BUCKETS];
	double counts[EXPOSITION_BUCKETS];
	unsigned count;
};

/* The value of the sample that has this name and no labels, or not a number. */
double exposition_value(struct slice text, const char *name);

/* Adds the histogram of that name. Nodes of one version have the same bounds; buckets beyond
 * EXPOSITION_BUCKETS are left out. */
void exposition_add(struct exposition_histogram *histogram, struct slice text, const char *name);

/* Within the bucket that the share (0 to 1) falls into, values are taken to lie evenly, as
 * Prometheus takes them. Not a number where nothing was counted. */
double exposition_quantile(const struct exposition_histogram *histogram, double share);

#endif
