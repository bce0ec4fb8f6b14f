/* Writing JSON (RFC 8259) straight into a buffer. Reading is jansson's. */
#ifndef ALLIM_BASE_JSON_H
#define ALLIM_BASE_JSON_H

#include "base/buffer.h"

/* A string with its quotes. Control characters are escaped, so the result is one line and safe in a
 * log, an SSE frame and a header-less protocol alike. The bytes must be UTF-8. */
void json_append_string(struct buffer *buffer, struct slice text);

/* "name": with its quotes and colon; `name` is one of ours and needs no escaping. */
void json_append_name(struct buffer *buffer, const char *name);

/* The time as a string, or null for 0. */
void json_append_time(struct buffer *buffer, int64_t microseconds);

#endif
