/* The decision and the costs as JSON. */
#ifndef ALLIM_ADVISOR_REPORT_JSON_H
#define ALLIM_ADVISOR_REPORT_JSON_H

#include "advisor/report.h"

#include <jansson.h>

/* A new reference, or NULL when memory is short. */
json_t *report_json_create(const struct report *report);

#endif
