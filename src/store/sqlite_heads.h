/* STORE_HEADS. On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_HEADS_H
#define ALLIM_STORE_SQLITE_HEADS_H

#include "store/sqlite_reader.h"

int sqlite_heads_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen);
int sqlite_heads_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

/* Fills in all but the name of a head whose view is complete. Returns 0 or a negative errno value.
 */
int sqlite_heads_fill(struct sqlite_reader *reader, const struct sqlite_view *view,
		      struct store_head *head);

#endif
