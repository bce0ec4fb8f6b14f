/* The file of the database: what it must look like before it is opened, and how it comes into
 * being. */
#ifndef ALLIM_STORE_SQLITE_SCHEMA_H
#define ALLIM_STORE_SQLITE_SCHEMA_H

#include "base/error.h"

#include <stdbool.h>

/* Looks at the file's header without SQLite, so that a file that is not ours, damaged or newer is
 * refused untouched. A missing file is created with the present schema and mode 0600, unless
 * `read_only`; beside the WAL of a database that is gone none is created, since that may
 * be all there is of it. Returns 0, or a negative errno value with a sentence. */
int sqlite_schema_prepare(const char *path, bool read_only, struct error *error);

/* Brings a database up to the present version, one transaction for each step, and into WAL mode. */
int sqlite_schema_migrate(const char *path, struct error *error);

#endif
