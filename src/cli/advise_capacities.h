/* What the hardware does, by a benchmark, as a section of advice at a terminal. */
#ifndef ALLIM_CLI_ADVISE_CAPACITIES_H
#define ALLIM_CLI_ADVISE_CAPACITIES_H

#include "cli/advise_text.h"

/* Appends what was measured, the guide's rules of thumb, and what the system needs; nothing where
 * there is no benchmark. */
void advise_capacities_append(struct buffer *buffer, const struct advise_text *text);

#endif
