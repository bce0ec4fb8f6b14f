/* Observations as JSON: a part of measurement.json. */
#ifndef ALLIM_ADVISOR_OBSERVATION_JSON_H
#define ALLIM_ADVISOR_OBSERVATION_JSON_H

#include "advisor/observation.h"

#include <jansson.h>

/* {"peak-users": {"value": 1200, "unit": "users", "state": "measured", "note": "..."}}, all of
 * them; an open one's value is null. A new reference, or NULL when memory is short. */
json_t *observation_json_create(const struct observations *observations);

/* Takes the member `observations` of a file. Without one all are open, and names that are not known
 * are left to who wrote them. Returns 0 or -EINVAL with a sentence. */
int observation_json_read(struct observations *observations, const json_t *json,
			  struct error *error);

#endif
