/* Notifications that nobody keeps any longer. On the writer's thread, inside a transaction, as
 * sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_FORGET_H
#define ALLIM_STORE_SQLITE_FORGET_H

#include "store/sqlite_writer.h"

/* So many rows are forgotten at a time, about: a few milliseconds. */
enum { SQLITE_FORGET_SLICE = 1024 };

/* Forgets the oldest changes of the inbox until the settings are kept, or a slice of them, and
 * raises its floor. Returns 0 or a negative errno value. */
int sqlite_forget_oldest(struct sqlite_writer *writer, struct sqlite_user *user);

/* Deletes a slice of the states of broadcasts that were forgotten. `*ret_count` is
 * SQLITE_FORGET_SLICE where there may be more. Returns 0 or a negative errno value. */
int sqlite_forget_states(struct sqlite_writer *writer, int *ret_count);

#endif
