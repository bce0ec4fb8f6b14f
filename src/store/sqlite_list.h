/* Pages of an inbox. On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_LIST_H
#define ALLIM_STORE_SQLITE_LIST_H

#include "store/sqlite_reader.h"

int sqlite_list_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen);
int sqlite_list_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
