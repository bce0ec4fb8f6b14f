/* Which method fits a system, and which rule decided.
 *
 * A misfit that rules a method out takes it out of the choice. Of the rules that vote for what is
 * left, the first in the file decides; where it leaves several, the best score does, and behind it
 * the simpler method. */
#ifndef ALLIM_ADVISOR_ADVICE_H
#define ALLIM_ADVISOR_ADVICE_H

#include "advisor/rules.h"

struct advice {
	enum advisor_method method; /* ADVISOR_METHODS: every one is ruled out */
	const struct rule *rule; /* that decided; NULL: none did, but what is left and its scores */
	struct rule_vote *votes; /* by rule, in the order of the file; freed by advice_finish() */
	const struct claim *ruled_out[ADVISOR_METHODS]; /* why; NULL: it is not */
	double scores[ADVISOR_METHODS];			/* NAN: not scored */
};

/* `weights` are those of the criteria, in their order, or NULL for the file's own. The advice
 * points into the rules. Returns 0 or -ENOMEM. */
int advice_give(struct advice *advice, const struct rules *rules, const struct situation *situation,
		const double *weights);

void advice_finish(struct advice *advice);

/* The one of several methods (bits) that the advice prefers; ADVISOR_METHODS where all of them are
 * ruled out. */
enum advisor_method advice_prefer(const struct advice *advice, unsigned methods);

/* Whether the method that is advised has a score, by which it was preferred. */
bool advice_is_scored(const struct advice *advice);

/* The next value of a figure, up or down, at which the method is another one. */
struct advice_change {
	double value; /* NAN: no value of this figure changes it */
	enum advisor_method method;
};

/* Tries the limits of all conditions on the figure, and what lies just beyond them. Where the
 * figure is unknown nothing is tried. Returns 0 or -ENOMEM. */
int advice_change(struct advice_change *ret_change, const struct rules *rules,
		  const struct situation *situation, const double *weights, enum figure figure);

#endif
