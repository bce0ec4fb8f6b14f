/* What SQLite's schema says of a table, and a look at one of its rows, since its columns may hold
 * anything. */
#ifndef ALLIM_SURVEY_SURVEY_SQLITE_TABLE_H
#define ALLIM_SURVEY_SURVEY_SQLITE_TABLE_H

#include "survey/survey_database.h"
#include "survey/survey_sqlite_session.h"

/* The errors are those of survey_database_ops. */
int survey_sqlite_table_describe(struct survey_sqlite_session *session,
				 const struct survey_table *table, struct survey_source *ret_source,
				 struct error *error);

#endif
