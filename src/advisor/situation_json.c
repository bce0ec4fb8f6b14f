/* A value is a number in the figure's unit, a text as people write it, or a truth; it stands alone,
 * or in an object with where it comes from. */
#include "advisor/situation_json.h"

#include "advisor/advisor_json.h"
#include "advisor/figure_text.h"
#include "base/quote.h"

#include <errno.h>
#include <math.h>

static int read_value(enum figure figure, const json_t *json, double *ret_value,
		      struct error *error)
{
	if (json_is_string(json))
		return figure_text_read(
		    figure, slice_from_bytes(json_string_value(json), json_string_length(json)),
		    ret_value, error);
	if (json_is_boolean(json) && figure_rows[figure].kind == FIGURE_SWITCH) {
		*ret_value = json_is_true(json);
		return 0;
	}
	if (!json_is_number(json))
		return error_set(error, -EINVAL, "%s %s", figure_rows[figure].name,
				 json == NULL ? "has no value" : "is no number");
	*ret_value = json_number_value(json);
	return 0;
}

static int read_source(enum figure figure, const json_t *json, enum figure_source *ret_source,
		       struct error *error)
{
	const char *text = json_string_value(json);

	for (int i = FIGURE_UNKNOWN; json != NULL && i <= FIGURE_MEASURED; i++) {
		if (text == NULL || strcmp(text, figure_source_name((enum figure_source)i)) != 0)
			continue;
		*ret_source = (enum figure_source)i;
		return 0;
	}
	if (json == NULL)
		return 0;
	return error_set(error, -EINVAL,
			 "the source of %s is unknown, assumed, entered or measured",
			 figure_rows[figure].name);
}

static int read_figure(struct situation *situation, enum figure figure, const json_t *json,
		       struct error *error)
{
	const json_t *value = json_is_object(json) ? json_object_get(json, "value") : json;
	enum figure_source source = FIGURE_ENTERED;
	double number;
	int result = json_is_object(json)
			 ? read_source(figure, json_object_get(json, "source"), &source, error)
			 : 0;

	if (result < 0 || json_is_null(value) || source == FIGURE_UNKNOWN)
		return result;
	result = read_value(figure, value, &number, error);
	return result < 0 ? result : situation_set(situation, figure, number, source, error);
}

static int check_version(const json_t *json, struct error *error)
{
	const json_t *version = json_object_get(json, "version");

	if (!json_is_object(json))
		return error_set(error, -EINVAL,
				 "an object is expected, such as "
				 "{\"version\": 1, \"figures\": {\"users\": 3000}}");
	if (!json_is_integer(version))
		return error_set(error, -EINVAL, "version is %s; this allim reads version %d",
				 version == NULL ? "missing" : "no number", SITUATION_JSON_VERSION);
	if (json_integer_value(version) != SITUATION_JSON_VERSION)
		return error_set(error, -EINVAL, "version %lld; this allim reads version %d",
				 (long long)json_integer_value(version), SITUATION_JSON_VERSION);
	return 0;
}

int situation_json_read(struct situation *situation, const json_t *json, struct error *error)
{
	json_t *figures = json_object_get(json, "figures"), *value;
	const char *name;
	int result = check_version(json, error);

	if (result == 0 && !json_is_object(figures))
		result = error_set(error, -EINVAL, "figures is %s an object of names and values",
				   figures == NULL ? "missing; it is" : "not");
	if (result < 0)
		return result;
	json_object_foreach(figures, name, value)
	{
		char quote[QUOTE_BYTES];
		enum figure figure;

		if (figure_find(slice_from_string(name), &figure) < 0)
			return error_set(error, -EINVAL,
					 "%s is no figure; allim advise --help lists all",
					 quote_text(slice_from_string(name), quote));
		result = read_figure(situation, figure, value, error);
		if (result < 0)
			return result;
	}
	return 0;
}

json_t *situation_json_value(enum figure figure, double value)
{
	return figure_rows[figure].kind == FIGURE_SWITCH && !isnan(value)
		   ? json_boolean(value != 0)
		   : advisor_json_number(value);
}
