/* A system as far as it is known: figures that were measured, entered or assumed. */
#ifndef ALLIM_ADVISOR_SITUATION_H
#define ALLIM_ADVISOR_SITUATION_H

#include "base/error.h"
#include "base/slice.h"

enum figure {
#define FIGURE(id, name, kind, unit, minimum, maximum, assumed, sentence) FIGURE_##id,
#include "advisor/figures.def"
#undef FIGURE
	FIGURES
};

enum figure_kind { FIGURE_NUMBER, FIGURE_COUNT, FIGURE_TIME, FIGURE_PERCENT, FIGURE_SWITCH };

enum figure_source { FIGURE_UNKNOWN, FIGURE_ASSUMED, FIGURE_ENTERED, FIGURE_MEASURED };

struct figure_row {
	const char *name; /* as a flag and as a member of files: "poll-interval" */
	enum figure_kind kind;
	const char *unit;
	double minimum;
	double maximum;
	double assumed; /* NAN: there is no rule of thumb */
	const char *sentence;
};

extern const struct figure_row figure_rows[FIGURES];

/* Values are NAN where nothing is known; what is computed of them is then unknown, too. */
struct situation {
	double values[FIGURES];
	enum figure_source sources[FIGURES];
};

/* With the rules of thumb alone. */
void situation_init(struct situation *situation);

/* Takes a figure. Returns 0 or -EINVAL with a sentence: it is no number, or none that can be. */
int situation_set(struct situation *situation, enum figure figure, double value,
		  enum figure_source source, struct error *error);

/* Whether the figures can be true together; for a situation that is complete. Returns 0 or -EINVAL
 * with a sentence: what there is on average is at most what there is at the peak. */
int situation_check(const struct situation *situation, struct error *error);

/* Returns 0 or -ENOENT. */
int figure_find(struct slice name, enum figure *ret_figure);

/* "assumed", "entered", "measured", "unknown" */
const char *figure_source_name(enum figure_source source);

#endif
