#include "unit/survey/application.h"

#include "lib/assertions.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WEEK = 7 * 86400 };

void application_make(struct application *application, const char *sql)
{
	sqlite3 *database = NULL;
	char *message = NULL;

	snprintf(application->folder, sizeof(application->folder), "/tmp/allim-survey-XXXXXX");
	assert_non_null(mkdtemp(application->folder));
	snprintf(application->path, sizeof(application->path), "%s/app.db", application->folder);
	assert_int_equal(sqlite3_open(application->path, &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

void application_remove(struct application *application)
{
	assert_int_equal(unlink(application->path), 0);
	assert_int_equal(rmdir(application->folder), 0);
}

static void ignore_progress(void *context, const char *what)
{
	(void)context;
	assert_true(what[0] != '\0');
}

struct survey_options application_options(int64_t now)
{
	return (struct survey_options){
	    .activity = {"user_activity", "user_id", "created_at"},
	    .notifications = {"notification", "user_id", "created_at"},
	    .now = now,
	    .since = WEEK,
	    .rows_most = 1e6,
	    .on_progress = ignore_progress,
	};
}
