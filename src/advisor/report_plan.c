/* Without a method there is nothing to plan, and only the approval is left to be filled in. */
#include "advisor/report_plan.h"

/* Risks */

static void append_risks(const struct scribe *scribe)
{
	const struct risks *risks = &scribe->report->plans->risks[scribe->report->advice->method];
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Risk"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Mitigation"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 2, scribe_say(scribe, "Risks and mitigations"));
	table = document_table(scribe->document,
			       scribe_method(scribe, scribe->report->advice->method), columns, 2);
	for (size_t i = 0; i < risks->count; i++) {
		const char *const cells[] = {scribe_line(scribe, &risks->items[i].risk),
					     scribe_line(scribe, &risks->items[i].mitigation)};

		document_row(scribe->document, table, DOCUMENT_USUAL, cells);
	}
}

/* Milestones */

static const char *way_of(const struct scribe *scribe, const struct plan *plan)
{
	const struct report *report = scribe->report;
	const char *goal = scribe_method(scribe, report->advice->method), *way;

	if (report->current == report->advice->method)
		way = document_format(scribe->document,
				      scribe_say(scribe, "%s is there already, and stays."), goal);
	else if (report->current == ADVISOR_METHODS)
		way = document_format(scribe->document, scribe_say(scribe, "A first version: %s."),
				      goal);
	else
		way = document_format(scribe->document, scribe_say(scribe, "From %s to %s."),
				      scribe_method(scribe, report->current), goal);
	if (slice_is_empty(plan->section))
		return way;
	return scribe_join(scribe, way, " ",
			   document_format(scribe->document,
					   scribe_say(scribe, "The plan is the guide's (%s)."),
					   document_copy(scribe->document, plan->section)));
}

/* What has to be built is there in allim. */
static void append_shortcut(const struct scribe *scribe)
{
	const struct report *report = scribe->report;

	if (report->current == report->advice->method)
		return;
	document_paragraph(
	    scribe->document, DOCUMENT_NOTE,
	    document_format(scribe->document,
			    scribe_say(scribe, "With allim the servers' side of it is a setting, "
					       "allim serve --method %s; clients, tests and the "
					       "weeks of watching remain."),
			    advisor_method_name(report->advice->method)));
}

static void append_step(const struct scribe *scribe, struct document_item *list,
			const struct plan_step *step)
{
	struct document_item *item =
	    document_item(scribe->document, list,
			  document_format(scribe->document, scribe_say(scribe, "Week %s"),
					  document_copy(scribe->document, step->weeks)),
			  scribe_line(scribe, &step->phase->title));

	for (size_t i = 0; i < step->phase->task_count; i++)
		document_item(scribe->document, item, NULL,
			      scribe_line(scribe, &step->phase->tasks[i]));
}

static void append_milestones(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	const struct plan *plan =
	    plans_find(report->plans, report->current, report->advice->method);
	struct document_item *list;

	document_heading(scribe->document, 2, scribe_say(scribe, "Milestones"));
	if (plan == NULL) {
		document_paragraph(scribe->document, DOCUMENT_PLAIN,
				   scribe_say(scribe, "There is no plan for this step."));
		return;
	}
	document_paragraph(scribe->document, DOCUMENT_PLAIN, way_of(scribe, plan));
	append_shortcut(scribe);
	list = document_list(scribe->document, DOCUMENT_STEPS);
	for (size_t i = 0; i < plan->step_count; i++)
		append_step(scribe, list, &plan->steps[i]);
}

/* Metrics */

static void append_metrics(const struct scribe *scribe)
{
	const struct report *report = scribe->report;
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Metric"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Query for Prometheus"), DOCUMENT_CODE},
	    {scribe_say(scribe, "Alarm"), DOCUMENT_TEXT},
	};
	struct document_part *table;

	document_heading(scribe->document, 2, scribe_say(scribe, "Metrics to watch"));
	table = document_table(scribe->document,
			       scribe_say(scribe, "With the names that allim has"), columns, 3);
	for (size_t i = 0; i < report->plans->metric_count; i++) {
		const struct plans_metric *metric = &report->plans->metrics[i];
		const char *const cells[] = {scribe_line(scribe, &metric->title),
					     document_copy(scribe->document, metric->query),
					     scribe_line(scribe, &metric->alarm)};

		if ((metric->methods & 1U << report->advice->method) != 0)
			document_row(scribe->document, table, DOCUMENT_USUAL, cells);
	}
}

/* Approval */

static void append_approval(const struct scribe *scribe)
{
	const struct document_column columns[] = {
	    {scribe_say(scribe, "Role"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Name"), DOCUMENT_TEXT},
	    {scribe_say(scribe, "Date"), DOCUMENT_TEXT},
	};
	const char *const rows[][3] = {
	    {scribe_say(scribe, "Head of development"), NULL, NULL},
	    {scribe_say(scribe, "CTO"), NULL, NULL},
	};
	struct document_part *table;

	document_heading(scribe->document, 2, scribe_say(scribe, "Approval"));
	table = document_table(scribe->document, scribe_say(scribe, "Approved by"), columns, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		document_row(scribe->document, table, DOCUMENT_USUAL, rows[i]);
}

void report_plan_append(const struct scribe *scribe)
{
	if (scribe->report->advice->method != ADVISOR_METHODS) {
		append_risks(scribe);
		append_milestones(scribe);
		append_metrics(scribe);
	}
	append_approval(scribe);
}
