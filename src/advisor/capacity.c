/* One table. */
#include "advisor/capacity.h"

#include <math.h>

#define UNKNOWN NAN

const struct capacity_row capacity_rows[CAPACITIES] = {
#define CAPACITY(id, name, measure, given, unit, factor, way, figure, thumb, needed, sentence) \
	[CAPACITY_##id] = {name,   measure, given,   unit, factor, CAPACITY_IS_##way,          \
			   figure, thumb,   sentence},
#include "advisor/capacities.def"
#undef CAPACITY
};

void capacity_init(struct capacities *capacities)
{
	for (int i = 0; i < CAPACITIES; i++)
		capacities->values[i] = NAN;
}

void capacity_take(struct capacities *capacities, enum capacity capacity, double value)
{
	const struct capacity_row *row = &capacity_rows[capacity];
	double found = row->way == CAPACITY_IS_INVERSE ? row->factor / value : row->factor * value;

	capacities->values[capacity] = value > 0 && isfinite(found) ? found : NAN;
}

double capacity_thumb(enum capacity capacity)
{
	const struct capacity_row *row = &capacity_rows[capacity];

	return row->figure == FIGURES ? row->thumb : figure_rows[row->figure].assumed;
}

double capacity_needed(enum capacity capacity, const struct situation *situation)
{
	const double needed[CAPACITIES] = {
#define F(id) situation->values[FIGURE_##id]
#define CAPACITY(id, name, measure, given, unit, factor, way, figure, thumb, needed, sentence) \
	[CAPACITY_##id] = (needed),
#include "advisor/capacities.def"
#undef CAPACITY
#undef F
	};

	return needed[capacity];
}

void capacity_apply(const struct capacities *capacities, struct situation *situation)
{
	for (int i = 0; i < CAPACITIES; i++) {
		enum figure figure = capacity_rows[i].figure;
		struct error ignored;

		if (figure == FIGURES || situation->sources[figure] != FIGURE_ASSUMED)
			continue;
		(void)situation_set(situation, figure, capacities->values[i], FIGURE_MEASURED,
				    &ignored);
	}
}
