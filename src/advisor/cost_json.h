/* Costs as JSON, as files and the API have them. */
#ifndef ALLIM_ADVISOR_COST_JSON_H
#define ALLIM_ADVISOR_COST_JSON_H

#include "advisor/cost.h"

#include <jansson.h>

/* All methods' costs over so many months, with the lines of their bills and the figures that are
 * still unknown. `prices` is the book's name, and `current` the method in use, or ADVISOR_METHODS.
 * A new reference, or NULL when memory is short. */
json_t *cost_json_create(const struct price_book *book, const char *prices,
			 const struct situation *situation, enum advisor_method current,
			 double months);

#endif
