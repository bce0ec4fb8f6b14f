/* STORE_SWEEP. On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_SWEEP_H
#define ALLIM_STORE_SQLITE_SWEEP_H

#include "store/sqlite_reader.h"

int sqlite_sweep_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen);
int sqlite_sweep_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
