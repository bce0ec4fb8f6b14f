/* What could not be made is NULL, which no container takes; so failures add up and are looked at
 * once. */
#include "advisor/advice_json.h"

#include "advisor/advisor_json.h"
#include "advisor/forecast.h"
#include "advisor/situation_json.h"
#include "advisor/sizing.h"

#include <errno.h>
#include <math.h>

struct writer {
	const struct advice *advice;
	const struct rules *rules;
	const struct situation *situation;
	const double *weights;
	enum advisor_language language;
};

/* Takes the value over where nothing failed. */
static json_t *whole(json_t *json, int failed)
{
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *sentence(const struct writer *writer, const struct advisor_text *text)
{
	return advisor_json_text(text->languages[writer->language]);
}

static json_t *condition_json(const struct condition *condition)
{
	struct buffer text = BUFFER_EMPTY;
	json_t *json;

	condition_append(&text, condition, &audience_english);
	json = buffer_failed(&text) ? NULL : advisor_json_text(buffer_slice(&text));
	buffer_finish(&text);
	return json;
}

static json_t *votes_json(unsigned methods)
{
	json_t *json = json_array();
	int failed = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) != 0)
			failed |= json_array_append_new(
			    json, advisor_json_method((enum advisor_method)i));
	}
	return whole(json, failed);
}

/* Figures */

static json_t *figure_json(const struct situation *situation, int figure)
{
	json_t *json = json_object();
	int failed = advisor_json_set(
	    json, "value", situation_json_value((enum figure)figure, situation->values[figure]));

	failed |= advisor_json_set(json, "unit", json_string(figure_rows[figure].unit));
	failed |= advisor_json_set(json, "source",
				   json_string(figure_source_name(situation->sources[figure])));
	return whole(json, failed);
}

static json_t *situation_json(const struct situation *situation)
{
	json_t *json = json_object();
	int failed = 0;

	for (int i = 0; i < FIGURES; i++)
		failed |= advisor_json_set(json, figure_rows[i].name, figure_json(situation, i));
	return whole(json, failed);
}

/* Rules */

static json_t *step_json(const struct situation *situation, const struct rule_branch *branch)
{
	enum figure figure = branch->condition.figure;
	json_t *json = json_object();
	int failed = advisor_json_set(json, "figure", json_string(figure_rows[figure].name));

	failed |= advisor_json_set(json, "value",
				   situation_json_value(figure, situation->values[figure]));
	failed |= advisor_json_set(json, "taken", condition_json(&branch->condition));
	return whole(json, failed);
}

static json_t *path_json(const struct writer *writer, const struct rule_vote *vote)
{
	json_t *json = json_array();
	int failed = 0;

	for (size_t i = 0; i < vote->length; i++)
		failed |= json_array_append_new(json, step_json(writer->situation, vote->path[i]));
	return whole(json, failed);
}

/* Of several the one that is preferred; the first where all are ruled out. */
static json_t *vote_json(const struct advice *advice, unsigned methods)
{
	enum advisor_method method = advice_prefer(advice, methods);

	for (int i = 0; i < ADVISOR_METHODS && method == ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) != 0)
			method = (enum advisor_method)i;
	}
	return advisor_json_method(method);
}

static json_t *rule_json(const struct writer *writer, size_t index)
{
	const struct rule *rule = &writer->rules->rules[index];
	const struct rule_vote *vote = &writer->advice->votes[index];
	bool votes = vote->methods != 0;
	json_t *json = json_object();
	int failed = advisor_json_set(json, "name", advisor_json_text(rule->name));

	failed |= advisor_json_set(json, "section", advisor_json_text(rule->section));
	failed |= advisor_json_set(json, "vote", vote_json(writer->advice, vote->methods));
	failed |= advisor_json_set(json, "votes", votes_json(vote->methods));
	failed |= advisor_json_set(json, "reason",
				   votes ? sentence(writer, &vote->path[vote->length - 1]->reason)
					 : json_null());
	failed |= advisor_json_set(json, "path", path_json(writer, vote));
	failed |= advisor_json_set(json, "unknown",
				   votes ? json_null() : json_string(figure_rows[vote->open].name));
	failed |= advisor_json_set(json, "decides", json_boolean(rule == writer->advice->rule));
	return whole(json, failed);
}

static json_t *rules_json(const struct writer *writer)
{
	json_t *json = json_array();
	int failed = 0;

	for (size_t i = 0; i < writer->rules->rule_count; i++)
		failed |= json_array_append_new(json, rule_json(writer, i));
	return whole(json, failed);
}

/* Methods */

static json_t *month_json(unsigned month)
{
	return month == FORECAST_NEVER ? json_null() : json_integer(month);
}

static json_t *claim_json(const struct writer *writer, const struct claim *claim)
{
	enum condition_result result = condition_check(&claim->condition, writer->situation);
	unsigned month = forecast_condition(&claim->condition, writer->situation);
	enum figure figure = claim->condition.figure;
	json_t *json = json_object();
	int failed = advisor_json_set(json, "text", sentence(writer, &claim->text));

	failed |= advisor_json_set(json, "figure", json_string(figure_rows[figure].name));
	failed |= advisor_json_set(
	    json, "holds",
	    result == CONDITION_IS_OPEN ? json_null() : json_boolean(result == CONDITION_HOLDS));
	failed |= advisor_json_set(json, "month", month_json(month));
	return whole(json, failed);
}

static json_t *claims_json(const struct writer *writer, const struct claims *claims)
{
	json_t *json = json_array();
	int failed = 0;

	for (size_t i = 0; i < claims->count; i++)
		failed |= json_array_append_new(json, claim_json(writer, &claims->items[i]));
	return whole(json, failed);
}

static json_t *sizes_json(const struct sizing *sizing, enum advisor_method method)
{
	json_t *json = json_array();
	int failed = 0;

	for (int i = 0; i < SIZINGS; i++) {
		json_t *row;

		if (sizing_rows[i].method != method)
			continue;
		row = json_object();
		failed |= advisor_json_set(row, "name", json_string(sizing_rows[i].name));
		failed |= advisor_json_set(row, "value", advisor_json_number(sizing->values[i]));
		failed |= advisor_json_set(row, "unit", json_string(sizing_rows[i].unit));
		failed |= advisor_json_set(row, "formula", json_string(sizing_rows[i].formula));
		failed |= json_array_append_new(json, row);
	}
	return whole(json, failed);
}

static json_t *one_method_json(const struct writer *writer, enum advisor_method method,
			       const struct sizing *sizing)
{
	const struct claim *out = writer->advice->ruled_out[method];
	json_t *json = json_object();
	int failed = advisor_json_set(json, "method", advisor_json_method(method));

	failed |=
	    advisor_json_set(json, "score", advisor_json_number(writer->advice->scores[method]));
	failed |= advisor_json_set(json, "ruled_out",
				   out == NULL ? json_null() : sentence(writer, &out->text));
	failed |= advisor_json_set(json, "fits", claims_json(writer, &writer->rules->fits[method]));
	failed |=
	    advisor_json_set(json, "misfits", claims_json(writer, &writer->rules->misfits[method]));
	failed |=
	    advisor_json_set(json, "signals", claims_json(writer, &writer->rules->signals[method]));
	failed |= advisor_json_set(json, "sizing", sizes_json(sizing, method));
	return whole(json, failed);
}

static json_t *methods_json(const struct writer *writer)
{
	json_t *json = json_object();
	struct sizing sizing;
	int failed = 0;

	sizing_compute(&sizing, writer->situation);
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		enum advisor_method method = (enum advisor_method)i;

		failed |= advisor_json_set(json, advisor_method_name(method),
					   one_method_json(writer, method, &sizing));
	}
	return whole(json, failed);
}

static json_t *scores_json(const struct advice *advice)
{
	json_t *json = json_object();
	int failed = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		/* To the tenth, as the guide gives them. */
		double score = round(advice->scores[i] * 10) / 10;

		failed |= advisor_json_set(json, advisor_method_name((enum advisor_method)i),
					   advisor_json_number(score));
	}
	return whole(json, failed);
}

/* Scenarios and changes */

static json_t *scenarios_json(const struct writer *writer)
{
	json_t *json = json_array();
	int failed = 0;

	for (size_t i = 0; i < writer->rules->scenario_count; i++) {
		const struct scenario *scenario = &writer->rules->scenarios[i];
		double nearness = scenario_nearness(scenario, writer->situation);
		json_t *row = json_object();

		failed |= advisor_json_set(row, "name", advisor_json_text(scenario->name));
		failed |= advisor_json_set(row, "title", sentence(writer, &scenario->title));
		failed |= advisor_json_set(row, "votes", votes_json(scenario->votes));
		failed |= advisor_json_set(row, "nearness", advisor_json_number(nearness));
		failed |= advisor_json_set(row, "claims", claims_json(writer, &scenario->claims));
		failed |= json_array_append_new(json, row);
	}
	return whole(json, failed);
}

static json_t *changes_json(const struct writer *writer)
{
	json_t *json = json_array();
	int failed = 0;

	for (int i = 0; i < FIGURES; i++) {
		struct advice_change change = {NAN, ADVISOR_METHODS};
		json_t *row;

		failed |= advice_change(&change, writer->rules, writer->situation, writer->weights,
					(enum figure)i);
		if (isnan(change.value))
			continue;
		row = json_object();
		failed |= advisor_json_set(row, "figure", json_string(figure_rows[i].name));
		failed |= advisor_json_set(
		    row, "from",
		    situation_json_value((enum figure)i, writer->situation->values[i]));
		failed |=
		    advisor_json_set(row, "to", situation_json_value((enum figure)i, change.value));
		failed |= advisor_json_set(row, "method", advisor_json_method(change.method));
		failed |= json_array_append_new(json, row);
	}
	return whole(json, failed);
}

static json_t *forecast_json(const struct writer *writer)
{
	struct forecast_change change;
	int failed = forecast_change(&change, writer->rules, writer->situation, writer->weights);
	json_t *json;

	if (failed == 0 && change.month == FORECAST_NEVER)
		return json_null();
	json = json_object();
	if (failed < 0)
		return whole(json, failed);
	failed |= advisor_json_set(json, "month", json_integer(change.month));
	failed |= advisor_json_set(json, "method", advisor_json_method(change.method));
	failed |= advisor_json_set(json, "decided_by",
				   change.rule == NULL ? json_null()
						       : advisor_json_text(change.rule->name));
	failed |= advisor_json_set(
	    json, "reason", change.reason == NULL ? json_null() : sentence(writer, change.reason));
	return whole(json, failed);
}

json_t *advice_json_create(const struct advice *advice, const struct rules *rules,
			   const struct situation *situation, const double *weights,
			   enum advisor_language language)
{
	const struct writer writer = {advice, rules, situation, weights, language};
	json_t *json = json_object();
	int failed = advisor_json_set(json, "version", json_integer(1));

	failed |= advisor_json_set(json, "method", advisor_json_method(advice->method));
	failed |= advisor_json_set(json, "decided_by",
				   advice->rule == NULL ? json_null()
							: advisor_json_text(advice->rule->name));
	failed |= advisor_json_set(json, "rules", rules_json(&writer));
	failed |= advisor_json_set(json, "scores", scores_json(advice));
	failed |= advisor_json_set(json, "methods", methods_json(&writer));
	failed |= advisor_json_set(json, "scenarios", scenarios_json(&writer));
	failed |= advisor_json_set(json, "changes", changes_json(&writer));
	failed |= advisor_json_set(json, "forecast", forecast_json(&writer));
	failed |= advisor_json_set(json, "situation", situation_json(situation));
	return whole(json, failed);
}
