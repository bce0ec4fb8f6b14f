/* What a publisher sent, read and checked: which notifications go to whom. */
#ifndef ALLIM_INTAKE_PUBLICATION_H
#define ALLIM_INTAKE_PUBLICATION_H

#include "store/store.h"

#include <jansson.h>

struct routing;
struct settings;

/* What became of one item of the request. */
struct publication_outcome {
	const struct store_item *item; /* NULL: refused or dropped */
	const char *refusal;	       /* the reason; NULL where it was not refused */
	const char *rule;	       /* of routing that decided about it; or NULL */
	bool is_dropped;	       /* by that rule */
	struct slice to; /* the recipients that the rule gave, as JSON; empty: the item's own */
};

/* A store's request and what its answer needs. */
struct publication {
	struct store_publish publish;
	bool is_array;
	size_t outcome_count;
	struct publication_outcome *outcomes;
	size_t recipients;   /* notifications in all; of a topic one, until the store knows */
	size_t routed;	     /* items about which a rule decided, */
	size_t dropped;	     /* and those of them that it dropped */
	const char *refusal; /* of the request as a whole, for this reason; or NULL */
};

/* Reads one object, or an array of them, and has the rules decide about each; `routing` may be NULL
 * for none. Items that are not valid are marked so, and a body that will not do as a whole leaves
 * no items and no outcomes. Everything is copied into the arena. Returns 0 or -ENOMEM. */
int publication_read(struct publication *publication, const struct notification_source *body,
		     const struct settings *settings, const struct routing *routing, int64_t now,
		     struct arena *arena);

/* What notifications are read with. */
struct publication_reader {
	const struct settings *settings;
	const struct routing *routing; /* NULL: no rules */
	int64_t now;
	struct arena *arena;
	struct error *error;
};

/* Reads one notification, which may also have the members that a NULL-terminated list names, and
 * has the rules decide about it. Of what is dropped the outcome says so, and the item is not to be
 * published; the outcome's own item is the caller's to set. Returns 0, -ENOMEM, or -EINVAL with a
 * sentence. */
int publication_read_item(const struct publication_reader *reader,
			  const struct notification_source *source, const char *const *also_allowed,
			  struct store_item *ret_item, struct publication_outcome *ret_outcome);

/* Makes the store keep what was refused and what rules decided together with the key. Returns 0 or
 * -ENOMEM. */
int publication_set_note(struct publication *publication, struct arena *arena);

/* After the store has answered with a replay: makes the outcomes those of then. `body` is the same
 * as then. Returns 0, -ENOMEM, or -EIO where what the store kept does not fit it. */
int publication_recall(struct publication *publication, json_t *body, struct arena *arena);

/* The limits on content that the settings give. */
struct notification_limits publication_limits(const struct settings *settings);

#endif
