/* Something that is said of a method and holds for some systems: whom it suits, whom it does not,
 * what shows that it is time for it. */
#ifndef ALLIM_ADVISOR_CLAIM_H
#define ALLIM_ADVISOR_CLAIM_H

#include "advisor/advisor_text.h"
#include "advisor/condition.h"

struct claim {
	struct condition condition;
	struct advisor_text text;
	bool rules_out; /* where it holds, the method cannot be chosen */
};

struct claims {
	struct claim *items;
	size_t count;
};

/* Reads a list of maps with the members figure, those of a condition, text, and rules-out (yes).
 * Returns 0, -EINVAL or -ENOMEM. */
int claims_read(struct claims *claims, const struct yaml_node *list,
		const struct yaml_source *source);

/* The first that rules its method out, or NULL. */
const struct claim *claims_rule_out(const struct claims *claims, const struct situation *situation);

#endif
