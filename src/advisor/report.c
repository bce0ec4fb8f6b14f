/* One section after the other, in the order of the guide's form, behind what matters most. */
#include "advisor/report.h"

#include "advisor/report_costs.h"
#include "advisor/report_decision.h"
#include "advisor/report_outlook.h"
#include "advisor/report_plan.h"
#include "advisor/report_rules.h"
#include "advisor/report_scores.h"
#include "advisor/report_system.h"

#include <errno.h>

static void append_choice(const struct scribe *scribe)
{
	document_heading(scribe->document, 2, scribe_say(scribe, "Choosing the method"));
	report_scores_append(scribe);
	report_rules_append(scribe);
	report_rules_append_methods(scribe);
}

int report_fill(struct document *document, const struct report *report)
{
	static void (*const sections[])(const struct scribe *scribe) = {
	    report_decision_append_summary,
	    report_system_append,
	    append_choice,
	    report_decision_append,
	    report_outlook_append,
	    report_costs_append,
	    report_plan_append,
	};
	const struct scribe scribe = {document, report};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		sections[i](&scribe);
	return document_failed(document) ? -ENOMEM : 0;
}
