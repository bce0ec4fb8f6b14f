/* One transaction of the writer's, with all that begins and ends with it: users in memory, the
 * fold, hints, figures. On the writer's thread. */
#ifndef ALLIM_STORE_SQLITE_TRANSACTION_H
#define ALLIM_STORE_SQLITE_TRANSACTION_H

#include "store/sqlite_writer.h"

/* Runs `work` in a transaction and tells the feed what was committed. Where `work` fails, or the
 * commit does, everything is as it was before. Returns the negative errno value of that, or 0. */
int sqlite_transaction_run(struct sqlite_writer *writer,
			   int (*work)(struct sqlite_writer *writer, void *context), void *context);

#endif
