/* Figures as people write them: 3000, 2s, 99.99%, yes. */
#ifndef ALLIM_ADVISOR_FIGURE_TEXT_H
#define ALLIM_ADVISOR_FIGURE_TEXT_H

#include "advisor/audience.h"
#include "advisor/situation.h"
#include "base/buffer.h"

/* Reads the text into the figure's own unit. A time has a unit of its own: ms, s, m, h or d.
 * Returns 0 or -EINVAL with a sentence. Whether the figure may be so large is situation_set()'s to
 * say. */
int figure_text_read(enum figure figure, struct slice text, double *ret_value, struct error *error);

/* What may be written: "NUMBER", "TIME", "PERCENT" or "[yes|no]". */
const char *figure_text_placeholder(enum figure figure);

/* Appends a value with its unit: "3000 users", "2 s", "99.99 %", "yes", "unknown". */
void figure_text_append(struct buffer *buffer, enum figure figure, double value,
			const struct audience *audience);

#endif
