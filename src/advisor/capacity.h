/* What a node does on the hardware that a benchmark ran on. */
#ifndef ALLIM_ADVISOR_CAPACITY_H
#define ALLIM_ADVISOR_CAPACITY_H

#include "advisor/situation.h"

enum capacity {
#define CAPACITY(id, ...) CAPACITY_##id,
#include "advisor/capacities.def"
#undef CAPACITY
	CAPACITIES
};

enum capacity_way { CAPACITY_IS_DIRECT, CAPACITY_IS_INVERSE };

struct capacity_row {
	const char *name;    /* as a member of files: "stream-memory" */
	const char *measure; /* in bench.json, and its unit there */
	const char *given;
	const char *unit;
	double factor;
	enum capacity_way way;
	enum figure figure; /* that it takes the place of; FIGURES: none */
	double thumb;
	const char *sentence;
};

extern const struct capacity_row capacity_rows[CAPACITIES];

struct capacities {
	double values[CAPACITIES]; /* NAN: not measured */
};

/* None is measured. */
void capacity_init(struct capacities *capacities);

/* Takes the value of the capacity's measure. One that is not above 0 shows nothing. */
void capacity_take(struct capacities *capacities, enum capacity capacity, double value);

/* The guide's rule of thumb, and what the system needs; NAN where there is none. */
double capacity_thumb(enum capacity capacity);
double capacity_needed(enum capacity capacity, const struct situation *situation);

/* Has figures that are assumed say what was measured. */
void capacity_apply(const struct capacities *capacities, struct situation *situation);

#endif
