/* The system today (9.1). */
#ifndef ALLIM_ADVISOR_REPORT_SYSTEM_H
#define ALLIM_ADVISOR_REPORT_SYSTEM_H

#include "advisor/scribe.h"

void report_system_append(const struct scribe *scribe);

/* What a figure is called in the document. */
const char *report_system_label(const struct scribe *scribe, enum figure figure);

#endif
