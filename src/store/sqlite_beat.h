/* STORE_BEAT. On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_BEAT_H
#define ALLIM_STORE_SQLITE_BEAT_H

#include "store/sqlite_reader.h"

int sqlite_beat_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
