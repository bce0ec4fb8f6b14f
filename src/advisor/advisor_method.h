/* The methods that advice is about. */
#ifndef ALLIM_ADVISOR_ADVISOR_METHOD_H
#define ALLIM_ADVISOR_ADVISOR_METHOD_H

#include "base/error.h"
#include "base/slice.h"

enum advisor_method {
#define ADVISOR_METHOD(id, name, title) ADVISOR_##id,
#include "advisor/advisor_methods.def"
#undef ADVISOR_METHOD
	ADVISOR_METHODS
};

/* "sse-db"; and for people, "SSE + database polling". */
const char *advisor_method_name(enum advisor_method method);
const char *advisor_method_title(enum advisor_method method);

/* Returns 0 or -ENOENT. */
int advisor_method_find(struct slice name, enum advisor_method *ret_method);

/* Reads which method is in use: its name, or "none", which is ADVISOR_METHODS. Returns 0, or
 * -EINVAL with a sentence that begins with "current". */
int advisor_method_read_current(struct slice text, enum advisor_method *ret_current,
				struct error *error);

#endif
