#include "bench/exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES = 128, NUMBER_BYTES = 64 };

/* strtod() wants the end of a string. */
static double read_number(struct slice text)
{
	char copy[NUMBER_BYTES], *end;
	double number;

	text = slice_trim(text);
	snprintf(copy, sizeof(copy), "%.*s", (int)text.length, text.data);
	number = strtod(copy, &end);
	return end == copy || *end != '\0' ? (double)NAN : number;
}

/* What stands behind `name` at the begin of a line, from there on. */
static bool find_line(struct slice *rest, const char *name, struct slice *ret_behind)
{
	struct slice wanted = slice_from_string(name);

	while (rest->length > 0) {
		struct slice line = slice_split(rest, '\n');

		if (!slice_starts_with(line, wanted))
			continue;
		*ret_behind =
		    slice_from_bytes(line.data + wanted.length, line.length - wanted.length);
		return true;
	}
	return false;
}

double exposition_value(struct slice text, const char *name)
{
	char start[NAME_BYTES];
	struct slice behind;

	snprintf(start, sizeof(start), "%s ", name);
	return find_line(&text, start, &behind) ? read_number(behind) : (double)NAN;
}

void exposition_add(struct exposition_histogram *histogram, struct slice text, const char *name)
{
	char start[NAME_BYTES];
	struct slice behind;
	unsigned place = 0;

	snprintf(start, sizeof(start), "%s_bucket{le=\"", name);
	while (place < EXPOSITION_BUCKETS && find_line(&text, start, &behind)) {
		histogram->bounds[place] = read_number(slice_split(&behind, '"'));
		slice_split(&behind, ' ');
		if (place >= histogram->count)
			histogram->counts[place] = 0;
		histogram->counts[place++] += read_number(behind);
	}
	if (place > histogram->count)
		histogram->count = place;
}

double exposition_quantile(const struct exposition_histogram *histogram, double share)
{
	double total = histogram->count == 0 ? 0 : histogram->counts[histogram->count - 1];
	double wanted = share * total, low = 0, below = 0;
	unsigned place = 0;

	if (!(total > 0))
		return (double)NAN;
	while (histogram->counts[place] < wanted || histogram->counts[place] <= 0) {
		low = histogram->bounds[place];
		below = histogram->counts[place++];
	}
	if (isinf(histogram->bounds[place]))
		return low;
	return low + (histogram->bounds[place] - low) * (wanted - below) /
			 (histogram->counts[place] - below);
}
