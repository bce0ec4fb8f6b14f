/* A line of values by month on a logarithmic scale, with the limits that it reaches. */
#ifndef ALLIM_ADVISOR_CHART_LINE_H
#define ALLIM_ADVISOR_CHART_LINE_H

#include "advisor/chart.h"

/* Pixels. */
enum { CHART_LINE_HEIGHT = 330 };

void chart_line_append(struct buffer *buffer, const struct chart_line *line);

#endif
