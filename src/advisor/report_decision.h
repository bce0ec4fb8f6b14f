/* The method that is chosen, why, and what may be expected of it (9.3). */
#ifndef ALLIM_ADVISOR_REPORT_DECISION_H
#define ALLIM_ADVISOR_REPORT_DECISION_H

#include "advisor/scribe.h"

/* The document's beginning: its title, the verdict, and what matters most. */
void report_decision_append_summary(const struct scribe *scribe);

/* Reasons, effects, and what the method takes. */
void report_decision_append(const struct scribe *scribe);

#endif
