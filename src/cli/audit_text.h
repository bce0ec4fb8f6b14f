/* Records of the audit log for people: one line of at most 100 columns each. */
#ifndef ALLIM_CLI_AUDIT_TEXT_H
#define ALLIM_CLI_AUDIT_TEXT_H

#include "base/buffer.h"

#include <jansson.h>

/* The time in UTC, the kind, and the other members but the node's number, in their order. */
void audit_text_append(struct buffer *buffer, const json_t *record, bool colours);

#endif
