/* What somebody asks in JSON, as the API takes it: a system, and what it is judged by. The answers
 * are those of the commands. */
#ifndef ALLIM_ADVISOR_INQUIRY_H
#define ALLIM_ADVISOR_INQUIRY_H

#include "base/error.h"

#include <jansson.h>

/* How long rules or prices of one's own may be. Looking for what would change an answer takes time
 * that grows with the square of the rules, and whoever answers does nothing else meanwhile. */
enum { INQUIRY_TEXT_BYTES = 64 * 1024 };

/* Which method fits: {"version": 1, "figures": {"users": 3000}, "weights": {"latency": 40},
 * "rules": "version: 1\n...", "language": "ko"}, of which the first two are needed. Members besides
 * these are left to who wrote them. The answer is a new reference. Returns 0, -ENOMEM, or -EINVAL
 * with a sentence. */
int inquiry_advise(const json_t *json, json_t **ret_answer, struct error *error);

/* What the methods cost: {"version": 1, "figures": {"users": 3000}, "current": "poll", "prices":
 * "aws-2026", "months": 6}; current is the method in use, or "none", and prices are a built-in
 * book's name, or the text of a book. Otherwise as above. */
int inquiry_cost(const json_t *json, json_t **ret_answer, struct error *error);

#endif
