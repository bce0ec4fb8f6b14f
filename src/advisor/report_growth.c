/* A year is shown, and more where a limit is passed later. */
#include "advisor/report_growth.h"

#include "advisor/forecast.h"

#include <math.h>

enum { MONTHS_LEAST = 12 };

struct threshold {
	double users;
	enum advisor_method method;
	unsigned month; /* the first one beyond it */
};

static unsigned month_beyond(const struct scribe *scribe, double users)
{
	const struct condition beyond = {FIGURE_USERS, users, INFINITY, true, false};

	return forecast_condition(&beyond, scribe->report->situation);
}

static size_t list_thresholds(const struct scribe *scribe,
			      struct threshold thresholds[static ADVISOR_METHODS])
{
	size_t count = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		double users = scribe->report->plans->effects[i].users;

		if (!isnan(users))
			thresholds[count++] = (struct threshold){users, (enum advisor_method)i,
								 month_beyond(scribe, users)};
	}
	return count;
}

static unsigned months_of(const struct threshold *thresholds, size_t count)
{
	unsigned months = MONTHS_LEAST;

	for (size_t i = 0; i < count; i++) {
		if (thresholds[i].month < CHART_MONTHS && thresholds[i].month >= months)
			months = thresholds[i].month + 1;
	}
	return months;
}

/* Between two months, where the line itself is at the limit. */
static double place_of(const struct scribe *scribe, const struct threshold *threshold)
{
	const double *values = scribe->report->situation->values;

	return log(threshold->users / values[FIGURE_USERS]) / log(1 + values[FIGURE_GROWTH] / 100);
}

static const char *limit_text(const struct scribe *scribe, const struct threshold *threshold)
{
	return document_format(scribe->document, scribe_say(scribe, "%s: up to %s"),
			       scribe_method(scribe, threshold->method),
			       scribe_number(scribe, threshold->users));
}

static void fill_limit(const struct scribe *scribe, struct chart_limit *limit,
		       const struct threshold *threshold, size_t months)
{
	bool is_passed = threshold->month > 0 && threshold->month <= months;

	limit->value = threshold->users;
	limit->label = slice_from_string(limit_text(scribe, threshold));
	limit->month = is_passed ? place_of(scribe, threshold) : NAN;
	limit->mark = slice_from_string(is_passed ? scribe_when(scribe, threshold->month) : "");
}

static void fill_line(const struct scribe *scribe, struct chart_line *line,
		      const struct threshold *thresholds, size_t count)
{
	line->months = months_of(thresholds, count);
	line->limit_count = count;
	for (unsigned i = 0; i <= line->months; i++) {
		struct situation later;

		forecast_situation(&later, scribe->report->situation, i);
		line->values[i] = later.values[FIGURE_USERS];
	}
	for (size_t i = 0; i < count; i++)
		fill_limit(scribe, &line->limits[i], &thresholds[i], line->months);
	line->now = slice_from_string(scribe_say(scribe, "now"));
	line->first = slice_from_string(scribe_amount(scribe, line->values[0], "users"));
	line->last =
	    slice_from_string(scribe_amount(scribe, round(line->values[line->months]), "users"));
}

static const char *describe(const struct scribe *scribe, const struct chart_line *line,
			    const struct threshold *thresholds, size_t count)
{
	const char *text = document_format(
	    scribe->document,
	    scribe_say(scribe, "At %s, %s become %s in %zu months (logarithmic scale)."),
	    scribe_figure(scribe, FIGURE_GROWTH, scribe->report->situation->values[FIGURE_GROWTH]),
	    scribe_amount(scribe, line->values[0], "users"),
	    scribe_number(scribe, round(line->values[line->months])), line->months);

	for (size_t i = 0; i < count; i++) {
		if (thresholds[i].month == 0 || thresholds[i].month > line->months)
			continue;
		text = scribe_join(
		    scribe, text, " ",
		    document_format(
			scribe->document,
			scribe_say(scribe, "The %s that %s is stable for are passed in %s."),
			scribe_amount(scribe, thresholds[i].users, "users"),
			scribe_method(scribe, thresholds[i].method),
			scribe_when(scribe, thresholds[i].month)));
	}
	return text;
}

void report_growth_append_chart(const struct scribe *scribe)
{
	struct threshold thresholds[ADVISOR_METHODS];
	size_t count = list_thresholds(scribe, thresholds);
	struct chart *chart = document_allocate(scribe->document, 1, sizeof(*chart));

	if (chart == NULL)
		return;
	chart->kind = CHART_LINE;
	chart->title = slice_from_string(
	    scribe_say(scribe, "Users by month, and what each method is stable for"));
	fill_line(scribe, &chart->line, thresholds, count);
	chart->description = slice_from_string(describe(scribe, &chart->line, thresholds, count));
	document_chart(scribe->document, chart);
}
