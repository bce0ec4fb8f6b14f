#include "advisor/observation_json.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>

static void all_is_open_at_first(void **state)
{
	struct observations observations;

	(void)state;
	observations_init(&observations);
	for (int i = 0; i < OBSERVATIONS; i++) {
		assert_true(isnan(observations.items[i].value));
		assert_int_equal(observations.items[i].state, OBSERVATION_OPEN);
		assert_string_equal(observations.items[i].note, "");
	}
}

static void advice_takes_figures(void **state)
{
	struct observations observations;
	struct situation situation;

	(void)state;
	observations_init(&observations);
	situation_init(&situation);
	observations_note(&observations, OBSERVATION_PEAK_USERS, 1200, OBSERVATION_MEASURED, " ");
	observations_note(&observations, OBSERVATION_PEAK_NOTIFICATIONS, 90, OBSERVATION_SAMPLED,
			  " ");
	observations_note(&observations, OBSERVATION_HOURLY_NOTIFICATIONS, 900,
			  OBSERVATION_MEASURED, " ");
	observations_note(&observations, OBSERVATION_DAILY_USERS, 9000, OBSERVATION_MEASURED, " ");
	observations_apply(&observations, &situation);
	assert_true(situation.values[FIGURE_USERS] == 1200);
	assert_int_equal(situation.sources[FIGURE_USERS], FIGURE_MEASURED);
	assert_true(situation.values[FIGURE_NOTIFICATIONS] == 1.5);
	assert_true(situation.values[FIGURE_AVERAGE_NOTIFICATIONS] == 0.25);
	assert_true(situation.values[FIGURE_QUERY_TIME] == 5);
	assert_int_equal(situation.sources[FIGURE_QUERY_TIME], FIGURE_ASSUMED);
}

static void what_cannot_be_is_no_figure(void **state)
{
	struct observations observations;
	struct situation situation;

	(void)state;
	observations_init(&observations);
	situation_init(&situation);
	observations_note(&observations, OBSERVATION_SERVERS, 0, OBSERVATION_MEASURED, " ");
	observations_apply(&observations, &situation);
	assert_true(isnan(situation.values[FIGURE_SERVERS]));
}

static void the_first_reason_stays(void **state)
{
	struct observations observations;

	(void)state;
	observations_init(&observations);
	observations_leave(&observations, OBSERVATION_ROWS, "no %s", "table");
	observations_leave(&observations, OBSERVATION_ROWS, "no right");
	observations_note(&observations, OBSERVATION_TABS, 2, OBSERVATION_MEASURED, "seen");
	observations_leave(&observations, OBSERVATION_TABS, "no node");
	assert_string_equal(observations.items[OBSERVATION_ROWS].note, "no table");
	assert_string_equal(observations.items[OBSERVATION_TABS].note, "seen");
}

static void a_long_note_is_cut_between_characters(void **state)
{
	struct observations observations;
	char text[OBSERVATION_NOTE_BYTES + 10];
	size_t length;

	(void)state;
	observations_init(&observations);
	memset(text, 'x', sizeof(text));
	/* Three bytes of one character, of which two fit. */
	memcpy(text + OBSERVATION_NOTE_BYTES - 3, "\xEC\x95\x8C", 3);
	text[sizeof(text) - 1] = '\0';
	observations_leave(&observations, OBSERVATION_ROWS, "%s", text);
	length = strlen(observations.items[OBSERVATION_ROWS].note);
	assert_int_equal(length, OBSERVATION_NOTE_BYTES - 3);
}

static void files_keep_them(void **state)
{
	struct observations written, read;
	struct error error = {""};
	json_t *json = json_object();

	(void)state;
	observations_init(&written);
	observations_note(&written, OBSERVATION_PEAK_USERS, 1200, OBSERVATION_SAMPLED,
			  "1 %% of %d rows", 5);
	observations_leave(&written, OBSERVATION_DATABASE_CPU, "nobody says it");
	json_object_set_new(json, "observations", observation_json_create(&written));
	assert_int_equal(observation_json_read(&read, json, &error), 0);
	json_decref(json);
	for (int i = 0; i < OBSERVATIONS; i++) {
		assert_true(read.items[i].value == written.items[i].value ||
			    isnan(written.items[i].value));
		assert_int_equal(read.items[i].state, written.items[i].state);
		assert_string_equal(read.items[i].note, written.items[i].note);
	}
}

static void assert_refused(const char *text, const char *sentence)
{
	json_t *json = json_loads(text, 0, NULL);
	struct observations observations;
	struct error error = {""};

	assert_non_null(json);
	assert_int_equal(observation_json_read(&observations, json, &error), -EINVAL);
	json_decref(json);
	assert_string_equal(error.text, sentence);
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused("{\"observations\":[]}", "observations is no object");
	assert_refused("{\"observations\":{\"rows\":{\"value\":1}}}",
		       "the state of rows is open, sampled or measured");
	assert_refused("{\"observations\":{\"rows\":{\"value\":-1,\"state\":\"measured\"}}}",
		       "rows is no number of 0 or more");
	assert_refused("{\"observations\":{\"rows\":{\"state\":\"sampled\"}}}",
		       "rows is no number of 0 or more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_is_open_at_first),
	    cmocka_unit_test(advice_takes_figures),
	    cmocka_unit_test(what_cannot_be_is_no_figure),
	    cmocka_unit_test(the_first_reason_stays),
	    cmocka_unit_test(a_long_note_is_cut_between_characters),
	    cmocka_unit_test(files_keep_them),
	    cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests_name("observation", tests, NULL, NULL);
}
