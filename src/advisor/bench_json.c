/* The list has no version; a later one would be an object that has. */
#include "advisor/bench_json.h"

#include "base/quote.h"

#include <errno.h>
#include <math.h>

static int refuse(const json_t *json, struct error *error)
{
	const json_t *version = json_object_get(json, "version");

	if (json_is_integer(version))
		return error_set(error, -EINVAL,
				 "version %lld; this allim reads the list of measures without a "
				 "version",
				 (long long)json_integer_value(version));
	return error_set(error, -EINVAL,
			 "no list of measures, such as scripts/run-bench writes to bench.json");
}

static int take_value(struct capacities *capacities, enum capacity capacity, const json_t *row,
		      struct error *error)
{
	const char *unit = json_string_value(json_object_get(row, "unit"));
	const json_t *value = json_object_get(row, "value");
	const struct capacity_row *wanted = &capacity_rows[capacity];
	char quote[QUOTE_BYTES];

	if (unit == NULL || strcmp(unit, wanted->given) != 0)
		return error_set(error, -EINVAL, "the unit of %s is %s; this allim reads %s",
				 wanted->measure, quote_text(slice_from_string(unit), quote),
				 wanted->given);
	if (json_is_null(value))
		return 0;
	if (!json_is_number(value))
		return error_set(error, -EINVAL, "the value of %s is no number", wanted->measure);
	capacity_take(capacities, capacity, json_number_value(value));
	return 0;
}

static int take_row(struct capacities *capacities, const json_t *row, struct error *error)
{
	const char *name = json_string_value(json_object_get(row, "name"));

	if (name == NULL)
		return error_set(error, -EINVAL, "a measure has no name");
	for (int i = 0; i < CAPACITIES; i++) {
		if (strcmp(name, capacity_rows[i].measure) == 0)
			return take_value(capacities, (enum capacity)i, row, error);
	}
	return 0;
}

static bool has_any(const struct capacities *capacities)
{
	for (int i = 0; i < CAPACITIES; i++) {
		if (!isnan(capacities->values[i]))
			return true;
	}
	return false;
}

int bench_json_read(struct capacities *capacities, const json_t *json, struct error *error)
{
	const json_t *row;
	size_t index;

	if (!json_is_array(json))
		return refuse(json, error);
	capacity_init(capacities);
	json_array_foreach(json, index, row)
	{
		int result = take_row(capacities, row, error);

		if (result < 0)
			return result;
	}
	if (!has_any(capacities))
		return error_set(error, -EINVAL,
				 "none of its measures is a capacity; run scripts/run-bench with "
				 "--only memory,poll,publish");
	return 0;
}
