/* Methods that are not scored by one criterion have no sum; they are left out and named. */
#include "advisor/report_scores.h"

#include <math.h>

enum { COLUMNS_BEFORE = 2, BEST = 10 };

static bool is_scored(const struct scribe *scribe, int method)
{
	return !isnan(scribe->report->advice->scores[method]);
}

static unsigned scored_methods(const struct scribe *scribe)
{
	unsigned methods = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++)
		methods |= is_scored(scribe, i) ? 1U << i : 0;
	return methods;
}

static double weight_sum(const struct scribe *scribe)
{
	double sum = 0;

	for (size_t i = 0; i < scribe->report->rules->criterion_count; i++)
		sum += scribe->report->weights[i];
	return sum;
}

static const char *percent(const struct scribe *scribe, size_t criterion)
{
	return scribe_amount(
	    scribe, round(scribe->report->weights[criterion] / weight_sum(scribe) * 1000) / 10,
	    "%");
}

/* The table */

static struct document_part *begin_table(const struct scribe *scribe)
{
	struct document_column columns[COLUMNS_BEFORE + ADVISOR_METHODS] = {
	    {scribe_say(scribe, "Criterion"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Weight"), DOCUMENT_NUMBER},
	};
	size_t count = COLUMNS_BEFORE, marked = sizeof(columns) / sizeof(columns[0]);
	struct document_part *table;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if (!is_scored(scribe, i))
			continue;
		if (i == (int)scribe->report->advice->method)
			marked = count;
		columns[count++] = (struct document_column){
		    scribe_method(scribe, (enum advisor_method)i), DOCUMENT_NUMBER};
	}
	table =
	    document_table(scribe->document,
			   scribe_say(scribe, "Scores of 0 to 10; more is better"), columns, count);
	if (table != NULL && marked < count)
		table->marked_column = marked;
	return table;
}

static void append_criterion(const struct scribe *scribe, struct document_part *table, size_t index)
{
	const struct criterion *criterion = &scribe->report->rules->criteria[index];
	const char *cells[COLUMNS_BEFORE + ADVISOR_METHODS] = {
	    scribe_line(scribe, &criterion->title), percent(scribe, index)};
	size_t count = COLUMNS_BEFORE;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if (is_scored(scribe, i))
			cells[count++] = scribe_number(scribe, criterion->scores[i]);
	}
	document_row(scribe->document, table, DOCUMENT_USUAL, cells);
}

static void append_sums(const struct scribe *scribe, struct document_part *table)
{
	const char *cells[COLUMNS_BEFORE + ADVISOR_METHODS] = {scribe_say(scribe, "Sum by weight"),
							       scribe_amount(scribe, 100, "%")};
	size_t count = COLUMNS_BEFORE;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if (is_scored(scribe, i))
			cells[count++] = document_format(scribe->document, "%.1f",
							 scribe->report->advice->scores[i]);
	}
	document_row(scribe->document, table, DOCUMENT_TOTAL, cells);
}

/* The chart */

static void fill_bar(const struct scribe *scribe, struct chart_bar *bar, int method)
{
	const struct report *report = scribe->report;
	double sum = weight_sum(scribe);

	bar->label =
	    document_clean(scribe->document, scribe_method(scribe, (enum advisor_method)method));
	bar->total = slice_from_string(
	    document_format(scribe->document, "%.1f", report->advice->scores[method]));
	bar->is_marked = method == (int)report->advice->method;
	for (size_t i = 0; i < report->rules->criterion_count; i++)
		bar->values[i] =
		    report->rules->criteria[i].scores[method] * report->weights[i] / sum;
}

static void fill_bars(const struct scribe *scribe, struct chart_bars *bars)
{
	const struct rules *rules = scribe->report->rules;

	bars->series_count = rules->criterion_count;
	for (size_t i = 0; i < rules->criterion_count; i++)
		bars->series[i] = document_clean(scribe->document,
						 scribe_line(scribe, &rules->criteria[i].title));
	bars->bars = document_allocate(scribe->document, ADVISOR_METHODS, sizeof(*bars->bars));
	for (int i = 0; i < ADVISOR_METHODS && bars->bars != NULL; i++) {
		if (is_scored(scribe, i))
			fill_bar(scribe, &bars->bars[bars->bar_count++], i);
	}
}

static void append_chart(const struct scribe *scribe)
{
	struct chart *chart;

	if (scribe->report->rules->criterion_count > CHART_SERIES)
		return;
	chart = document_allocate(scribe->document, 1, sizeof(*chart));
	if (chart == NULL)
		return;
	chart->kind = CHART_BARS;
	chart->title =
	    slice_from_string(scribe_say(scribe, "What each criterion adds to the score"));
	chart->description = slice_from_string(
	    scribe_say(scribe, "Each piece is a criterion's score times its weight."));
	fill_bars(scribe, &chart->bars);
	document_chart(scribe->document, chart);
}

/* The words */

static enum advisor_method best_of(const struct scribe *scribe)
{
	enum advisor_method best = ADVISOR_METHODS;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		const double *scores = scribe->report->advice->scores;

		if (is_scored(scribe, i) && (best == ADVISOR_METHODS || scores[i] > scores[best]))
			best = (enum advisor_method)i;
	}
	return best;
}

static void append_words(const struct scribe *scribe)
{
	unsigned scored = scored_methods(scribe), others = (1U << ADVISOR_METHODS) - 1 - scored;
	enum advisor_method best = best_of(scribe);

	if (best != scribe->report->advice->method)
		document_paragraph(
		    scribe->document, DOCUMENT_PLAIN,
		    document_format(scribe->document,
				    scribe_say(scribe, "%s has the best score. Rules decide before "
						       "scores do; scores choose between what a "
						       "rule leaves open."),
				    scribe_method(scribe, best)));
	if (others != 0)
		document_paragraph(scribe->document, DOCUMENT_NOTE,
				   document_format(scribe->document,
						   scribe_say(scribe, "Not scored: %s."),
						   scribe_methods(scribe, others)));
}

void report_scores_append(const struct scribe *scribe)
{
	struct document_part *table;

	document_heading(scribe->document, 3, scribe_say(scribe, "Scores"));
	if (scored_methods(scribe) == 0) {
		document_paragraph(scribe->document, DOCUMENT_PLAIN,
				   scribe_say(scribe, "No method is scored by all criteria."));
		return;
	}
	table = begin_table(scribe);
	for (size_t i = 0; i < scribe->report->rules->criterion_count; i++)
		append_criterion(scribe, table, i);
	append_sums(scribe, table);
	append_chart(scribe);
	append_words(scribe);
}
