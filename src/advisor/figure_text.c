/* A time without a unit is refused, since nobody would know whether 2 is a second or a millisecond.
 */
#include "advisor/figure_text.h"

#include "base/quote.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 32 };

static const struct unit {
	const char *name;
	double milliseconds;
} units[] = {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

static double milliseconds_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (slice_equals(name, slice_from_string(units[i].name)))
			return units[i].milliseconds;
	}
	return NAN;
}

/* The number that the text begins with, and what stands behind it. */
static double split_number(struct slice text, struct slice *ret_rest)
{
	char copy[NUMBER_BYTES] = "", *end;
	size_t length = 0;
	double number;

	while (length < text.length && strchr("0123456789.-", text.data[length]) != NULL)
		length++;
	*ret_rest = slice_from_bytes(text.data + length, text.length - length);
	if (length == 0 || length >= sizeof(copy))
		return NAN;
	memcpy(copy, text.data, length);
	number = strtod(copy, &end);
	return *end == '\0' ? number : NAN;
}

static int refuse(enum figure figure, struct slice text, const char *accepted, struct error *error)
{
	char quote[QUOTE_BYTES];

	return error_set(error, -EINVAL, "%s is %s; accepted is %s", figure_rows[figure].name,
			 quote_text(text, quote), accepted);
}

static int read_switch(enum figure figure, struct slice text, double *ret_value,
		       struct error *error)
{
	bool is_yes = slice_equals(text, SLICE("yes"));

	if (!is_yes && !slice_equals(text, SLICE("no")))
		return refuse(figure, text, "yes or no", error);
	*ret_value = is_yes;
	return 0;
}

static int read_time(enum figure figure, struct slice text, double *ret_value, struct error *error)
{
	struct slice unit;
	double number = split_number(text, &unit), milliseconds = milliseconds_of(unit);

	if (isnan(number) || isnan(milliseconds))
		return refuse(figure, text, "a time with its unit, such as 500ms, 2s or 5m", error);
	*ret_value =
	    number * milliseconds / milliseconds_of(slice_from_string(figure_rows[figure].unit));
	return 0;
}

int figure_text_read(enum figure figure, struct slice text, double *ret_value, struct error *error)
{
	enum figure_kind kind = figure_rows[figure].kind;
	struct slice rest;
	double number;

	if (kind == FIGURE_SWITCH)
		return read_switch(figure, text, ret_value, error);
	if (kind == FIGURE_TIME)
		return read_time(figure, text, ret_value, error);
	number = split_number(text, &rest);
	if (kind == FIGURE_PERCENT && slice_equals(rest, SLICE("%")))
		rest = SLICE("");
	if (isnan(number) || !slice_is_empty(rest))
		return refuse(figure, text, "a number, such as 12.5", error);
	*ret_value = number;
	return 0;
}

const char *figure_text_placeholder(enum figure figure)
{
	static const char *const placeholders[] = {
	    [FIGURE_NUMBER] = "NUMBER",	  [FIGURE_COUNT] = "NUMBER",	[FIGURE_TIME] = "TIME",
	    [FIGURE_PERCENT] = "PERCENT", [FIGURE_SWITCH] = "[yes|no]",
	};

	return placeholders[figure_rows[figure].kind];
}

void figure_text_append(struct buffer *buffer, enum figure figure, double value,
			const struct audience *audience)
{
	const struct figure_row *row = &figure_rows[figure];
	const char *unit = row->unit;

	if (isnan(value))
		buffer_append_string(buffer, audience->translate("unknown"));
	else if (row->kind == FIGURE_SWITCH)
		buffer_append_string(buffer, value != 0 ? audience->translate("yes")
							: audience->translate("no"));
	else if (strcmp(unit, "ms") == 0 && value >= 1000)
		buffer_append_format(buffer, "%.10g %s", value / 1000, audience->translate("s"));
	else
		buffer_append_format(buffer, "%.10g %s", value, audience->translate(unit));
}
