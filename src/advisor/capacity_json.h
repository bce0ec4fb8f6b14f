/* Capacities as JSON: a part of decision.json. */
#ifndef ALLIM_ADVISOR_CAPACITY_JSON_H
#define ALLIM_ADVISOR_CAPACITY_JSON_H

#include "advisor/capacity.h"

#include <jansson.h>

/* {"polls": {"value": 160000, "unit": "requests/s", "measure": "poll_1000", "rule_of_thumb": 100,
 * "needed": 300}}, all of them; what is not known is null. A new reference, or NULL when memory is
 * short. */
json_t *capacity_json_create(const struct capacities *capacities,
			     const struct situation *situation);

#endif
