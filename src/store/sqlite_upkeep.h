/* What the writer does between commits: checkpoints, the sidecar, folding, retention. On the
 * writer's thread, outside a transaction unless a function says otherwise. */
#ifndef ALLIM_STORE_SQLITE_UPKEEP_H
#define ALLIM_STORE_SQLITE_UPKEEP_H

#include "store/sqlite_writer.h"

/* Before the writer's thread runs. */
void sqlite_upkeep_start(struct sqlite_writer *writer);

/* A few milliseconds of what is due. Returns true where more is due now. */
bool sqlite_upkeep_run(struct sqlite_writer *writer);

/* Milliseconds until something is due. */
int sqlite_upkeep_wait(const struct sqlite_writer *writer);

/* Inside a transaction: takes the running fold on by a slice, in proportion to what was published.
 * Returns 0 or a negative errno value. */
int sqlite_upkeep_fold(struct sqlite_writer *writer);

/* Before the store closes: leaves nothing that the next start would have to recover. */
void sqlite_upkeep_finish(struct sqlite_writer *writer);

#endif
