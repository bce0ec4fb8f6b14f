/* Conflicts are shown, never settled in silence. */
#include "advisor/report_rules.h"

#include "advisor/report_system.h"

#include <math.h>

static bool agrees(const struct advice *advice, const struct rule_vote *vote)
{
	return advice->method != ADVISOR_METHODS && (vote->methods & 1U << advice->method) != 0;
}

static const char *agreement_of(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	size_t voting = 0, agreeing = 0;

	for (size_t i = 0; i < report->rules->rule_count; i++) {
		voting += report->advice->votes[i].methods != 0;
		agreeing += agrees(report->advice, &report->advice->votes[i]);
	}
	if (voting == 0)
		return scribe_say(scribe, "No rule has a say, because the figures that rules ask "
					  "for are open.");
	return document_format(scribe->document,
			       scribe_say(scribe, "%zu of %zu rules that have a say agree."),
			       agreeing, voting);
}

/* Rules */

static const char *opinion_of(const struct scribe *scribe, const struct rule *rule,
			      const struct rule_vote *vote)
{
	const struct advice *advice = scribe->report->advice;

	if (vote->methods == 0)
		return scribe_say(scribe, "open");
	if (rule == advice->rule)
		return scribe_say(scribe, "decides");
	return agrees(advice, vote) ? scribe_say(scribe, "agrees")
				    : scribe_say(scribe, "disagrees");
}

static void append_rule(const struct scribe *scribe, struct document_part *table, size_t index)
{
	const struct rule *rule = &scribe->report->rules->rules[index];
	const struct rule_vote *vote = &scribe->report->advice->votes[index];
	const char *cells[] = {
	    scribe_line(scribe, &rule->title),
	    document_copy(scribe->document, rule->section),
	    scribe_or_dash(NULL),
	    document_format(scribe->document, scribe_say(scribe, "nobody said: %s"),
			    report_system_label(scribe, vote->open)),
	    opinion_of(scribe, rule, vote),
	};

	if (vote->methods != 0) {
		cells[2] = scribe_methods(scribe, vote->methods);
		cells[3] = scribe_line(scribe, &vote->path[vote->length - 1]->reason);
	}
	document_row(scribe->document, table,
		     rule == scribe->report->advice->rule ? DOCUMENT_MARKED : DOCUMENT_USUAL,
		     cells);
}

static void append_decision(const struct scribe *scribe)
{
	const struct rule *rule = scribe->report->advice->rule;
	const char *agreement = agreement_of(scribe), *how;

	if (rule == NULL && !advice_is_scored(scribe->report->advice))
		how = scribe_say(scribe, "None decides: of the methods that are left, which have "
					 "no score, the simplest is taken.");
	else if (rule == NULL)
		how = scribe_say(scribe, "None decides: of the methods that are left, the one with "
					 "the best score is taken.");
	else
		how = document_format(
		    scribe->document,
		    scribe_say(scribe, "Where they contradict each other, the first one that votes "
				       "for a method which is not ruled out decides: %s."),
		    scribe_sentence(scribe, &rule->title));
	document_paragraph(scribe->document, DOCUMENT_PLAIN,
			   scribe_join(scribe, agreement, " ", how));
}

void report_rules_append(const struct scribe *scribe)
{
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Rule"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Guide"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Vote"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Reason"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Opinion"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 3, scribe_say(scribe, "What the rules say"));
	append_decision(scribe);
	table = document_table(scribe->document, scribe_say(scribe, "Votes in their order"),
			       columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < scribe->report->rules->rule_count; i++)
		append_rule(scribe, table, i);
}

/* Methods */

/* Those that hold, one behind the other, without one. */
static const char *claims_that_hold(const struct scribe *scribe, const struct claims *claims,
				    const struct claim *but)
{
	const char *text = "";

	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];

		if (claim != but && condition_check(&claim->condition, scribe->report->situation) ==
					CONDITION_HOLDS)
			text =
			    scribe_join(scribe, text, "; ", scribe_sentence(scribe, &claim->text));
	}

	return text[0] == '\0' ? scribe_or_dash(NULL) : scribe_capital(scribe, text);
}

static void append_method(const struct scribe *scribe, struct document_part *table, int method)
{
	const struct report *report = scribe->report;
	const struct claim *out = report->advice->ruled_out[method];
	const char *cells[] = {
	    scribe_method(scribe, (enum advisor_method)method),
	    claims_that_hold(scribe, &report->rules->fits[method], out),
	    claims_that_hold(scribe, &report->rules->misfits[method], out),
	    out == NULL ? scribe_or_dash(NULL) : scribe_line(scribe, &out->text),
	};

	document_row(scribe->document, table,
		     method == (int)report->advice->method ? DOCUMENT_MARKED : DOCUMENT_USUAL,
		     cells);
}

static void append_scenario(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	const struct scenario *nearest = NULL;
	double most = 0;

	for (size_t i = 0; i < report->rules->scenario_count; i++) {
		double nearness =
		    scenario_nearness(&report->rules->scenarios[i], report->situation);

		if (isnan(nearness) || nearness <= most)
			continue;
		most = nearness;
		nearest = &report->rules->scenarios[i];
	}
	if (nearest == NULL)
		return;
	document_paragraph(
	    scribe->document, DOCUMENT_PLAIN,
	    document_format(
		scribe->document,
		scribe_say(scribe,
			   "Of the guide's scenarios (5), %s is the nearest, %s: %.0f %% of "
			   "what is known of it holds."),
		document_copy(scribe->document, nearest->name),
		scribe_sentence(scribe, &nearest->title), most * 100));
}

void report_rules_append_methods(const struct scribe *scribe)
{
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Method"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "For it"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Against it"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Ruled out by"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 3, scribe_say(scribe, "For and against each method"));
	append_scenario(scribe);
	table = document_table(scribe->document, scribe_say(scribe, "What holds for this system"),
			       columns, sizeof(columns) / sizeof(columns[0]));
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_method(scribe, table, i);
}
