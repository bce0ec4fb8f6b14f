/* An application's database in SQLite: a table of activity and one of notifications, in a folder of
 * the test's own. */
#ifndef ALLIM_TESTS_SURVEY_APPLICATION_H
#define ALLIM_TESTS_SURVEY_APPLICATION_H

#include "survey/survey.h"

struct application {
	char folder[64];
	char path[96];
};

/* Runs the SQL in a new database. */
void application_make(struct application *application, const char *sql);

void application_remove(struct application *application);

/* A survey of it with the names of the guide, which looks back for a week from `now`. */
struct survey_options application_options(int64_t now);

#endif
