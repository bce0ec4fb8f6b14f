/* Whom a notification is for, as publishers write it in "to". */
#ifndef ALLIM_INTAKE_RECIPIENTS_H
#define ALLIM_INTAKE_RECIPIENTS_H

#include "base/error.h"
#include "store/store.h"

#include <jansson.h>

/* Reads {"user": name}, {"users": [names]}, {"topic": name} or {"everyone": true} into the item.
 * Copied into the arena. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int recipients_read(const json_t *to, size_t limit, struct arena *arena, struct store_item *item,
		    struct error *error);

/* Reads an array of 1 to `limit` names into the item, each once, in the order given. Copied into
 * the arena. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int recipients_read_users(const json_t *json, size_t limit, struct arena *arena,
			  struct store_item *item, struct error *error);

#endif
