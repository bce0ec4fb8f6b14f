/* Proves that a database is whole. */
#ifndef ALLIM_STORE_SQLITE_CHECK_H
#define ALLIM_STORE_SQLITE_CHECK_H

#include "base/error.h"

/* Checks the file, the index and every counter against a recount, in one snapshot, on a connection
 * of its own: from any thread, while the store runs. Takes time in proportion to the database.
 * Returns 0, or a negative errno value with the first thing that is wrong. */
int sqlite_check(const char *path, struct error *error);

#endif
