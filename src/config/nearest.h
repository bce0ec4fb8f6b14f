/* Finding what somebody probably meant. */
#ifndef ALLIM_CONFIG_NEAREST_H
#define ALLIM_CONFIG_NEAREST_H

#include "base/slice.h"

enum { NEAREST_LONGEST = 64 };

/* How many letters must be inserted, dropped, replaced or swapped with their neighbour to make `b`
 * of `a`. Only the first NEAREST_LONGEST bytes of each are looked at. */
size_t nearest_distance(struct slice a, struct slice b);

/* The one of `names` (NULL at the end) that is most like `wanted`, or NULL for an empty list. */
const char *nearest_name(struct slice wanted, const char *const *names);

#endif
