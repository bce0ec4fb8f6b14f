/* A row may use those above it, so they are computed in their order. An unknown figure is NAN, and
 * so is whatever depends on it. */
#include "advisor/sizing.h"

const struct sizing_row sizing_rows[SIZINGS] = {
#define SIZING(id, method, name, unit, formula, expression) \
	[SIZING_##id] = {ADVISOR_##method, name, unit, formula},
#include "advisor/sizings.def"
#undef SIZING
};

void sizing_compute(struct sizing *sizing, const struct situation *situation)
{
#define F(id)						    situation->values[FIGURE_##id]
#define V(id)						    sizing->values[SIZING_##id]
#define SIZING(id, method, name, unit, formula, expression) V(id) = (expression);
#include "advisor/sizings.def"
#undef SIZING
#undef V
#undef F
}
