/* What may be expected of a method, by the guide's benchmarks (7), and what may go wrong. */
#ifndef ALLIM_ADVISOR_EFFECT_H
#define ALLIM_ADVISOR_EFFECT_H

#include "advisor/advisor_text.h"
#include "advisor/situation.h"

struct effect {
	double users;	      /* at a time, for which it is stable; NAN: nothing is said */
	double latency;	      /* ms; NAN: nothing is said, or */
	enum figure interval; /* it is this figure; FIGURES: it is not */
	struct slice section; /* of the guide; empty: it says nothing */
};

struct risk {
	struct advisor_text risk;
	struct advisor_text mitigation;
};

struct risks {
	struct risk *items;
	size_t count;
};

/* Of a method about which nothing is said. */
extern const struct effect effect_unknown;

/* Reads a map with the members users, latency and section, of which any may be missing. Returns 0,
 * -EINVAL or -ENOMEM. */
int effect_read(struct effect *effect, const struct yaml_node *node,
		const struct yaml_source *source);

/* In milliseconds, by the figures of a system; NAN where it is unknown. */
double effect_latency(const struct effect *effect, const struct situation *situation);

/* Reads a list of maps with the members risk and mitigation. Returns 0, -EINVAL or -ENOMEM. */
int effect_read_risks(struct risks *risks, const struct yaml_node *list,
		      const struct yaml_source *source);

#endif
