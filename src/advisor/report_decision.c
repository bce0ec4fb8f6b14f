/* Where no method does all that is asked for, the blanks of the guide's form stay blanks. */
#include "advisor/report_decision.h"

#include "advisor/cost.h"
#include "advisor/sizing.h"

#include <math.h>

enum { REASONS_LEAST = 3 };

/* What is expected; NAN where nothing is known. */
struct expected {
	double users;
	double latency;
	double infrastructure;
	double days;
	const char *section; /* of the guide, about the first two */
};

static const struct effect *effect_of(const struct scribe *scribe)
{
	enum advisor_method method = scribe->report->advice->method;

	return method == ADVISOR_METHODS ? &effect_unknown
					 : &scribe->report->plans->effects[method];
}

static const char *section_of(const struct scribe *scribe, struct slice section)
{
	if (slice_is_empty(section))
		return NULL;
	return document_format(scribe->document, scribe_say(scribe, "guide %s"),
			       document_copy(scribe->document, section));
}

/* Weeks of the plan that leads there; 0: there is none. */
static unsigned weeks_of(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	const struct plan *plan =
	    report->advice->method == ADVISOR_METHODS || report->current == report->advice->method
		? NULL
		: plans_find(report->plans, report->current, report->advice->method);

	return plan == NULL ? 0 : plan->steps[plan->step_count - 1].last;
}

static bool is_there(const struct scribe *scribe)
{
	const struct report *report = scribe->report;

	return report->advice->method != ADVISOR_METHODS &&
	       report->advice->method == report->current;
}

static const char *weeks_text(const struct scribe *scribe)
{
	unsigned weeks = weeks_of(scribe);

	if (is_there(scribe))
		return scribe_say(scribe, "now");
	return weeks == 0 ? NULL : scribe_amount(scribe, weeks, "weeks");
}

static struct expected expect(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	enum advisor_method method = report->advice->method;
	const struct effect *effect = effect_of(scribe);
	struct cost cost = {.infrastructure_per_month = NAN, .development_days = NAN};

	if (method != ADVISOR_METHODS)
		cost_compute(&cost, report->book, method, report->situation, report->current,
			     report->months);
	return (struct expected){
	    .users = effect->users,
	    .latency = effect_latency(effect, report->situation),
	    .infrastructure = cost.infrastructure_per_month,
	    .days = cost.development_days,
	    .section = section_of(scribe, effect->section),
	};
}

static const char *days_text(const struct scribe *scribe, double days)
{
	return days == 0 && is_there(scribe) ? scribe_say(scribe, "none; it is there already")
					     : scribe_amount(scribe, days, "days");
}

static const char *book_text(const struct scribe *scribe)
{
	return document_format(scribe->document, scribe_say(scribe, "price book %s"),
			       scribe_book(scribe));
}

/* The summary */

static const char *deciding_reason(const struct scribe *scribe)
{
	const struct advice *advice = scribe->report->advice;
	const struct rule_vote *vote;

	if (advice->rule == NULL && !advice_is_scored(advice))
		return scribe_say(scribe, "the simplest of the methods that are left");
	if (advice->rule == NULL)
		return scribe_say(scribe, "the best score of the methods that are left");
	vote = &advice->votes[advice->rule - scribe->report->rules->rules];
	return scribe_sentence(scribe, &vote->path[vote->length - 1]->reason);
}

static void append_fact(const struct scribe *scribe, struct document_item *list, const char *term,
			const char *text, const char *note)
{
	document_item_note(scribe->document, document_item(scribe->document, list, term, text),
			   NULL, note);
}

static void append_facts(const struct scribe *scribe)
{
	const struct expected expected = expect(scribe);
	struct document_item *list = document_list(scribe->document, DOCUMENT_FACTS);

	append_fact(scribe, list, scribe_say(scribe, "Method"),
		    scribe_method(scribe, scribe->report->advice->method), NULL);
	append_fact(scribe, list, scribe_say(scribe, "Concurrent users, up to"),
		    scribe_amount(scribe, expected.users, "users"), expected.section);
	append_fact(scribe, list, scribe_say(scribe, "Real time, within"),
		    scribe_figure(scribe, FIGURE_LATENCY, expected.latency), expected.section);
	append_fact(scribe, list, scribe_say(scribe, "Infrastructure a month"),
		    scribe_money(scribe, expected.infrastructure), book_text(scribe));
	append_fact(scribe, list, scribe_say(scribe, "Work for building it"),
		    days_text(scribe, expected.days),
		    weeks_of(scribe) == 0
			? NULL
			: document_format(scribe->document,
					  scribe_say(scribe, "everyone has it after %s"),
					  weeks_text(scribe)));
}

static const char *verdict(const struct scribe *scribe)
{
	const struct advice *advice = scribe->report->advice;

	if (advice->method == ADVISOR_METHODS)
		return scribe_say(scribe,
				  "No method does all that is asked for. What rules each of "
				  "them out stands below.");
	return document_format(scribe->document, scribe_say(scribe, "%s: %s."),
			       scribe_method(scribe, advice->method), deciding_reason(scribe));
}

/* Reasons */

struct reasons {
	const struct scribe *scribe;
	struct document_item *list;
	size_t count;
};

static void give(struct reasons *reasons, const char *text)
{
	document_item(reasons->scribe->document, reasons->list, NULL,
		      text == NULL ? NULL : scribe_capital(reasons->scribe, text));
	reasons->count++;
}

static void give_rule(struct reasons *reasons)
{
	const struct scribe *scribe = reasons->scribe;
	const struct rule *rule = scribe->report->advice->rule;

	if (rule == NULL)
		give(reasons, deciding_reason(scribe));
	else
		give(reasons,
		     document_format(scribe->document, "%s (%s, %s)", deciding_reason(scribe),
				     scribe_sentence(scribe, &rule->title),
				     document_copy(scribe->document, rule->section)));
}

static void give_fits(struct reasons *reasons, enum advisor_method method)
{
	const struct report *report = reasons->scribe->report;
	const struct claims *fits = &report->rules->fits[method];

	for (size_t i = 0; i < fits->count; i++) {
		if (condition_check(&fits->items[i].condition, report->situation) ==
		    CONDITION_HOLDS)
			give(reasons, scribe_sentence(reasons->scribe, &fits->items[i].text));
	}
}

/* Why the others were not chosen, where the method itself gives few reasons. */
static void give_others(struct reasons *reasons)
{
	const struct scribe *scribe = reasons->scribe;

	for (int i = 0; i < ADVISOR_METHODS && reasons->count < REASONS_LEAST; i++) {
		const struct claim *out = scribe->report->advice->ruled_out[i];

		if (out != NULL)
			give(reasons, document_format(scribe->document,
						      scribe_say(scribe, "%s is ruled out: %s"),
						      scribe_method(scribe, (enum advisor_method)i),
						      scribe_sentence(scribe, &out->text)));
	}
}

static void append_reasons(const struct scribe *scribe)
{
	enum advisor_method method = scribe->report->advice->method;
	struct reasons reasons = {.scribe = scribe};

	document_heading(scribe->document, 3, scribe_say(scribe, "Reasons"));
	reasons.list = document_list(scribe->document, DOCUMENT_NUMBERS);
	if (method != ADVISOR_METHODS) {
		give_rule(&reasons);
		give_fits(&reasons, method);
	}
	give_others(&reasons);
	while (reasons.count < REASONS_LEAST)
		give(&reasons, NULL);
}

/* Effects */

/* Whether what is left over is 0 or more. */
static const char *met_text(const struct scribe *scribe, double left)
{
	if (isnan(left))
		return scribe_or_dash(NULL);
	return left >= 0 ? scribe_say(scribe, "met") : scribe_say(scribe, "not met");
}

/* The budget is in dollars. */
static double money_left(const struct scribe *scribe, double infrastructure)
{
	return slice_equals(scribe->report->book->currency, SLICE("USD"))
		   ? scribe->report->situation->values[FIGURE_BUDGET] - infrastructure
		   : NAN;
}

/* What of the requirements the method does not keep, in one sentence; NULL: all that are known. */
static const char *unmet_text(const struct scribe *scribe)
{
	const double *values = scribe->report->situation->values;
	const struct expected expected = expect(scribe);
	const struct {
		const char *term;
		double left;
	} all[] = {
	    {scribe_say(scribe, "concurrent users"), expected.users - values[FIGURE_USERS]},
	    {scribe_say(scribe, "real time"), values[FIGURE_LATENCY] - expected.latency},
	    {scribe_say(scribe, "budget"), money_left(scribe, expected.infrastructure)},
	    {scribe_say(scribe, "time for building it"), values[FIGURE_DAYS] - expected.days},
	};
	const char *terms = NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].left < 0)
			terms = terms == NULL ? all[i].term
					      : document_format(scribe->document, "%s, %s", terms,
								all[i].term);
	}
	return terms == NULL ? NULL
			     : document_format(scribe->document,
					       scribe_say(scribe, "What it does not keep: %s. See "
								  "the expected effects."),
					       terms);
}

static void append_unmet(const struct scribe *scribe)
{
	const char *text =
	    scribe->report->advice->method == ADVISOR_METHODS ? NULL : unmet_text(scribe);

	if (text != NULL)
		document_paragraph(scribe->document, DOCUMENT_PLAIN, text);
}

static struct document_part *begin_effects(const struct scribe *scribe)
{
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Effect"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Expected"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Today or required"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Requirement"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Source"), DOCUMENT_TEXT},
	};

	document_heading(scribe->document, 3, scribe_say(scribe, "Expected effects"));
	return document_table(scribe->document, scribe_say(scribe, "What may be expected"), columns,
			      sizeof(columns) / sizeof(columns[0]));
}

static const char *required(const struct scribe *scribe, enum figure figure)
{
	return scribe_or_dash(
	    scribe_figure(scribe, figure, scribe->report->situation->values[figure]));
}

static void append_effects(const struct scribe *scribe)
{
	const double *values = scribe->report->situation->values;
	const struct expected expected = expect(scribe);
	const char *const rows[][5] = {
	    {scribe_say(scribe, "Concurrent users, up to"),
	     scribe_amount(scribe, expected.users, "users"), required(scribe, FIGURE_USERS),
	     met_text(scribe, expected.users - values[FIGURE_USERS]),
	     scribe_or_dash(expected.section)},
	    {scribe_say(scribe, "Real time, within"),
	     scribe_figure(scribe, FIGURE_LATENCY, expected.latency),
	     required(scribe, FIGURE_LATENCY),
	     met_text(scribe, values[FIGURE_LATENCY] - expected.latency),
	     scribe_or_dash(expected.section)},
	    {scribe_say(scribe, "Infrastructure a month"),
	     scribe_money(scribe, expected.infrastructure), required(scribe, FIGURE_BUDGET),
	     met_text(scribe, money_left(scribe, expected.infrastructure)), book_text(scribe)},
	    {scribe_say(scribe, "Work for building it"), days_text(scribe, expected.days),
	     required(scribe, FIGURE_DAYS), met_text(scribe, values[FIGURE_DAYS] - expected.days),
	     book_text(scribe)},
	    {scribe_say(scribe, "Until everyone has it"), weeks_text(scribe), scribe_or_dash(NULL),
	     scribe_or_dash(NULL), scribe_say(scribe, "milestones below")},
	};
	struct document_part *table = begin_effects(scribe);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		document_row(scribe->document, table, DOCUMENT_USUAL, rows[i]);
}

/* Sizes */

static void append_size(const struct scribe *scribe, struct document_part *table,
			const struct sizing_row *row, double value)
{
	const char *const cells[] = {
	    scribe_capital(scribe, scribe_name(scribe, row->name)),
	    scribe_or_dash(scribe_amount(scribe, value, row->unit)),
	    scribe_name(scribe, row->formula),
	};

	document_row(scribe->document, table, DOCUMENT_USUAL, cells);
}

/* Kafka and RabbitMQ have no formulas; their nodes hold WebSockets. */
static void append_sizes(const struct scribe *scribe)
{
	enum advisor_method method = scribe->report->advice->method > ADVISOR_WEBSOCKET
					 ? ADVISOR_WEBSOCKET
					 : scribe->report->advice->method;
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Size"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Value"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Formula"), DOCUMENT_TEXT},
	};
	struct document_part *table;
	struct sizing sizing;

	sizing_compute(&sizing, scribe->report->situation);
	document_heading(scribe->document, 3, scribe_say(scribe, "What it takes"));
	table = document_table(scribe->document, scribe_say(scribe, "By the guide's formulas (3)"),
			       columns, 3);
	for (int i = 0; i < SIZINGS; i++) {
		if (sizing_rows[i].method == method)
			append_size(scribe, table, &sizing_rows[i], sizing.values[i]);
	}
}

void report_decision_append(const struct scribe *scribe)
{
	enum advisor_method method = scribe->report->advice->method;
	struct document_item *list;

	document_heading(scribe->document, 2, scribe_say(scribe, "The decision"));
	list = document_list(scribe->document, DOCUMENT_FACTS);
	document_item(scribe->document, list, scribe_say(scribe, "Chosen method"),
		      method == ADVISOR_METHODS ? NULL : scribe_method(scribe, method));
	append_reasons(scribe);
	append_effects(scribe);
	if (method != ADVISOR_METHODS)
		append_sizes(scribe);
}

/* The summary, which stands first */

void report_decision_append_summary(const struct scribe *scribe)
{
	document_heading(scribe->document, 1,
			 scribe_say(scribe, "Delivery of notifications: the decision"));
	document_paragraph(
	    scribe->document, DOCUMENT_NOTE,
	    document_format(scribe->document,
			    scribe_say(scribe, "%s. Numbers were measured, entered, assumed by a "
					       "rule of thumb, or are open; each says which."),
			    scribe_day(scribe)));
	document_paragraph(scribe->document, DOCUMENT_LEAD, verdict(scribe));
	append_facts(scribe);
	append_unmet(scribe);
}
