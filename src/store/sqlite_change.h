/* What operations do to an inbox, inside a transaction of sqlite_writer.h: they give a change the
 * next seq and tell the feed. */
#ifndef ALLIM_STORE_SQLITE_CHANGE_H
#define ALLIM_STORE_SQLITE_CHANGE_H

#include "store/sqlite_writer.h"

/* True while hints of this transaction still carry their changes. Where it is false, the next
 * change that is told needs no texts. */
bool sqlite_change_is_carried(const struct sqlite_writer *writer);

/* Tells the feed that the inbox's head was raised by `change`. A hint that finds no memory is lost,
 * which is allowed. Returns 0 or a negative errno value. */
int sqlite_change_tell(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct change *change);

/* Gives the row the next seq of its user's inbox, writes its states and tells the feed. `before` is
 * how it was, with effective states. Returns 0 or a negative errno value. */
int sqlite_change_move(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct notification *before, struct notification *row);

#endif
