/* JSON that somebody else wrote, read strictly (RFC 8259): one value, no name twice in an object, not
 * nested too deep. */
#ifndef ALLIM_CORE_JSON_READER_H
#define ALLIM_CORE_JSON_READER_H

#include "base/error.h"
#include "base/slice.h"

#include <jansson.h>

enum { JSON_READER_DEPTH = 64 };

/* The value is the caller's reference. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int json_reader_read(struct slice text, json_t **ret_value, struct error *error);

#endif
