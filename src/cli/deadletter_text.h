/* Dead letters as a table for people, 100 columns wide. */
#ifndef ALLIM_CLI_DEADLETTER_TEXT_H
#define ALLIM_CLI_DEADLETTER_TEXT_H

#include "base/buffer.h"

#include <jansson.h>

void deadletter_text_append_head(struct buffer *buffer);

/* One letter as the server lists it, on one line; what is missing is left empty. */
void deadletter_text_append_row(struct buffer *buffer, json_t *letter);

#endif
