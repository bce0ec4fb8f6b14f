/* What an inbox went through since a cursor. On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_REPLAY_H
#define ALLIM_STORE_SQLITE_REPLAY_H

#include "store/sqlite_reader.h"

int sqlite_replay_look(struct sqlite_reader *reader, struct store_request *request,
		       void **ret_seen);
int sqlite_replay_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
