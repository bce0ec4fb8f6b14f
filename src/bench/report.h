/* Collects what the measures sample, and makes of it the results, a table and two JSON files.
 *
 * All texts given to a report live as long as it does: they are literals. */
#ifndef ALLIM_BENCH_REPORT_H
#define ALLIM_BENCH_REPORT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdio.h>

struct report_sample;

struct report {
	struct report_sample *samples;
	size_t count;
	size_t capacity;
	bool failed; /* a sample was lost because memory was short */
};

void report_init(struct report *report);
void report_finish(struct report *report);

/* Notes one number of one round. Not a number and infinity are noted as they are and told as null.
 */
void report_sample(struct report *report, const char *measure, const char *side, unsigned round,
		   const char *quantity, double value);

/* The median of all rounds, or not a number where nothing was sampled. */
double report_median(const struct report *report, const char *measure, const char *side,
		     const char *quantity);

/* Prints the results that have a value, in the order of results.def. */
void report_print(const struct report *report, FILE *file);

/* Appends the results as a JSON array of {name, value, unit, yardstick, yardstick_value, ratio}. */
void report_append_results(const struct report *report, struct buffer *buffer);

/* Appends all samples as a JSON array. */
void report_append_samples(const struct report *report, struct buffer *buffer);

#endif
