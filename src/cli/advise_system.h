/* The second half of advice at a terminal: where the system stands, and where it goes. */
#ifndef ALLIM_CLI_ADVISE_SYSTEM_H
#define ALLIM_CLI_ADVISE_SYSTEM_H

#include "cli/advise_text.h"

/* Appends the nearest scenario, what the method takes, what would change the answer, and which
 * signs of a change show when. Returns 0 or -ENOMEM. */
int advise_system_append(struct buffer *buffer, const struct advise_text *text);

#endif
