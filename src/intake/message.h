/* A queue's message, read and checked: one notification as publishers send it over HTTP, alone or
 * in a CloudEvents envelope. */
#ifndef ALLIM_INTAKE_MESSAGE_H
#define ALLIM_INTAKE_MESSAGE_H

#include "store/store.h"

struct routing;
struct settings;

/* The longest key that a producer may give a message. */
enum { MESSAGE_KEY_BYTES = 255 };

/* An attribute of a CloudEvent that stands beside its data, without the prefix that its protocol
 * gives it. */
struct message_attribute {
	struct slice name;
	struct slice value;
};

/* As a queue delivers it; everything is borrowed. */
struct message {
	struct slice body;
	struct slice content_type; /* empty: not said */
	struct slice position; /* in the queue, for good: "3/1042@..."; text; empty: it has none */
	struct slice key;      /* the producer's own, instead of the position; empty: none */
	const struct message_attribute *attributes;
	size_t attribute_count;
};

/* Makes an item of it, copied into the arena, with the key by which the store knows the message
 * again: the producer's own, else that of the event, else the position. `routing` may be NULL.
 * `*ret_rule` gets the name of the rule that decided, in the arena as well, or NULL. Returns 0, 1
 * where a rule drops the message, so that there is nothing to publish, -ENOMEM, or -EINVAL with a
 * sentence: it can never be published as it is. */
int message_read(const struct message *message, const struct settings *settings,
		 const struct routing *routing, int64_t now, struct arena *arena,
		 struct store_item *ret_item, const char **ret_rule, struct error *error);

#endif
