/* STORE_PROBE: both halves of the proof that a write commits and a read sees it. */
#ifndef ALLIM_STORE_SQLITE_PROBE_H
#define ALLIM_STORE_SQLITE_PROBE_H

#include "store/sqlite_reader.h"
#include "store/sqlite_writer.h"

/* On the writer's thread, inside a transaction, as sqlite_writer.h says. */
int sqlite_probe_write(struct sqlite_writer *writer, struct store_request *request);

/* On the reader's thread, in a snapshot that was taken after the commit. */
int sqlite_probe_read(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
