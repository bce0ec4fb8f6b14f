/* What the publisher does to a notification afterwards. On the writer's thread, inside a
 * transaction, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_CORRECT_H
#define ALLIM_STORE_SQLITE_CORRECT_H

#include "store/sqlite_writer.h"

int sqlite_correct(struct sqlite_writer *writer, struct store_request *request);
int sqlite_correct_withdraw(struct sqlite_writer *writer, struct store_request *request);

/* Withdraws one notification: a tombstone stays. -ENOENT where there is none; withdrawing again
 * changes nothing. `ret_changed` tells whether it did. */
int sqlite_correct_take_back(struct sqlite_writer *writer, int64_t id, bool *ret_changed);

#endif
