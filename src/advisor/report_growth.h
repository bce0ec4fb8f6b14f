/* The chart of users by month, and of what each method is stable for. */
#ifndef ALLIM_ADVISOR_REPORT_GROWTH_H
#define ALLIM_ADVISOR_REPORT_GROWTH_H

#include "advisor/scribe.h"

/* Users and their growth have to be known. */
void report_growth_append_chart(const struct scribe *scribe);

#endif
