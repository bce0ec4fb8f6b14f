/* What the guide's rules say, and where they disagree. */
#ifndef ALLIM_ADVISOR_REPORT_RULES_H
#define ALLIM_ADVISOR_REPORT_RULES_H

#include "advisor/scribe.h"

/* What each rule votes for. */
void report_rules_append(const struct scribe *scribe);

/* What speaks for and against each method. */
void report_rules_append_methods(const struct scribe *scribe);

#endif
