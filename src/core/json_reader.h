/* JSON that somebody else wrote, read strictly (RFC 8259): one value, no name twice in an object,
 * not nested too deep. */
#ifndef ALLIM_CORE_JSON_READER_H
#define ALLIM_CORE_JSON_READER_H

#include "base/error.h"
#include "base/slice.h"

#include <jansson.h>

enum { JSON_READER_DEPTH = 64 };

/* Once, before jansson is used: only then is a shortage of memory noticed. */
void json_reader_adopt(void);

/* The value is the caller's reference. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int json_reader_read(struct slice text, json_t **ret_value, struct error *error);

/* The text of a member, as it stands in the text that the object was read from; empty where there
 * is none. It is found by its place, because a name may be written in many ways. */
struct slice json_reader_member(struct slice text, json_t *object, const char *name);

#endif
