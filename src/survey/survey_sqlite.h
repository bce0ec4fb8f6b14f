/* A database of SQLite's, looked at: an application's own, or allim's. */
#ifndef ALLIM_SURVEY_SURVEY_SQLITE_H
#define ALLIM_SURVEY_SURVEY_SQLITE_H

#include "survey/survey_database.h"

/* Opens a file, or the allim.db of a folder, to be read only. `timeout` is that of a statement, in
 * milliseconds. Returns 0 or a negative errno value with a sentence. */
int survey_sqlite_open(const char *path, int64_t timeout, struct survey_database **ret_database,
		       struct error *error);

#endif
