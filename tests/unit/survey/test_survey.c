#include "survey/survey_json.h"
#include "survey/survey_sqlite.h"
#include "unit/survey/application.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* The last second of an hour; what happens in it counts. */
enum { NOW = 1800000000 - 1 };

/* From two hours before its end, in each of 60 minutes, 3 users and a notification of each; in one
 * of them, 9. */
static const char *const tables =
    "CREATE TABLE user_activity (user_id INTEGER, created_at INTEGER);"
    "CREATE TABLE notification (user_id INTEGER, created_at INTEGER);"
    "WITH RECURSIVE m(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < 59),"
    " u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u WHERE n < 9)"
    " INSERT INTO user_activity SELECT u.n, 1800000000 - 7200 + m.n * 60 FROM m, u"
    " WHERE u.n <= 3 OR m.n = 31;"
    "INSERT INTO notification SELECT * FROM user_activity;";

static struct survey_database *open_database(const struct application *application)
{
	struct survey_database *database = NULL;
	struct error error = {""};

	if (survey_sqlite_open(application->path, 10000, &database, &error) < 0)
		fail_msg("%s", error.text);
	return database;
}

static void assert_seen(const struct survey *survey, enum observation observation, double value,
			enum observation_state state)
{
	const struct observed *observed = &survey->observations.items[observation];

	if (fabs(observed->value - value) > 1e-9 || observed->state != state)
		fail_msg("%s is %g (%s: %s)", observation_rows[observation].name, observed->value,
			 observation_state_name(observed->state), observed->note);
}

static void a_whole_table_tells_exactly(void **state)
{
	struct application application;
	struct survey_options options = application_options(NOW);
	struct survey survey;

	(void)state;
	application_make(&application, tables);
	survey_init(&survey, &options, open_database(&application));
	survey_run(&survey);
	assert_seen(&survey, OBSERVATION_DAILY_USERS, 9, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_PEAK_USERS, 9, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_AVERAGE_USERS, 186.0 / 60, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_HOURLY_NOTIFICATIONS, 93, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_PEAK_NOTIFICATIONS, 9, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_USER_NOTIFICATIONS, 186.0 / 9, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_ROWS, 186, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_OLDEST, 7199.0 / 86400, OBSERVATION_MEASURED);
	assert_true(survey.hours[0] == 0);
	assert_true(survey.hours[1] == 186);
	assert_int_equal(buffer_slice(&survey.indexes).length, 0);
	survey.database->ops->close(survey.database);
	survey_finish(&survey);
	application_remove(&application);
}

/* One in each of 61 minutes, which lie within little more than an hour. */
static const char *const steady =
    "CREATE TABLE notification (user_id INTEGER, created_at INTEGER);"
    "WITH RECURSIVE m(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < 60)"
    " INSERT INTO notification SELECT 1, 1800000000 - 3660 + n * 60 + (n = 0) * 59 FROM m;";

static void an_average_is_no_more_than_the_peak(void **state)
{
	struct application application;
	struct survey_options options = application_options(NOW);
	struct survey survey;

	(void)state;
	application_make(&application, steady);
	survey_init(&survey, &options, open_database(&application));
	survey_run(&survey);
	assert_seen(&survey, OBSERVATION_PEAK_NOTIFICATIONS, 1, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_HOURLY_NOTIFICATIONS, 60, OBSERVATION_MEASURED);
	survey.database->ops->close(survey.database);
	survey_finish(&survey);
	application_remove(&application);
}

static const char *const much =
    "CREATE TABLE notification (user_id INTEGER, created_at INTEGER);"
    "WITH RECURSIVE m(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < 11999)"
    " INSERT INTO notification SELECT n % 100, 1800000000 - 7200 + n % 3600 FROM m;";

static void many_rows_tell_the_size_of_one(void **state)
{
	struct survey_options options = application_options(NOW);
	struct application application;
	struct survey survey;
	const struct observed *size = &survey.observations.items[OBSERVATION_ROW_BYTES];

	(void)state;
	application_make(&application, much);
	survey_init(&survey, &options, open_database(&application));
	survey_run(&survey);
	if (!(size->value > 8 && size->value < 40))
		fail_msg("%g bytes (%s)", size->value, size->note);
	survey.database->ops->close(survey.database);
	survey_finish(&survey);
	application_remove(&application);
}

static void a_first_time_that_is_no_date_costs_its_figure_alone(void **state)
{
	struct survey_options options = application_options(NOW);
	struct application application;
	struct survey survey;
	char sql[1200];

	(void)state;
	snprintf(sql, sizeof(sql), "%s INSERT INTO notification VALUES (1, -1e300);", tables);
	application_make(&application, sql);
	survey_init(&survey, &options, open_database(&application));
	survey_run(&survey);
	assert_seen(&survey, OBSERVATION_PEAK_NOTIFICATIONS, 9, OBSERVATION_MEASURED);
	assert_string_equal(survey.observations.items[OBSERVATION_OLDEST].note,
			    "the first time in \"notification\" is no date");
	survey.database->ops->close(survey.database);
	survey_finish(&survey);
	application_remove(&application);
}

/* As of PostgreSQL's times -infinity and infinity. */
static void a_time_that_is_never_tells_nothing(void **state)
{
	struct survey_options options = application_options(NOW);
	struct application application;
	struct survey survey;
	char sql[1200];
	json_t *json;

	(void)state;
	snprintf(sql, sizeof(sql), "%s INSERT INTO notification VALUES (1, -9e999), (1, 9e999);",
		 tables);
	application_make(&application, sql);
	survey_init(&survey, &options, open_database(&application));
	survey_run(&survey);
	assert_int_equal(survey.observations.items[OBSERVATION_OLDEST].state, OBSERVATION_OPEN);
	assert_seen(&survey, OBSERVATION_PEAK_NOTIFICATIONS, 9, OBSERVATION_MEASURED);
	json = survey_json_create(&survey);
	assert_non_null(json);
	json_decref(json);
	survey.database->ops->close(survey.database);
	survey_finish(&survey);
	application_remove(&application);
}

static void survey_large(struct survey *survey, struct survey_options *options,
			 const struct application *application)
{
	options->rows_most = 10;
	survey_init(survey, options, open_database(application));
	survey_run(survey);
	survey->database->ops->close(survey->database);
}

static void a_large_table_needs_an_index(void **state)
{
	struct survey_options options = application_options(NOW);
	struct application application;
	struct survey survey;

	(void)state;
	application_make(&application, tables);
	survey_large(&survey, &options, &application);
	assert_string_equal(survey.observations.items[OBSERVATION_PEAK_USERS].note,
			    "\"user_activity\" has about 186 rows and no index that begins with "
			    "\"created_at\"; add one, or read all of it with --exact");
	survey_finish(&survey);
	application_remove(&application);
}

/* Of the minutes that are looked at first none has the most, but their hour is the busiest. */
static void of_a_large_table_the_busiest_hours_are_counted(void **state)
{
	struct survey_options options = application_options(NOW);
	struct application application;
	struct survey survey;
	char sql[1024];

	(void)state;
	snprintf(sql, sizeof(sql), "%s CREATE INDEX a ON user_activity (created_at);", tables);
	application_make(&application, sql);
	survey_large(&survey, &options, &application);
	assert_seen(&survey, OBSERVATION_PEAK_USERS, 9, OBSERVATION_SAMPLED);
	assert_seen(&survey, OBSERVATION_AVERAGE_USERS, 3, OBSERVATION_SAMPLED);
	assert_seen(&survey, OBSERVATION_DAILY_USERS, 9, OBSERVATION_MEASURED);
	survey_finish(&survey);
	application_remove(&application);
}

/* 60 rows in each minute; an hour that is looked back at lies in two hours of the clock. */
static void of_a_short_time_only_its_own_minutes_count(void **state)
{
	struct survey_options options = application_options(NOW - 1800);
	struct application application;
	struct survey survey;
	const struct observed *hourly =
	    &survey.observations.items[OBSERVATION_HOURLY_NOTIFICATIONS];

	(void)state;
	options.since = 3600;
	application_make(
	    &application,
	    "CREATE TABLE notification (user_id INTEGER, created_at INTEGER);"
	    "CREATE INDEX n ON notification (created_at);"
	    "WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m WHERE n < 14400)"
	    " INSERT INTO notification SELECT n % 9, 1800000000 - n FROM m;");
	survey_large(&survey, &options, &application);
	assert_int_equal(hourly->state, OBSERVATION_SAMPLED);
	if (fabs(hourly->value - 3600) > 1e-9)
		fail_msg("%g in an hour", hourly->value);
	survey_finish(&survey);
	application_remove(&application);
}

static void counters_tell_by_their_rise(void **state)
{
	const struct survey_counters before = {5, 100, 1000, NAN}, after = {7, 100, 1500, 86400},
				     reset = {7, 100, 10, NAN};
	struct survey_options options = application_options(NOW);
	struct survey survey;

	(void)state;
	survey_init(&survey, &options, NULL);
	survey_compare(&survey, &before, &after, 10);
	assert_seen(&survey, OBSERVATION_CONNECTIONS, 7, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_CONNECTIONS_MOST, 100, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_TRANSACTIONS, 50, OBSERVATION_MEASURED);
	assert_seen(&survey, OBSERVATION_PAST_TRANSACTIONS, 1500.0 / 86400, OBSERVATION_MEASURED);
	survey_finish(&survey);

	survey_init(&survey, &options, NULL);
	survey_compare(&survey, &before, &reset, 10);
	assert_int_equal(survey.observations.items[OBSERVATION_TRANSACTIONS].state,
			 OBSERVATION_OPEN);
	assert_string_equal(survey.observations.items[OBSERVATION_PAST_TRANSACTIONS].note,
			    "the database does not tell since when it counts");
	survey_finish(&survey);
}

static void a_file_has_figures_and_what_was_seen(void **state)
{
	struct survey_options options = application_options(NOW);
	struct survey survey;
	json_t *json;

	(void)state;
	survey_init(&survey, &options, NULL);
	observations_note(&survey.observations, OBSERVATION_PEAK_NOTIFICATIONS, 90,
			  OBSERVATION_SAMPLED, "some");
	buffer_append_string(&survey.indexes, "CREATE INDEX a;\nCREATE INDEX b;\n");
	error_set(&survey.lost, -EPIPE, "gone");
	json = survey_json_create(&survey);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "taken_at")),
			    "2027-01-15T07:59:59.000Z");
	assert_int_equal(json_object_size(json_object_get(json, "figures")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "missing_indexes")), 2);
	assert_string_equal(json_string_value(json_object_get(json, "interrupted")), "gone");
	assert_true(json_is_null(json_object_get(json, "query")));
	json_decref(json);
	survey_finish(&survey);
}

/* Whatever fails, the rest is looked at and nothing is lost or leaks. */
static void without_memory_figures_stay_open(void **state)
{
	struct application application;
	struct survey_options options = application_options(NOW);
	size_t lines = 0, least = SIZE_MAX; /* of a plan */
	bool has_failed = true;

	(void)state;
	application_make(&application, tables);
	failing_allocator_adopt_jansson();
	for (unsigned n = 1; has_failed; n++) {
		struct survey_database *database = NULL;
		struct error error = {""};
		struct survey survey;
		json_t *json;
		int result;

		failing_allocator_fail_at(n);
		result = survey_sqlite_open(application.path, 10000, &database, &error);
		survey_init(&survey, &options, database);
		if (result == 0)
			survey_run(&survey);
		lines = json_array_size(survey.plan.plan);
		if (survey.plan.sql != NULL && lines < least)
			least = lines;
		json = survey_json_create(&survey);
		has_failed = failing_allocator_reset();
		assert_true(result == 0 || error.text[0] != '\0');
		json_decref(json);
		survey_finish(&survey);
		if (database != NULL)
			database->ops->close(database);
	}
	assert_int_equal(least, lines);
	application_remove(&application);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_table_tells_exactly),
	    cmocka_unit_test(an_average_is_no_more_than_the_peak),
	    cmocka_unit_test(many_rows_tell_the_size_of_one),
	    cmocka_unit_test(a_first_time_that_is_no_date_costs_its_figure_alone),
	    cmocka_unit_test(a_time_that_is_never_tells_nothing),
	    cmocka_unit_test(a_large_table_needs_an_index),
	    cmocka_unit_test(of_a_large_table_the_busiest_hours_are_counted),
	    cmocka_unit_test(of_a_short_time_only_its_own_minutes_count),
	    cmocka_unit_test(counters_tell_by_their_rise),
	    cmocka_unit_test(a_file_has_figures_and_what_was_seen),
	    cmocka_unit_test(without_memory_figures_stay_open),
	};

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
