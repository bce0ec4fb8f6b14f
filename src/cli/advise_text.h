/* Advice as people read it at a terminal. */
#ifndef ALLIM_CLI_ADVISE_TEXT_H
#define ALLIM_CLI_ADVISE_TEXT_H

#include "advisor/advice.h"
#include "base/buffer.h"

struct advise_text {
	const struct advice *advice;
	const struct rules *rules;
	const struct situation *situation;
	const double *weights; /* or NULL */
	enum advisor_language language;
	bool colours;
};

/* Appends the verdict, what each rule says, whom each method is for, scores, scenario, sizes,
 * changes and forecast. Lines have 100 columns at most. Returns 0 or -ENOMEM. */
int advise_text_append(struct buffer *buffer, const struct advise_text *text);

#endif
