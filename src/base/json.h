/* Writing JSON (RFC 8259) straight into a buffer. Reading is jansson's; what it does not keep, how
 * a value was written, is found in the text that it has read. */
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

/* The texts of the next element of an array, or of the next member of an object with its name.
 * `*rest` is the whole text at first, and has to be JSON. Returns false at the end. */
bool json_next(struct slice *rest, struct slice *ret_name, struct slice *ret_value);

/* How deep brackets are nested, outside of strings. The text may be no JSON at all. */
size_t json_depth(struct slice text);

/* Copies the text, which has to be JSON, without its white space to `ret_compact`, where it is not
 * NULL. Returns the length. */
size_t json_compact(struct slice text, char *ret_compact);

#endif
