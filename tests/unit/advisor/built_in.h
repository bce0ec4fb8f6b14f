/* The built-in rules, and systems that are described in one line. */
#ifndef ALLIM_TESTS_UNIT_ADVISOR_BUILT_IN_H
#define ALLIM_TESTS_UNIT_ADVISOR_BUILT_IN_H

#include "advisor/figure_text.h"
#include "advisor/rules.h"

#include "lib/assertions.h"

static struct rules rules;

static inline int built_in_setup(void **state)
{
	struct error error;

	(void)state;
	if (rules_read(&rules, "rules.yaml", slice_from_string(rules_text), &error) < 0)
		fail_msg("%s", error.text);
	return 0;
}

static inline int built_in_teardown(void **state)
{
	(void)state;
	rules_finish(&rules);
	return 0;
}

/* Figures as "users=500 latency=2s redis=no". */
static inline void built_in_take(struct situation *situation, const char *given)
{
	struct slice rest = slice_from_string(given);

	situation_init(situation);
	while (rest.length > 0) {
		struct slice value = slice_split(&rest, ' '), name = slice_split(&value, '=');
		struct error error = {""};
		enum figure figure;
		double number;

		assert_int_equal(figure_find(name, &figure), 0);
		if (figure_text_read(figure, value, &number, &error) < 0 ||
		    situation_set(situation, figure, number, FIGURE_ENTERED, &error) < 0)
			fail_msg("%s", error.text);
	}
}

#endif
