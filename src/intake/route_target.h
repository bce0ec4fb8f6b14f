/* Whom a rule sends messages to. The texts may have `${path}` in them, which stands for what the
 * message has there: a text, or a whole number; `users: "${path}"` takes an array of users. */
#ifndef ALLIM_INTAKE_ROUTE_TARGET_H
#define ALLIM_INTAKE_ROUTE_TARGET_H

#include "intake/route_path.h"

enum { ROUTE_TARGET_USERS = 1000, ROUTE_TARGET_PATHS = 4 };

enum route_target_kind {
	ROUTE_TARGET_TOPIC,
	ROUTE_TARGET_USER,
	ROUTE_TARGET_USERS_LISTED,
	ROUTE_TARGET_USERS_FOUND, /* in the message */
	ROUTE_TARGET_EVERYONE
};

/* The literal texts before, between and behind the paths. */
struct route_text {
	struct slice literals[ROUTE_TARGET_PATHS + 1];
	struct route_path paths[ROUTE_TARGET_PATHS];
	size_t path_count;
};

struct route_target {
	enum route_target_kind kind;
	const struct route_text *texts; /* in the arena of the rules */
	size_t text_count;
};

/* Reads the mapping that stands behind `to:`. Returns 0 or a negative errno value with the source's
 * error set. */
int route_target_read(struct route_target *target, const struct yaml_node *node,
		      const struct yaml_source *source);

/* Makes the `to` of this message, as a publisher would have written it; the caller's to release.
 * Whether its names will do is checked where every `to` is. Returns 0, -ENOMEM, or -EINVAL with a
 * sentence about what the message lacks. */
int route_target_make(const struct route_target *target, const json_t *message, json_t **ret_to,
		      struct error *error);

#endif
