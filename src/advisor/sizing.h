/* What each method takes of a system: requests, queries, bandwidth, memory, CPU, by the guide's
 * formulas and with every value that comes between. */
#ifndef ALLIM_ADVISOR_SIZING_H
#define ALLIM_ADVISOR_SIZING_H

#include "advisor/advisor_method.h"
#include "advisor/situation.h"

enum sizing_value {
#define SIZING(id, method, name, unit, formula, expression) SIZING_##id,
#include "advisor/sizings.def"
#undef SIZING
	SIZINGS
};

struct sizing_row {
	enum advisor_method method;
	const char *name;
	const char *unit;
	const char *formula;
};

extern const struct sizing_row sizing_rows[SIZINGS];

struct sizing {
	double values[SIZINGS]; /* NAN: a figure that it takes is unknown */
};

void sizing_compute(struct sizing *sizing, const struct situation *situation);

#endif
