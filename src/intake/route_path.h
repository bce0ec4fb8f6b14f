/* A place in a message: `type`, `data.order.amount`, `data.items.0`, `user.plan`. */
#ifndef ALLIM_INTAKE_ROUTE_PATH_H
#define ALLIM_INTAKE_ROUTE_PATH_H

#include "yaml/yaml_source.h"

#include <jansson.h>

enum { ROUTE_PATH_BYTES = 128, ROUTE_PATH_NAMES = 8 };

struct route_path {
	struct slice text;
	const char *const *names; /* NULL at the end; in the arena of the rules */
};

/* Reads a path; `node` is where it stands. Its first name must be a member of messages. Returns 0
 * or a negative errno value with the source's error set. */
int route_path_read(struct route_path *path, struct slice text, const struct yaml_node *node,
		    const struct yaml_source *source);

/* What a message has there; NULL where it has nothing, or null. Borrowed from the message. */
const json_t *route_path_find(const struct route_path *path, const json_t *message);

#endif
