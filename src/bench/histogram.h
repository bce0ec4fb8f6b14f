/* How often each duration was seen, in constant memory and without allocation.
 *
 * Slots are as wide as 1/128 of their value, so that a percentile is at most 0.8 % too high. The
 * unit is the caller's; nanoseconds fit up to 18 minutes, and what is longer counts as that. */
#ifndef ALLIM_BENCH_HISTOGRAM_H
#define ALLIM_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_STEP_BITS = 7,
	HISTOGRAM_RANGE_BITS = 40,
	HISTOGRAM_SLOTS = (HISTOGRAM_RANGE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS,
};

struct histogram {
	uint64_t counts[HISTOGRAM_SLOTS];
	uint64_t total;
	int64_t maximum;
};

void histogram_clear(struct histogram *histogram);

/* Negative values count as 0. */
void histogram_record(struct histogram *histogram, int64_t value);

/* The least value that `share` (0 to 1) of what was recorded does not exceed; 0 when nothing was.
 */
int64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
