/* Figures are numbers, all of them, so that rules and formulas treat them alike. */
#include "advisor/situation.h"

#include <errno.h>
#include <math.h>

#define UNKNOWN NAN

const struct figure_row figure_rows[FIGURES] = {
#define FIGURE(id, name, kind, unit, minimum, maximum, assumed, sentence) \
	[FIGURE_##id] = {name, FIGURE_##kind, unit, minimum, maximum, assumed, sentence},
#include "advisor/figures.def"
#undef FIGURE
};

void situation_init(struct situation *situation)
{
	for (int i = 0; i < FIGURES; i++) {
		situation->values[i] = figure_rows[i].assumed;
		situation->sources[i] =
		    isnan(figure_rows[i].assumed) ? FIGURE_UNKNOWN : FIGURE_ASSUMED;
	}
}

int situation_set(struct situation *situation, enum figure figure, double value,
		  enum figure_source source, struct error *error)
{
	const struct figure_row *row = &figure_rows[figure];

	if (row->kind == FIGURE_SWITCH && value != 0 && value != 1)
		return error_set(error, -EINVAL, "%s is %g; accepted is yes or no", row->name,
				 value);
	if (!isfinite(value) || value < row->minimum || value > row->maximum)
		return error_set(error, -EINVAL, "%s is %.10g; accepted is %.10g to %.10g %s",
				 row->name, value, row->minimum, row->maximum, row->unit);
	if (row->kind == FIGURE_COUNT && value != floor(value))
		return error_set(error, -EINVAL, "%s is %.10g; accepted is a whole number",
				 row->name, value);
	situation->values[figure] = value;
	situation->sources[figure] = source;
	return 0;
}

/* Measured figures of both may differ in the last digits. */
#define ROUNDING (1 + 1e-9)

int situation_check(const struct situation *situation, struct error *error)
{
	static const struct {
		enum figure average;
		enum figure peak;
	} pairs[] = {
	    {FIGURE_AVERAGE_USERS, FIGURE_USERS},
	    {FIGURE_AVERAGE_NOTIFICATIONS, FIGURE_NOTIFICATIONS},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		double average = situation->values[pairs[i].average];
		double peak = situation->values[pairs[i].peak];

		if (average > peak * ROUNDING)
			return error_set(
			    error, -EINVAL,
			    "%s is %.10g, but %s, at the peak, is %.10g; correct one of them",
			    figure_rows[pairs[i].average].name, average,
			    figure_rows[pairs[i].peak].name, peak);
	}
	return 0;
}

int figure_find(struct slice name, enum figure *ret_figure)
{
	for (int i = 0; i < FIGURES; i++) {
		if (!slice_equals(name, slice_from_string(figure_rows[i].name)))
			continue;
		*ret_figure = (enum figure)i;
		return 0;
	}
	return -ENOENT;
}

const char *figure_source_name(enum figure_source source)
{
	static const char *const names[] = {
	    [FIGURE_UNKNOWN] = "unknown",
	    [FIGURE_ASSUMED] = "assumed",
	    [FIGURE_ENTERED] = "entered",
	    [FIGURE_MEASURED] = "measured",
	};

	return names[source];
}
