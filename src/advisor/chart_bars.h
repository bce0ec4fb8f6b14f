/* Bars one below the other, each under its label, and as long as its sum is beside the longest. */
#ifndef ALLIM_ADVISOR_CHART_BARS_H
#define ALLIM_ADVISOR_CHART_BARS_H

#include "advisor/chart.h"

/* Pixels. */
unsigned chart_bars_height(const struct chart_bars *bars);

void chart_bars_append(struct buffer *buffer, const struct chart_bars *bars);

#endif
