/* A method: how clients receive (a wire) together with how nodes hear (a feed), under one name. */
#ifndef ALLIM_METHOD_METHOD_H
#define ALLIM_METHOD_METHOD_H

#include "base/error.h"
#include "feed/feed.h"
#include "wire/wire.h"

struct method {
	const char *name;
	const char *wire;
	const char *feed;
	const char *description;
};

/* All methods, ended by a row without a name. */
extern const struct method method_table[];

/* The method with that name. Returns 0, or -EINVAL with a sentence that lists the names. */
int method_find(struct slice name, const struct method **ret_method, struct error *error);

/* Its parts. Every row of the table has both. */
const struct wire_ops *method_wire(const struct method *method);
const struct feed_ops *method_feed(const struct method *method);

#endif
