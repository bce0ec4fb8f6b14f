/* What would change the answer, and when growth does. */
#ifndef ALLIM_ADVISOR_REPORT_OUTLOOK_H
#define ALLIM_ADVISOR_REPORT_OUTLOOK_H

#include "advisor/scribe.h"

void report_outlook_append(const struct scribe *scribe);

#endif
