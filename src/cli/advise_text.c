/* One section after the other; what is empty is left out. */
#include "cli/advise_text.h"

#include "advisor/figure_text.h"
#include "advisor/forecast.h"
#include "advisor/sizing.h"
#include "cli/output.h"

#include <math.h>
#include <string.h>

enum { BAR = 20, METHOD = 12 };

static struct slice sentence(const struct advise_text *text, const struct advisor_text *of)
{
	return of->languages[text->language];
}

static void append_heading(struct buffer *buffer, const struct advise_text *text,
			   const char *heading)
{
	buffer_append_string(buffer, "\n");
	output_append_styled(buffer, slice_from_string(heading), OUTPUT_BOLD, text->colours);
	buffer_append_string(buffer, "\n");
}

/* Cut or filled up to so many columns. */
static void append_column(struct buffer *buffer, struct slice column, size_t width)
{
	size_t columns = output_append_cut(buffer, column, width);

	buffer_append_format(buffer, "%*s  ", (int)(width - columns), "");
}

/* The verdict */

/* "users 3000", "latency 2 s" */
static void append_value(struct buffer *buffer, enum figure figure, double value)
{
	const struct figure_row *row = &figure_rows[figure];

	if (strcmp(row->name, row->unit) == 0 && !isnan(value))
		buffer_append_format(buffer, "%.10g", value);
	else
		figure_text_append(buffer, figure, value, &audience_english);
}

static void append_path(struct buffer *buffer, const struct advise_text *text,
			const struct rule_vote *vote)
{
	for (size_t i = 0; i < vote->length; i++) {
		const struct condition *condition = &vote->path[i]->condition;
		enum figure figure = condition->figure;

		buffer_append_format(buffer, "%s%s ", i == 0 ? "  " : " > ",
				     figure_rows[figure].name);
		append_value(buffer, figure, text->situation->values[figure]);
		if (figure_rows[figure].kind == FIGURE_SWITCH)
			continue;
		buffer_append_string(buffer, " (");
		if (isinf(condition->low) && isinf(condition->high))
			buffer_append_string(buffer, "else");
		condition_append(buffer, condition, &audience_english);
		buffer_append_string(buffer, ")");
	}
	buffer_append_string(buffer, "\n");
}

static void append_decision(struct buffer *buffer, const struct advise_text *text)
{
	const struct rule *rule = text->advice->rule;
	const struct rule_vote *vote;

	if (rule == NULL) {
		buffer_append_string(buffer,
				     "  no rule decides; of what is left it has the best score\n");
		return;
	}
	vote = &text->advice->votes[rule - text->rules->rules];
	buffer_append_format(buffer, "  decided by: %.*s (%.*s)\n  ", (int)rule->name.length,
			     rule->name.data, (int)rule->section.length, rule->section.data);
	output_append_visible(buffer, sentence(text, &vote->path[vote->length - 1]->reason));
	buffer_append_string(buffer, "\n");
	append_path(buffer, text, vote);
}

static void append_verdict(struct buffer *buffer, const struct advise_text *text)
{
	enum advisor_method method = text->advice->method;

	if (method == ADVISOR_METHODS) {
		buffer_append_string(buffer,
				     "no method does all of this; see what rules them out\n");
		return;
	}
	output_append_styled(buffer, slice_from_string(advisor_method_title(method)), OUTPUT_ACCENT,
			     text->colours);
	buffer_append_format(buffer, " (%s)\n", advisor_method_name(method));
	append_decision(buffer, text);
}

/* Rules */

static const char *mark_of(const struct advise_text *text, const struct rule_vote *vote)
{
	enum advisor_method method = text->advice->method;

	if (vote->methods == 0)
		return " ";
	return method != ADVISOR_METHODS && (vote->methods & 1U << method) != 0 ? "+" : "-";
}

static void append_votes(struct buffer *buffer, unsigned methods)
{
	const char *between = "";

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) == 0)
			continue;
		buffer_append_format(buffer, "%s%s", between,
				     advisor_method_name((enum advisor_method)i));
		between = ", ";
	}
}

static void append_rule(struct buffer *buffer, const struct advise_text *text, size_t index)
{
	const struct rule *rule = &text->rules->rules[index];
	const struct rule_vote *vote = &text->advice->votes[index];

	buffer_append_format(buffer, "%s %-5.*s", mark_of(text, vote), (int)rule->section.length,
			     rule->section.data);
	output_append_visible(buffer, rule->name);
	if (vote->methods == 0) {
		buffer_append_format(buffer, " (say --%s)\n", figure_rows[vote->open].name);
		return;
	}
	buffer_append_string(buffer, " -> ");
	append_votes(buffer, vote->methods);
	buffer_append_string(buffer, "\n       ");
	output_append_visible(buffer, sentence(text, &vote->path[vote->length - 1]->reason));
	buffer_append_string(buffer, "\n");
}

static void append_rules(struct buffer *buffer, const struct advise_text *text)
{
	append_heading(buffer, text, "what each rule says (+ agrees, - does not)");
	for (size_t i = 0; i < text->rules->rule_count; i++)
		append_rule(buffer, text, i);
}

/* Methods */

static void append_claims(struct buffer *buffer, const struct advise_text *text, const char *mark,
			  const struct claims *claims, enum advisor_method method)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];

		if (condition_check(&claim->condition, text->situation) != CONDITION_HOLDS)
			continue;
		buffer_append_format(buffer, "%s ",
				     claim == text->advice->ruled_out[method] ? "x" : mark);
		append_column(buffer, slice_from_string(advisor_method_name(method)), METHOD);
		output_append_visible(buffer, sentence(text, &claim->text));
		buffer_append_string(buffer, "\n");
	}
}

static void append_fits(struct buffer *buffer, const struct advise_text *text)
{
	append_heading(buffer, text, "for and against each method (x rules it out)");
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		append_claims(buffer, text, "+", &text->rules->fits[i], (enum advisor_method)i);
		append_claims(buffer, text, "-", &text->rules->misfits[i], (enum advisor_method)i);
	}
}

static void append_scores(struct buffer *buffer, const struct advise_text *text)
{
	append_heading(buffer, text, "scores (9.2)");
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		double score = text->advice->scores[i];

		buffer_append_string(buffer, "  ");
		append_column(
		    buffer, slice_from_string(advisor_method_name((enum advisor_method)i)), METHOD);
		if (isnan(score)) {
			buffer_append_string(buffer, "   -\n");
			continue;
		}
		buffer_append_format(buffer, "%4.1f  ", score);
		for (int k = 0; k < (int)lround(score * BAR / 10); k++)
			buffer_append_string(buffer, "#");
		buffer_append_string(buffer, "\n");
	}
}

/* Where the system stands */

static void append_scenario(struct buffer *buffer, const struct advise_text *text)
{
	const struct scenario *nearest = NULL;
	double most = 0;

	for (size_t i = 0; i < text->rules->scenario_count; i++) {
		double nearness = scenario_nearness(&text->rules->scenarios[i], text->situation);

		if (nearness > most) {
			most = nearness;
			nearest = &text->rules->scenarios[i];
		}
	}
	if (nearest == NULL)
		return;
	append_heading(buffer, text, "nearest scenario (5)");
	buffer_append_format(buffer, "  %.*s, ", (int)nearest->name.length, nearest->name.data);
	output_append_visible(buffer, sentence(text, &nearest->title));
	buffer_append_format(buffer, ": %.0f %% of what is known\n", most * 100);
}

static int append_changes(struct buffer *buffer, const struct advise_text *text)
{
	append_heading(buffer, text, "what would change the answer");
	for (int i = 0; i < FIGURES; i++) {
		struct advice_change change = {NAN, ADVISOR_METHODS};
		enum figure figure = (enum figure)i;
		int result =
		    advice_change(&change, text->rules, text->situation, text->weights, figure);

		if (result < 0)
			return result;
		if (isnan(change.value))
			continue;
		buffer_append_format(buffer, "  %s from ", figure_rows[i].name);
		append_value(buffer, figure, text->situation->values[i]);
		buffer_append_string(buffer, " to ");
		append_value(buffer, figure, change.value);
		buffer_append_format(buffer, ": %s\n",
				     change.method == ADVISOR_METHODS
					 ? "no method"
					 : advisor_method_name(change.method));
	}
	return 0;
}

/* Sizes */

static void append_size(struct buffer *buffer, const struct sizing_row *row, double value)
{
	struct buffer number = BUFFER_EMPTY;

	if (isnan(value))
		buffer_append_string(&number, "unknown");
	else
		buffer_append_format(&number, value < 1000 ? "%.4g %s" : "%.0f %s", value,
				     row->unit);
	buffer_append_string(buffer, "  ");
	append_column(buffer, slice_from_string(row->name), 2 * METHOD);
	append_column(buffer, buffer_slice(&number), 2 * METHOD);
	buffer_append_format(buffer, "%s\n", row->formula);
	buffer_finish(&number);
}

/* Kafka and RabbitMQ have no formulas; their nodes hold WebSockets. */
static void append_sizes(struct buffer *buffer, const struct advise_text *text)
{
	enum advisor_method method = text->advice->method;
	struct sizing sizing;

	if (method == ADVISOR_METHODS)
		return;
	if (method > ADVISOR_WEBSOCKET)
		method = ADVISOR_WEBSOCKET;
	sizing_compute(&sizing, text->situation);
	append_heading(buffer, text, "what it takes (3)");
	for (int i = 0; i < SIZINGS; i++) {
		if (sizing_rows[i].method == method)
			append_size(buffer, &sizing_rows[i], sizing.values[i]);
	}
}

/* Forecast */

static void append_signals(struct buffer *buffer, const struct advise_text *text,
			   enum advisor_method method)
{
	const struct claims *claims = &text->rules->signals[method];

	for (size_t i = 0; i < claims->count; i++) {
		unsigned month = forecast_condition(&claims->items[i].condition, text->situation);

		if (month == FORECAST_NEVER)
			continue;
		if (month == 0)
			buffer_append_string(buffer, "  now        ");
		else
			buffer_append_format(buffer, "  month %-4u ", month);
		append_column(buffer, slice_from_string(advisor_method_name(method)), METHOD);
		output_append_visible(buffer, sentence(text, &claims->items[i].text));
		buffer_append_string(buffer, "\n");
	}
}

static int append_forecast(struct buffer *buffer, const struct advise_text *text)
{
	enum advisor_method method = ADVISOR_METHODS;
	int month = forecast_change(text->rules, text->situation, text->weights, &method);

	append_heading(buffer, text, "signs of a change (10.3), and when they show");
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_signals(buffer, text, (enum advisor_method)i);
	if (month < 0)
		return month;
	if (month != FORECAST_NEVER)
		buffer_append_format(buffer, "  month %-4d the answer is %s\n", month,
				     method == ADVISOR_METHODS ? "no method"
							       : advisor_method_name(method));
	else if (isnan(text->situation->values[FIGURE_GROWTH]))
		buffer_append_string(buffer, "  say --growth to see later ones\n");
	return 0;
}

int advise_text_append(struct buffer *buffer, const struct advise_text *text)
{
	int result;

	append_verdict(buffer, text);
	append_rules(buffer, text);
	append_fits(buffer, text);
	append_scores(buffer, text);
	append_scenario(buffer, text);
	append_sizes(buffer, text);
	result = append_changes(buffer, text);
	return result < 0 ? result : append_forecast(buffer, text);
}
