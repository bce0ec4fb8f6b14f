/* The rules by which advice is given: a file of YAML, of which one is built in. */
#ifndef ALLIM_ADVISOR_RULES_H
#define ALLIM_ADVISOR_RULES_H

#include "advisor/criterion.h"
#include "advisor/rule.h"
#include "advisor/scenario.h"

struct rules {
	struct arena arena;
	struct rule *rules;
	size_t rule_count;
	struct criterion *criteria; /* whose weights are not all 0 */
	size_t criterion_count;
	struct scenario *scenarios;
	size_t scenario_count;
	/* By method; none where the file has none. */
	struct claims fits[ADVISOR_METHODS];
	struct claims misfits[ADVISOR_METHODS];
	struct claims signals[ADVISOR_METHODS];
};

/* The built-in file: the guide's rules. */
extern const char rules_text[];

/* Reads a file of rules; `file` is what messages call it. Returns 0 or a negative errno value with
 * a sentence; there is nothing to finish then. */
int rules_read(struct rules *rules, const char *file, struct slice content, struct error *error);

void rules_finish(struct rules *rules);

#endif
