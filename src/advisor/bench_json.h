/* bench.json, which scripts/run-bench writes, as capacities of the hardware. */
#ifndef ALLIM_ADVISOR_BENCH_JSON_H
#define ALLIM_ADVISOR_BENCH_JSON_H

#include "advisor/capacity.h"

#include <jansson.h>

/* Takes the rows that capacities are made of: [{"name": "poll_1000", "value": 160000, "unit":
 * "requests/s"}]. Others, further members, and values that are null are passed over. Returns 0, or
 * -EINVAL with a sentence: it is something else, of another version, or has no capacity at all. */
int bench_json_read(struct capacities *capacities, const json_t *json, struct error *error);

#endif
