/* Texts stand inside of the plot, where each is out of the line's way, which rises from the left:
 * what is said of a crossing stands left of it, above the limit. */
#include "advisor/chart_line.h"

#include "advisor/markup.h"

#include <math.h>
#include <stdio.h>

/* LOWEST leaves room for what is said of the beginning, which stands below the line. */
enum { TOP = 32, BOTTOM = 300, LOWEST = BOTTOM - 24, RIGHT = 100 };
enum { LABEL_HEIGHT = 16, TICKS_MOST = 6 };

struct scale {
	double low; /* decimal logarithms */
	double high;
	size_t months;
};

static double x_of(const struct scale *scale, double month)
{
	return month / (double)scale->months * RIGHT;
}

static double y_of(const struct scale *scale, double value)
{
	return LOWEST -
	       (log10(fmax(value, 1)) - scale->low) / (scale->high - scale->low) * (LOWEST - TOP);
}

static void widen(struct scale *scale, double value)
{
	scale->low = fmin(scale->low, log10(fmax(value, 1)));
	scale->high = fmax(scale->high, log10(fmax(value, 1)));
}

/* All values, all limits, and a little room on both sides. */
static struct scale scale_of(const struct chart_line *line)
{
	struct scale scale = {.low = INFINITY, .high = -INFINITY, .months = line->months};

	for (size_t i = 0; i <= line->months; i++)
		widen(&scale, line->values[i]);
	for (size_t i = 0; i < line->limit_count; i++)
		widen(&scale, line->limits[i].value);
	scale.low -= 0.15;
	scale.high += 0.15;
	return scale;
}

static void append_text(struct buffer *buffer, const char *class_name, const char *anchor, double x,
			double y, struct slice text)
{
	buffer_append_format(buffer,
			     "<text class=\"%s\" x=\"%.2f%%\" y=\"%.1f\" text-anchor=\"%s\">",
			     class_name, x, y, anchor);
	markup_append(buffer, text);
	buffer_append_string(buffer, "</text>\n");
}

static void append_rule(struct buffer *buffer, const char *class_name, double x1, double y1,
			double x2, double y2)
{
	buffer_append_format(buffer,
			     "<line class=\"%s\" x1=\"%.2f%%\" y1=\"%.1f\" x2=\"%.2f%%\" "
			     "y2=\"%.1f\"/>\n",
			     class_name, x1, y1, x2, y2);
}

/* Months that are named: every one, or every second, third, ... */
static void append_months(struct buffer *buffer, const struct chart_line *line,
			  const struct scale *scale)
{
	static const size_t steps[] = {1, 2, 3, 6, 12};
	size_t step = 0;

	while (steps[step] * TICKS_MOST < line->months &&
	       step + 1 < sizeof(steps) / sizeof(steps[0]))
		step++;
	append_rule(buffer, "axis", 0, BOTTOM, RIGHT, BOTTOM);
	append_text(buffer, "tick", "start", 0, BOTTOM + LABEL_HEIGHT, line->now);
	for (size_t month = steps[step]; month <= line->months; month += steps[step]) {
		char number[16];
		double x = x_of(scale, (double)month);

		snprintf(number, sizeof(number), "%zu", month);
		append_rule(buffer, "axis", x, BOTTOM, x, BOTTOM + 4);
		append_text(buffer, "tick", month == line->months ? "end" : "middle", x,
			    BOTTOM + LABEL_HEIGHT, slice_from_string(number));
	}
}

/* Its name is where the line is not: above it on the left, as long as the line is still below, and
 * otherwise below it on the right. */
static bool is_named_left(const struct chart_limit *limit, const struct chart_line *line)
{
	return isnan(limit->month) ? limit->value > line->values[0]
				   : limit->month > (double)line->months / 2;
}

static void append_limit(struct buffer *buffer, const struct chart_limit *limit,
			 const struct chart_line *line, const struct scale *scale)
{
	double y = y_of(scale, limit->value);

	append_rule(buffer, "limit", 0, y, RIGHT, y);
	if (is_named_left(limit, line))
		append_text(buffer, "limit", "start", 0, y - 6, limit->label);
	else
		append_text(buffer, "limit", "end", RIGHT, y + LABEL_HEIGHT, limit->label);
}

/* What is said of a crossing near the end takes the room of what is said of the end. */
static bool ends_at_a_crossing(const struct chart_line *line)
{
	for (size_t i = 0; i < line->limit_count; i++) {
		if (line->limits[i].month > (double)line->months * 3 / 4)
			return true;
	}
	return false;
}

static void append_load(struct buffer *buffer, const struct chart_line *line,
			const struct scale *scale)
{
	for (size_t i = 0; i < line->months; i++)
		append_rule(buffer, "load", x_of(scale, (double)i), y_of(scale, line->values[i]),
			    x_of(scale, (double)i + 1), y_of(scale, line->values[i + 1]));
	append_text(buffer, "load", "start", 0, y_of(scale, line->values[0]) + LABEL_HEIGHT + 4,
		    line->first);
	if (!ends_at_a_crossing(line))
		append_text(buffer, "load", "end", RIGHT,
			    y_of(scale, line->values[line->months]) - 8, line->last);
}

/* Where the limit's name is on the same side, a row above it. */
static void append_crossing(struct buffer *buffer, const struct chart_limit *limit,
			    const struct chart_line *line, const struct scale *scale)
{
	double x = x_of(scale, limit->month), y = y_of(scale, limit->value);
	double above = is_named_left(limit, line) ? 8 + LABEL_HEIGHT : 8;
	bool is_far = x > 100 / 3.0;

	if (isnan(limit->month))
		return;
	buffer_append_format(buffer, "<circle class=\"mark\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"5\"/>\n",
			     x, y);
	append_text(buffer, "mark", is_far ? "end" : "start", is_far ? x - 1.5 : 0, y - above,
		    limit->mark);
}

void chart_line_append(struct buffer *buffer, const struct chart_line *line)
{
	struct scale scale = scale_of(line);

	append_months(buffer, line, &scale);
	for (size_t i = 0; i < line->limit_count; i++)
		append_limit(buffer, &line->limits[i], line, &scale);
	append_load(buffer, line, &scale);
	for (size_t i = 0; i < line->limit_count; i++)
		append_crossing(buffer, &line->limits[i], line, &scale);
}
