/* Proves that the tables fit together: what their constraints cannot say. */
#ifndef ALLIM_STORE_POSTGRES_CHECK_H
#define ALLIM_STORE_POSTGRES_CHECK_H

#include "base/error.h"
#include "base/slice.h"

/* Reads everything, from one snapshot and on a connection of its own. Any thread. Returns 0 or a
 * negative errno value with a sentence. */
int postgres_check(const char *url, struct slice password, int64_t timeout, struct error *error);

#endif
