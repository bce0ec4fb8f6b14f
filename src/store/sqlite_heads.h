/* Heads: of some users, and of all that changed. And the probe's reading half.
 * On the reader's thread, as sqlite_reader.h says. */
#ifndef ALLIM_STORE_SQLITE_HEADS_H
#define ALLIM_STORE_SQLITE_HEADS_H

#include "store/sqlite_reader.h"

int sqlite_heads_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen);
int sqlite_heads_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

int sqlite_heads_look_changed(struct sqlite_reader *reader, struct store_request *request,
			      void **ret_seen);
int sqlite_heads_answer_changed(struct sqlite_reader *reader, struct store_request *request,
				void *seen);

int sqlite_heads_answer_probe(struct sqlite_reader *reader, struct store_request *request,
			      void *seen);

#endif
