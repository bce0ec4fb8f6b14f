/* Seen, read, archived. On the writer's thread, inside a transaction, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_MARK_H
#define ALLIM_STORE_SQLITE_MARK_H

#include "store/sqlite_writer.h"

int sqlite_mark(struct sqlite_writer *writer, struct store_request *request);

#endif
