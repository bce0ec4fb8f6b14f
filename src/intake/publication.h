/* What a publisher sent, read and checked: which notifications go to whom. */
#ifndef ALLIM_INTAKE_PUBLICATION_H
#define ALLIM_INTAKE_PUBLICATION_H

#include "store/store.h"

#include <jansson.h>

struct settings;

/* What became of one item of the request. */
struct publication_outcome {
	const struct store_item *item; /* NULL: refused, */
	const char *refusal;	       /* for this reason */
};

/* A store's request and what its answer needs. */
struct publication {
	struct store_publish publish;
	bool is_array;
	size_t outcome_count;
	struct publication_outcome *outcomes;
	size_t recipients;   /* notifications in all; of a topic one, until the store knows */
	const char *refusal; /* of the request as a whole, for this reason; or NULL */
};

/* Reads one object, or an array of them; items that are not valid are marked so, and a body that
 * will not do as a whole leaves no items. Everything is copied into the arena. Returns 0 or
 * -ENOMEM. */
int publication_read(struct publication *publication, const struct notification_source *body,
		     const struct settings *settings, int64_t now, struct arena *arena);

/* Reads one notification, which may also have the members that a NULL-terminated list names.
 * Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int publication_read_item(const struct notification_source *source, const char *const *also_allowed,
			  const struct settings *settings, int64_t now, struct arena *arena,
			  struct store_item *ret_item, struct error *error);

/* Reads an array of 1 to `limit` names into the item, each once, in the order given. Copied into the
 * arena. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int publication_read_users(const json_t *json, size_t limit, struct arena *arena,
			   struct store_item *item, struct error *error);

/* Makes the store keep what was refused together with the key. Returns 0 or -ENOMEM. */
int publication_set_note(struct publication *publication, struct arena *arena);

/* After the store has answered with a replay: makes the outcomes those of then. `body` is the same
 * as then. Returns 0, -ENOMEM, or -EIO where what the store kept does not fit it. */
int publication_recall(struct publication *publication, json_t *body, struct arena *arena);

/* The limits on content that the settings give. */
struct notification_limits publication_limits(const struct settings *settings);
#endif
