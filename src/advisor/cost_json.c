/* Each method is an object that names itself, so that it can be taken out. What could not be made
 * is NULL, which no container takes; so failures add up and are looked at once. */
#include "advisor/cost_json.h"

#include "advisor/advisor_json.h"

#include <errno.h>

static json_t *line_json(const struct bill_line *line, enum advisor_method method,
			 const struct situation *situation)
{
	double count = cost_line_count(line, method, situation);
	json_t *json = json_object();
	int failed = advisor_json_set(json, "item", advisor_json_text(line->item->name));

	failed |= advisor_json_set(json, "price", advisor_json_number(line->item->price));
	failed |= advisor_json_set(json, "count", advisor_json_number(count));
	failed |= advisor_json_set(json, "amount", advisor_json_number(count * line->item->price));
	failed |= advisor_json_set(json, "region", advisor_json_text(line->item->region));
	failed |= advisor_json_set(json, "date", advisor_json_text(line->item->date));
	failed |= advisor_json_set(json, "source", advisor_json_text(line->item->source));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *lines_json(const struct bill *bill, enum advisor_method method,
			  const struct situation *situation)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < bill->line_count; i++) {
		if (json_array_append_new(lines, line_json(&bill->lines[i], method, situation)) ==
		    0)
			continue;
		json_decref(lines);
		return NULL;
	}
	return lines;
}

static json_t *figures_json(uint64_t figures)
{
	json_t *names = json_array();

	for (int i = 0; i < FIGURES; i++) {
		if ((figures & UINT64_C(1) << i) == 0 ||
		    json_array_append_new(names, json_string(figure_rows[i].name)) == 0)
			continue;
		json_decref(names);
		return NULL;
	}
	return names;
}

static json_t *method_json(const struct price_book *book, enum advisor_method method,
			   const struct situation *situation, enum advisor_method current,
			   double months)
{
	const struct bill *bill = &book->bills[method];
	json_t *json = json_object();
	struct cost cost;
	int failed;

	cost_compute(&cost, book, method, situation, current, months);
	const struct {
		const char *name;
		double number;
	} numbers[] = {
	    {"infrastructure_per_month", cost.infrastructure_per_month},
	    {"per_thousand_users", cost.per_thousand_users},
	    {"development_days", cost.development_days},
	    {"maintenance_days_per_month", cost.maintenance_days_per_month},
	    {"infrastructure", cost.infrastructure},
	    {"labour", cost.labour},
	    {"total", cost.total},
	};

	failed = advisor_json_set(json, "method", json_string(advisor_method_name(method)));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		failed |=
		    advisor_json_set(json, numbers[i].name, advisor_json_number(numbers[i].number));
	failed |= advisor_json_set(json, "bill", lines_json(bill, method, situation));
	failed |= advisor_json_set(json, "unknown",
				   figures_json(cost_open_figures(bill, method, situation)));
	failed |= advisor_json_set(json, "at_peak",
				   figures_json(cost_open_averages(bill, method, situation)));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *methods_json(const struct price_book *book, const struct situation *situation,
			    enum advisor_method current, double months)
{
	json_t *methods = json_object();

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		enum advisor_method method = (enum advisor_method)i;

		if (advisor_json_set(methods, advisor_method_name(method),
				     method_json(book, method, situation, current, months)) == 0)
			continue;
		json_decref(methods);
		return NULL;
	}
	return methods;
}

json_t *cost_json_create(const struct price_book *book, const char *prices,
			 const struct situation *situation, enum advisor_method current,
			 double months)
{
	json_t *json = json_object();
	int failed = advisor_json_set(json, "version", json_integer(1));

	failed |= advisor_json_set(json, "prices", json_string(prices));
	failed |= advisor_json_set(json, "currency", advisor_json_text(book->currency));
	failed |= advisor_json_set(json, "region", advisor_json_text(book->region));
	failed |= advisor_json_set(json, "date", advisor_json_text(book->date));
	failed |= advisor_json_set(json, "source", advisor_json_text(book->source));
	failed |= advisor_json_set(json, "current", advisor_json_method(current));
	failed |= advisor_json_set(json, "months", advisor_json_number(months));
	failed |= advisor_json_set(json, "methods", methods_json(book, situation, current, months));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}
