/* The help of allim as a whole. */
#ifndef ALLIM_CLI_HELP_H
#define ALLIM_CLI_HELP_H

#include "base/buffer.h"

/* Appends what `allim --help` shows. */
void help_append(struct buffer *buffer);

#endif
