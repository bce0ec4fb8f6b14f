/* Figures as JSON: measurement.json, and what the API takes. */
#ifndef ALLIM_ADVISOR_SITUATION_JSON_H
#define ALLIM_ADVISOR_SITUATION_JSON_H

#include "advisor/situation.h"

#include <jansson.h>

/* The schema of measurement.json. */
enum { SITUATION_JSON_VERSION = 1 };

/* Takes the figures of an object: {"version": 1, "figures": {"users": {"value": 3000, "source":
 * "measured"}, "latency": "2s", "redis": true}}. A value that is null is unknown, and so is one of
 * the source "unknown". A figure without a source was entered. Members besides these are left to
 * who wrote them. Returns 0 or -EINVAL with a sentence; the situation is then of no use. */
int situation_json_read(struct situation *situation, const json_t *json, struct error *error);

/* A value as it is written: a number in the figure's unit, a truth for a switch, null for NAN.
 * Returns a new reference, or NULL where memory is short. */
json_t *situation_json_value(enum figure figure, double value);

#endif
