/* What each method costs (6). */
#ifndef ALLIM_ADVISOR_REPORT_COSTS_H
#define ALLIM_ADVISOR_REPORT_COSTS_H

#include "advisor/scribe.h"

void report_costs_append(const struct scribe *scribe);

#endif
