/* Sums that a figure is lacking for stay open, and the figure is named. */
#include "advisor/report_costs.h"

#include "advisor/cost.h"
#include "advisor/report_system.h"

#include <math.h>

enum { COLUMNS = 8 };

static struct cost cost_of(const struct scribe *scribe, int method)
{
	const struct report *report = scribe->report;
	struct cost cost;

	cost_compute(&cost, report->book, (enum advisor_method)method, report->situation,
		     report->current, report->months);
	return cost;
}

/* The table */

static struct document_part *begin_table(const struct scribe *scribe)
{
	const char *months = scribe_amount(scribe, scribe->report->months, "months");
	const struct document_column columns[COLUMNS] = {
	    {scribe_say(scribe, "Method"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Infrastructure a month"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "For 1,000 users"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Days for building"), DOCUMENT_NUMBER},
	    {scribe_say(scribe, "Days a month for upkeep"), DOCUMENT_NUMBER},
	    {document_format(scribe->document, scribe_say(scribe, "Infrastructure, %s"), months),
	     DOCUMENT_NUMBER},
	    {document_format(scribe->document, scribe_say(scribe, "Labour, %s"), months),
	     DOCUMENT_NUMBER},
	    {document_format(scribe->document, scribe_say(scribe, "Total, %s"), months),
	     DOCUMENT_NUMBER},
	};

	return document_table(scribe->document,
			      document_format(scribe->document,
					      scribe_say(scribe, "Total cost of ownership over %s"),
					      months),
			      columns, COLUMNS);
}

static void append_method(const struct scribe *scribe, struct document_part *table, int method)
{
	const struct cost cost = cost_of(scribe, method);
	const char *const cells[COLUMNS] = {
	    scribe_method(scribe, (enum advisor_method)method),
	    scribe_or_dash(scribe_money(scribe, cost.infrastructure_per_month)),
	    scribe_or_dash(scribe_money(scribe, cost.per_thousand_users)),
	    scribe_or_dash(scribe_number(scribe, cost.development_days)),
	    scribe_or_dash(scribe_number(scribe, cost.maintenance_days_per_month)),
	    scribe_or_dash(scribe_money(scribe, cost.infrastructure)),
	    scribe_or_dash(scribe_money(scribe, cost.labour)),
	    scribe_or_dash(scribe_money(scribe, cost.total)),
	};

	document_row(scribe->document, table,
		     method == (int)scribe->report->advice->method ? DOCUMENT_MARKED
								   : DOCUMENT_USUAL,
		     cells);
}

/* What is open */

static const char *name_figures(const struct scribe *scribe, uint64_t figures)
{
	const char *text = "";

	for (int i = 0; i < FIGURES; i++) {
		if ((figures & UINT64_C(1) << i) != 0)
			text = scribe_join(scribe, text, ", ",
					   report_system_label(scribe, (enum figure)i));
	}
	return text;
}

/* Nothing where there is nothing to name. */
static void append_note(const struct scribe *scribe, const char *label, const char *names)
{
	if (names[0] != '\0')
		document_paragraph(scribe->document, DOCUMENT_NOTE,
				   document_format(scribe->document, "%s: %s.", label, names));
}

/* Says why one method's building costs nothing. */
static void append_current(const struct scribe *scribe)
{
	enum advisor_method current = scribe->report->current;

	if (current != ADVISOR_METHODS)
		append_note(scribe, scribe_say(scribe, "In use, and not built again"),
			    scribe_method(scribe, current));
}

static void append_open(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	uint64_t open = 0, averages = 0;
	unsigned unpriced = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		const struct bill *bill = &report->book->bills[i];

		unpriced |= bill->line_count == 0 ? 1U << i : 0;
		open |= cost_open_figures(bill, (enum advisor_method)i, report->situation);
		averages |= cost_open_averages(bill, (enum advisor_method)i, report->situation);
	}
	append_note(scribe, scribe_say(scribe, "Not in this book"),
		    scribe_methods(scribe, unpriced));
	append_note(scribe, scribe_say(scribe, "Costs stay open as long as nobody says"),
		    name_figures(scribe, open));
	append_note(scribe,
		    scribe_say(scribe,
			       "Every hour counts as the peak, so that costs are a bound, as "
			       "long as nobody says"),
		    name_figures(scribe, averages));
}

static void append_source(const struct scribe *scribe)
{
	const struct price_book *book = scribe->report->book;
	struct document *document = scribe->document;

	document_paragraph(
	    document, DOCUMENT_NOTE,
	    document_format(
		document,
		scribe_say(scribe, "Prices of the book %s: %s; %s; %s; in %s. An hour "
				   "of a developer costs %s."),
		scribe_book(scribe), document_copy(document, book->source),
		document_copy(document, book->region), document_copy(document, book->date),
		document_copy(document, book->currency), scribe_money(scribe, book->hour)));
}

/* The chart */

static void fill_bars(const struct scribe *scribe, struct chart_bars *bars)
{
	bars->series_count = 2;
	bars->series[0] = slice_from_string(scribe_say(scribe, "Infrastructure"));
	bars->series[1] = slice_from_string(scribe_say(scribe, "Labour"));
	bars->bars = document_allocate(scribe->document, ADVISOR_METHODS, sizeof(*bars->bars));
	for (int i = 0; i < ADVISOR_METHODS && bars->bars != NULL; i++) {
		const struct cost cost = cost_of(scribe, i);

		if (isnan(cost.total))
			continue;
		bars->bars[bars->bar_count++] = (struct chart_bar){
		    .label = slice_from_string(scribe_method(scribe, (enum advisor_method)i)),
		    .total = document_clean(scribe->document, scribe_money(scribe, cost.total)),
		    .values = {cost.infrastructure, cost.labour},
		    .is_marked = i == (int)scribe->report->advice->method,
		};
	}
}

static void append_chart(const struct scribe *scribe)
{
	struct chart *chart = document_allocate(scribe->document, 1, sizeof(*chart));

	if (chart == NULL)
		return;
	chart->kind = CHART_BARS;
	chart->title = slice_from_string(
	    document_format(scribe->document, scribe_say(scribe, "Costs over %s"),
			    scribe_amount(scribe, scribe->report->months, "months")));
	chart->description = slice_from_string(
	    scribe_say(scribe, "Infrastructure, and labour for building and upkeep."));
	fill_bars(scribe, &chart->bars);
	if (chart->bars.bar_count > 0)
		document_chart(scribe->document, chart);
	else
		document_paragraph(scribe->document, DOCUMENT_PLAIN,
				   scribe_say(scribe, "There is nothing to compare, because no "
						      "method's costs are known."));
}

void report_costs_append(const struct scribe *scribe)
{
	struct document_part *table;

	document_heading(scribe->document, 2, scribe_say(scribe, "Costs"));
	table = begin_table(scribe);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_method(scribe, table, i);
	append_current(scribe);
	append_chart(scribe);
	append_open(scribe);
	append_source(scribe);
}
