/* What leaves the store by itself: expired notifications, old ones, too many of one inbox, old
 * keys, tickets and dead letters. On the writer's thread. */
#ifndef ALLIM_STORE_SQLITE_RETENTION_H
#define ALLIM_STORE_SQLITE_RETENTION_H

#include "store/sqlite_writer.h"

/* Outside a transaction: a few milliseconds of what is due. Returns true where more is due now. */
bool sqlite_retention_round(struct sqlite_writer *writer);

#endif
