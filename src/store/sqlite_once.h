/* What makes something happen only once: Idempotency-Keys, items' keys and tickets. On the writer's
 * thread, inside a transaction, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_ONCE_H
#define ALLIM_STORE_SQLITE_ONCE_H

#include "store/sqlite_writer.h"

/* Returns 1 where the key was used before and the request is answered (or refused), 0 where the
 * key is new, or a negative errno value. */
int sqlite_once_find(struct sqlite_writer *writer, struct store_publish *publish);

/* After the notifications have their ids. Returns 0 or a negative errno value. */
int sqlite_once_remember(struct sqlite_writer *writer, struct store_publish *publish);

/* Takes the key of an item. Returns 1 where it is new, 0 where it was taken before, or a negative
 * errno value. */
int sqlite_once_take(struct sqlite_writer *writer, struct slice publisher, struct slice key);

int sqlite_once_redeem(struct sqlite_writer *writer, struct store_request *request);

#endif
