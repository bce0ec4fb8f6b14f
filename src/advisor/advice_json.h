/* Advice as JSON: decision.json, and what the API answers. */
#ifndef ALLIM_ADVISOR_ADVICE_JSON_H
#define ALLIM_ADVISOR_ADVICE_JSON_H

#include "advisor/advice.h"

#include <jansson.h>

/* The verdict, what each rule says, whom each method is for, scores, scenarios, sizes, and the
 * nearest changes, with reasons in that language. A new reference, or NULL when memory is short. */
json_t *advice_json_create(const struct advice *advice, const struct rules *rules,
			   const struct situation *situation, const double *weights,
			   enum advisor_language language);

#endif
