/* Scores by weight (9.2). */
#ifndef ALLIM_ADVISOR_REPORT_SCORES_H
#define ALLIM_ADVISOR_REPORT_SCORES_H

#include "advisor/scribe.h"

void report_scores_append(const struct scribe *scribe);

#endif
