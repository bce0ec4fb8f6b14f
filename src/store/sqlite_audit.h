/* The audit log: appending, looking and forgetting. */
#ifndef ALLIM_STORE_SQLITE_AUDIT_H
#define ALLIM_STORE_SQLITE_AUDIT_H

#include "store/sqlite_reader.h"
#include "store/sqlite_writer.h"

/* On the writer's thread, inside a transaction, as sqlite_writer.h says. */
int sqlite_audit_append(struct sqlite_writer *writer, struct store_request *request);

/* Likewise: takes out the records that have become too old, `most` at a time. `*pruned` rises to
 * how many went. Returns 0 or a negative errno value. */
int sqlite_audit_prune(struct sqlite_writer *writer, int most, int *pruned);

/* On the reader's thread, in a snapshot. */
int sqlite_audit_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
