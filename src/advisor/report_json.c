/* What the commands advise and cost answer, in one object. */
#include "advisor/report_json.h"

#include "advisor/advice_json.h"
#include "advisor/advisor_json.h"
#include "advisor/cost_json.h"

json_t *report_json_create(const struct report *report)
{
	json_t *json = json_object();
	int failed = advisor_json_set(json, "version", json_integer(1));

	failed |= advisor_json_set(json, "date",
				   json_sprintf("%04d-%02d-%02d", report->date.year,
						report->date.month, report->date.day));
	failed |= advisor_json_set(json, "current", advisor_json_method(report->current));
	failed |=
	    advisor_json_set(json, "decision",
			     advice_json_create(report->advice, report->rules, report->situation,
						report->weights, report->audience->language));
	failed |= advisor_json_set(json, "costs",
				   cost_json_create(report->book, report->prices, report->situation,
						    report->current, report->months));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}
