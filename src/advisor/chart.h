/* What a chart shows, in the numbers that it is drawn from. */
#ifndef ALLIM_ADVISOR_CHART_H
#define ALLIM_ADVISOR_CHART_H

#include "base/buffer.h"

enum { CHART_SERIES = 8, CHART_LIMITS = 8, CHART_MONTHS = 60 };

struct chart_bar {
	struct slice label;
	struct slice total; /* the sum as people write it */
	double values[CHART_SERIES];
	bool is_marked;
};

/* A bar for each row, made of a piece for each series. */
struct chart_bars {
	struct slice series[CHART_SERIES];
	size_t series_count;
	struct chart_bar *bars;
	size_t bar_count;
};

struct chart_limit {
	double value;
	struct slice label;
	double month;	   /* in which the line reaches it; NAN: in none that is shown */
	struct slice mark; /* what is said at that place */
};

/* Values month by month, and the limits that they reach. The scale is logarithmic: steady growth
 * is a straight line, and a limit far above does not flatten it. */
struct chart_line {
	double values[CHART_MONTHS + 1];
	size_t months;
	struct slice first; /* what is said at the line's ends, where there is room */
	struct slice last;
	struct slice now; /* what month 0 is called */
	struct chart_limit limits[CHART_LIMITS];
	size_t limit_count;
};

enum chart_kind { CHART_BARS, CHART_LINE };

struct chart {
	enum chart_kind kind;
	struct slice title;
	struct slice description; /* what there is to see, in words */
	union {
		struct chart_bars bars;
		struct chart_line line;
	};
};

/* Appends an element svg, as wide as its place whatever that is: horizontal positions are percents,
 * and texts keep their size. `id` is unique in the page and names its title and description.
 * Colours are the classes of document_style.css. */
void chart_append_svg(struct buffer *buffer, const struct chart *chart, unsigned id);

#endif
