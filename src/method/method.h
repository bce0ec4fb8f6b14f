/* A method: how clients receive (a wire) together with how nodes hear (a feed), under one name. */
#ifndef ALLIM_METHOD_METHOD_H
#define ALLIM_METHOD_METHOD_H

#include "base/error.h"
#include "feed/feed.h"
#include "wire/wire.h"

struct method {
	const char *name;
	const struct wire_ops *wire;
	const struct feed_ops *feed;
};

/* All methods, ended by a row without a name. */
extern const struct method method_table[];

/* The row of the table with that name. Returns 0, or -EINVAL with a sentence that lists the names.
 * Any thread may call it. */
int method_find(struct slice name, const struct method **ret_method, struct error *error);

#endif
