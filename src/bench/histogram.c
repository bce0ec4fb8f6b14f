/* Slots in the way of HdrHistogram: the first 128 values have one each, and from there every power
 * of two is cut into 128 steps. */
#include "bench/histogram.h"

#include <string.h>

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

static const int64_t longest = (INT64_C(1) << HISTOGRAM_RANGE_BITS) - 1;

static unsigned slot_of(uint64_t value)
{
	unsigned exponent, shift;

	if (value < STEPS)
		return (unsigned)value;
	exponent = 63 - (unsigned)__builtin_clzll(value);
	shift = exponent - HISTOGRAM_STEP_BITS;
	return ((shift + 1) << HISTOGRAM_STEP_BITS) + ((unsigned)(value >> shift) & (STEPS - 1));
}

/* The largest value that shares the slot. */
static int64_t value_of(unsigned slot)
{
	unsigned shift;

	if (slot < STEPS)
		return slot;
	shift = (slot >> HISTOGRAM_STEP_BITS) - 1;
	return (((int64_t)STEPS + (slot & (STEPS - 1)) + 1) << shift) - 1;
}

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

void histogram_record(struct histogram *histogram, int64_t value)
{
	if (value < 0)
		value = 0;
	if (value > longest)
		value = longest;
	histogram->counts[slot_of((uint64_t)value)]++;
	histogram->total++;
	if (value > histogram->maximum)
		histogram->maximum = value;
}

int64_t histogram_percentile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->total;
	uint64_t seen = 0;

	for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		seen += histogram->counts[slot];
		if (seen > 0 && (double)seen >= wanted)
			return value_of(slot) < histogram->maximum ? value_of(slot)
								   : histogram->maximum;
	}
	return histogram->maximum;
}
