/* Results are rows of results.def over medians of samples; a measure only samples. */
#include "bench/report.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

struct report_sample {
	const char *measure;
	const char *side;
	const char *quantity;
	unsigned round;
	double value;
};

enum wanted { NOTHING, VALUE_AT_MOST, VALUE_AT_LEAST, RATIO_AT_MOST, RATIO_AT_LEAST };

struct result {
	const char *name;
	const char *unit;
	const char *measure;
	const char *side;
	const char *quantity;
	const char *yardstick;
	const char *yardstick_side;
	const char *yardstick_quantity;
	enum wanted wanted;
	double limit;
};

static const struct result results[] = {
#define RESULT(...) {__VA_ARGS__},
#include "bench/results.def"
};

enum { RESULT_COUNT = sizeof(results) / sizeof(results[0]) };

void report_init(struct report *report)
{
	*report = (struct report){0};
}

void report_finish(struct report *report)
{
	free(report->samples);
	*report = (struct report){0};
}

static bool grow(struct report *report)
{
	size_t capacity = report->capacity == 0 ? FIRST_CAPACITY : 2 * report->capacity;
	struct report_sample *samples = realloc(report->samples, capacity * sizeof(*samples));

	if (samples == NULL)
		return false;
	report->samples = samples;
	report->capacity = capacity;
	return true;
}

void report_sample(struct report *report, const char *measure, const char *side, unsigned round,
		   const char *quantity, double value)
{
	if (report->count == report->capacity && !grow(report)) {
		report->failed = true;
		return;
	}
	report->samples[report->count++] =
	    (struct report_sample){measure, side, quantity, round, value};
}

static bool is_of(const struct report_sample *sample, const char *measure, const char *side,
		  const char *quantity)
{
	return strcmp(sample->measure, measure) == 0 && strcmp(sample->side, side) == 0 &&
	       strcmp(sample->quantity, quantity) == 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double middle(double *values, size_t count)
{
	if (count == 0)
		return (double)NAN;
	qsort(values, count, sizeof(*values), compare);
	return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double report_median(const struct report *report, const char *measure, const char *side,
		     const char *quantity)
{
	double *values = calloc(report->count + 1, sizeof(*values));
	double median;
	size_t count = 0;

	if (values == NULL)
		return (double)NAN;
	for (size_t i = 0; i < report->count; i++) {
		if (is_of(&report->samples[i], measure, side, quantity))
			values[count++] = report->samples[i].value;
	}
	median = middle(values, count);
	free(values);
	return median;
}

static double value_of(const struct report *report, const struct result *result)
{
	return report_median(report, result->measure, result->side, result->quantity);
}

static double yardstick_of(const struct report *report, const struct result *result)
{
	return report_median(report, result->measure, result->yardstick_side,
			     result->yardstick_quantity);
}

static double ratio_of(double value, double yardstick)
{
	return yardstick > 0 ? value / yardstick : (double)NAN;
}

/* What is wanted and whether it is reached, as text. */
static void judge(const struct result *result, double value, double ratio, char *text, size_t size)
{
	bool is_ratio = result->wanted == RATIO_AT_MOST || result->wanted == RATIO_AT_LEAST;
	bool is_least = result->wanted == VALUE_AT_LEAST || result->wanted == RATIO_AT_LEAST;
	double found = is_ratio ? ratio : value;
	bool reached = is_least ? found >= result->limit : found <= result->limit;

	if (result->wanted == NOTHING)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s %s%.10g: %s", is_least ? "at least" : "at most",
			 is_ratio ? "x" : "", result->limit, reached ? "yes" : "NO");
}

void report_print(const struct report *report, FILE *file)
{
	fprintf(file, "\n%-28s %12s %-16s %12s %7s  %-22s  %s\n", "measure", "value", "unit",
		"yardstick", "ratio", "wanted", "yardstick is");
	for (size_t i = 0; i < RESULT_COUNT; i++) {
		double value = value_of(report, &results[i]);
		double yardstick = yardstick_of(report, &results[i]);
		double ratio = ratio_of(value, yardstick);
		char wanted[64];

		if (isnan(value))
			continue;
		judge(&results[i], value, ratio, wanted, sizeof(wanted));
		fprintf(file, "%-28s %12.3f %-16s %12.3f %7.2f  %-22s  %s\n", results[i].name,
			value, results[i].unit, yardstick, ratio, wanted, results[i].yardstick);
	}
	fflush(file);
}

/* JSON has no word for what is not a number. */
static void append_number(struct buffer *buffer, const char *name, double value)
{
	json_append_name(buffer, name);
	if (isfinite(value))
		buffer_append_format(buffer, "%.10g", value);
	else
		buffer_append_string(buffer, "null");
}

static void append_text(struct buffer *buffer, const char *name, const char *text)
{
	json_append_name(buffer, name);
	json_append_string(buffer, slice_from_string(text));
	buffer_append_byte(buffer, ',');
}

static void append_result(const struct result *result, double value, double yardstick,
			  struct buffer *buffer)
{
	buffer_append_string(buffer, "\n\t{");
	append_text(buffer, "name", result->name);
	append_number(buffer, "value", value);
	buffer_append_byte(buffer, ',');
	append_text(buffer, "unit", result->unit);
	append_text(buffer, "yardstick", result->yardstick);
	append_number(buffer, "yardstick_value", yardstick);
	buffer_append_byte(buffer, ',');
	append_number(buffer, "ratio", ratio_of(value, yardstick));
	buffer_append_byte(buffer, '}');
}

void report_append_results(const struct report *report, struct buffer *buffer)
{
	const char *separator = "";

	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < RESULT_COUNT; i++) {
		double value = value_of(report, &results[i]);

		if (isnan(value))
			continue;
		buffer_append_string(buffer, separator);
		append_result(&results[i], value, yardstick_of(report, &results[i]), buffer);
		separator = ",";
	}
	buffer_append_string(buffer, "\n]");
}

static void append_sample(const struct report_sample *sample, struct buffer *buffer)
{
	buffer_append_string(buffer, "\n\t{");
	append_text(buffer, "measure", sample->measure);
	append_text(buffer, "side", sample->side);
	json_append_name(buffer, "round");
	buffer_append_integer(buffer, sample->round);
	buffer_append_byte(buffer, ',');
	append_text(buffer, "quantity", sample->quantity);
	append_number(buffer, "value", sample->value);
	buffer_append_byte(buffer, '}');
}

void report_append_samples(const struct report *report, struct buffer *buffer)
{
	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < report->count; i++) {
		buffer_append_string(buffer, i == 0 ? "" : ",");
		append_sample(&report->samples[i], buffer);
	}
	buffer_append_string(buffer, "\n]");
}
