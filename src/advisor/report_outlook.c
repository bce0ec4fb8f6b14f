/* Growth compounds month by month; a limit is passed in the first month that begins beyond it. */
#include "advisor/report_outlook.h"

#include "advisor/forecast.h"
#include "advisor/report_growth.h"
#include "advisor/report_system.h"

#include <math.h>

/* What would change the answer */

static void append_change(const struct scribe *scribe, struct document_part *table,
			  enum figure figure, const struct advice_change *change)
{
	double present = scribe->report->situation->values[figure];
	const char *const cells[] = {
	    report_system_label(scribe, figure),
	    scribe_or_dash(scribe_figure(scribe, figure, present)),
	    scribe_or_dash(scribe_figure(scribe, figure, change->value)),
	    scribe_method(scribe, change->method),
	};

	document_row(scribe->document, table, DOCUMENT_USUAL, cells);
}

static void append_changes(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Figure"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Today"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Nearest change"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Then"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 3, scribe_say(scribe, "What would change the answer"));
	table = document_table(
	    scribe->document,
	    scribe_say(scribe, "Each figure alone, while the others stay as they are"), columns, 4);
	for (int i = 0; i < FIGURES; i++) {
		struct advice_change change = {NAN, ADVISOR_METHODS};

		if (advice_change(&change, report->rules, report->situation, report->weights,
				  (enum figure)i) < 0)
			scribe->document->failed = true;
		if (!isnan(change.value))
			append_change(scribe, table, (enum figure)i, &change);
	}
	if (table != NULL && table->rows == NULL)
		document_paragraph(scribe->document, DOCUMENT_PLAIN,
				   scribe_say(scribe, "No single figure does."));
}

/* Signs */

static void append_sign(const struct scribe *scribe, struct document_part *table, int method,
			const struct claim *claim)
{
	unsigned month = forecast_condition(&claim->condition, scribe->report->situation);
	const char *const cells[] = {
	    scribe_line(scribe, &claim->text),
	    scribe_method(scribe, (enum advisor_method)method),
	    condition_check(&claim->condition, scribe->report->situation) == CONDITION_IS_OPEN
		? scribe_say(scribe, "open")
		: scribe_when(scribe, month),
	};

	document_row(scribe->document, table, month == 0 ? DOCUMENT_MARKED : DOCUMENT_USUAL, cells);
}

static void append_signs(const struct scribe *scribe)
{
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Sign"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Time for"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "It shows"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 3, scribe_say(scribe, "Signs of a change"));
	table = document_table(
	    scribe->document, scribe_say(scribe, "Signs that it is time for another method (10.3)"),
	    columns, 3);
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		const struct claims *signals = &scribe->report->rules->signals[i];

		for (size_t k = 0; k < signals->count; k++)
			append_sign(scribe, table, i, &signals->items[k]);
	}
}

/* Growth */

static const char *change_text(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	struct forecast_change change;
	const char *text;

	if (forecast_change(&change, report->rules, report->situation, report->weights) < 0) {
		scribe->document->failed = true;
		return NULL;
	}
	if (change.month == FORECAST_NEVER)
		return scribe_say(scribe,
				  "The answer stays the same for ten years at this growth.");
	text = document_format(
	    scribe->document, scribe_say(scribe, "At this growth the answer changes in %s: %s."),
	    scribe_when(scribe, change.month), scribe_method(scribe, change.method));
	return change.rule == NULL
		   ? text
		   : scribe_join(scribe, text, " ",
				 document_format(scribe->document, scribe_say(scribe, "Why: %s."),
						 scribe_line(scribe, change.reason)));
}

static void append_growth(const struct scribe *scribe)
{
	const double *values = scribe->report->situation->values;

	document_heading(scribe->document, 3, scribe_say(scribe, "Growth"));
	if (isnan(values[FIGURE_GROWTH]) || isnan(values[FIGURE_USERS]) ||
	    values[FIGURE_USERS] < 1) {
		document_paragraph(scribe->document, DOCUMENT_PLAIN,
				   scribe_say(scribe,
					      "Nothing can be said of later months, because "
					      "the number of users or their growth is "
					      "open."));
		return;
	}
	document_paragraph(scribe->document, DOCUMENT_PLAIN, change_text(scribe));
	report_growth_append_chart(scribe);
}

void report_outlook_append(const struct scribe *scribe)
{
	document_heading(scribe->document, 2, scribe_say(scribe, "Outlook"));
	append_changes(scribe);
	append_signs(scribe);
	append_growth(scribe);
}
