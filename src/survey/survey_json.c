#include "survey/survey_json.h"

#include "advisor/advisor_json.h"
#include "advisor/observation_json.h"
#include "advisor/situation_json.h"
#include "base/clock.h"

#define MICROSECONDS INT64_C(1000000)

/* {"users": {"value": 1200, "source": "measured"}} */
static json_t *create_figures(const struct survey *survey)
{
	json_t *json = json_object();
	struct situation situation;

	situation_init(&situation);
	observations_apply(&survey->observations, &situation);
	for (int i = 0; i < FIGURES; i++) {
		json_t *figure;

		if (situation.sources[i] != FIGURE_MEASURED)
			continue;
		figure = json_object();
		if (advisor_json_set(figure, "value",
				     situation_json_value((enum figure)i, situation.values[i])) ==
			0 &&
		    advisor_json_set(figure, "source",
				     json_string(figure_source_name(FIGURE_MEASURED))) == 0 &&
		    json_object_set(json, figure_rows[i].name, figure) == 0) {
			json_decref(figure);
			continue;
		}
		json_decref(figure);
		json_decref(json);
		return NULL;
	}
	return json;
}

/* The latest first; null where they were not counted. */
static json_t *create_hours(const struct survey *survey)
{
	json_t *json = json_array();

	for (int i = 0; i < SURVEY_HOURS; i++) {
		if (json_array_append_new(json, advisor_json_number(survey->hours[i])) == 0)
			continue;
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *create_query(const struct survey_plan *plan)
{
	json_t *json = json_object();

	if (plan->sql == NULL) {
		json_decref(json);
		return json_null();
	}
	if (advisor_json_set(json, "sql", json_string(plan->sql)) == 0 &&
	    advisor_json_set(json, "milliseconds", advisor_json_number(plan->milliseconds)) == 0 &&
	    advisor_json_set(json, "reads_whole_table", json_boolean(plan->scans)) == 0 &&
	    json_object_set(json, "plan", plan->plan) == 0)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *create_indexes(const struct survey *survey)
{
	struct slice rest = buffer_slice(&survey->indexes);
	json_t *json = json_array();

	while (rest.length > 0) {
		struct slice line = slice_split(&rest, '\n');

		if (json_array_append_new(json, advisor_json_text(line)) == 0)
			continue;
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *create_time(const struct survey *survey)
{
	struct buffer text = BUFFER_EMPTY;
	json_t *json;

	clock_append_wall(&text, survey->options->now * MICROSECONDS);
	json = advisor_json_text(buffer_slice(&text));
	buffer_finish(&text);
	return json;
}

static json_t *create_interruption(const struct survey *survey)
{
	return survey->lost.text[0] == '\0' ? json_null() : json_string(survey->lost.text);
}

json_t *survey_json_create(const struct survey *survey)
{
	json_t *json = json_object();

	if (advisor_json_set(json, "version", json_integer(SITUATION_JSON_VERSION)) == 0 &&
	    advisor_json_set(json, "taken_at", create_time(survey)) == 0 &&
	    advisor_json_set(json, "figures", create_figures(survey)) == 0 &&
	    advisor_json_set(json, "observations",
			     observation_json_create(&survey->observations)) == 0 &&
	    advisor_json_set(json, "hours", create_hours(survey)) == 0 &&
	    advisor_json_set(json, "query", create_query(&survey->plan)) == 0 &&
	    advisor_json_set(json, "missing_indexes", create_indexes(survey)) == 0 &&
	    advisor_json_set(json, "interrupted", create_interruption(survey)) == 0)
		return json;
	json_decref(json);
	return NULL;
}
