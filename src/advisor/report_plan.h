/* What is to be done: risks, milestones, what to watch, and who approves (9.3). */
#ifndef ALLIM_ADVISOR_REPORT_PLAN_H
#define ALLIM_ADVISOR_REPORT_PLAN_H

#include "advisor/scribe.h"

void report_plan_append(const struct scribe *scribe);

#endif
