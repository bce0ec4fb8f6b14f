/* A node's figures as a table for people, whatever a node of its version reports. */
#ifndef ALLIM_CLI_STATS_TEXT_H
#define ALLIM_CLI_STATS_TEXT_H

#include "base/buffer.h"

#include <jansson.h>

/* Appends a line for each member: its name and value, the members of an object indented below it.
 * Texts are shown without what a terminal would obey. */
void stats_text_append(struct buffer *buffer, json_t *object, bool colours);

#endif
