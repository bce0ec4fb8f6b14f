/* What could not be made is NULL, which no container takes; so failures add up and are looked at
 * once. */
#include "advisor/capacity_json.h"

#include "advisor/advisor_json.h"

static json_t *create_one(enum capacity capacity, double value, const struct situation *situation)
{
	const struct capacity_row *row = &capacity_rows[capacity];
	json_t *json = json_object();
	int failed = advisor_json_set(json, "value", advisor_json_number(value));

	failed |= advisor_json_set(json, "unit", json_string(row->unit));
	failed |= advisor_json_set(json, "measure", json_string(row->measure));
	failed |=
	    advisor_json_set(json, "rule_of_thumb", advisor_json_number(capacity_thumb(capacity)));
	failed |= advisor_json_set(json, "needed",
				   advisor_json_number(capacity_needed(capacity, situation)));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}

json_t *capacity_json_create(const struct capacities *capacities, const struct situation *situation)
{
	json_t *json = json_object();
	int failed = 0;

	for (int i = 0; i < CAPACITIES; i++)
		failed |= advisor_json_set(
		    json, capacity_rows[i].name,
		    create_one((enum capacity)i, capacities->values[i], situation));
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}
