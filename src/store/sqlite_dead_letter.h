/* Dead letters: burying, looking and taking out. */
#ifndef ALLIM_STORE_SQLITE_DEAD_LETTER_H
#define ALLIM_STORE_SQLITE_DEAD_LETTER_H

#include "store/sqlite_reader.h"
#include "store/sqlite_writer.h"

/* On the writer's thread, inside a transaction, as sqlite_writer.h says. */
int sqlite_dead_letter_bury(struct sqlite_writer *writer, struct store_request *request);
int sqlite_dead_letter_bury_again(struct sqlite_writer *writer, struct store_request *request);
int sqlite_dead_letter_exhume(struct sqlite_writer *writer, struct store_request *request);

/* Likewise: takes out the letters that have become too old, `most` at a time. Returns 0 or a
 * negative errno value. */
int sqlite_dead_letter_prune(struct sqlite_writer *writer, int most, int *ret_pruned);

/* Before the threads run: how many there are. Returns 0 or a negative errno value. */
int sqlite_dead_letter_count(struct sqlite_connection *connection, struct store_figures *figures);

/* On the reader's thread, in a snapshot. */
int sqlite_dead_letter_answer(struct sqlite_reader *reader, struct store_request *request,
			      void *seen);

#endif
