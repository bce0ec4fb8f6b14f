/* Dead letters: what burying, looking and taking out send, and what they make of the results. On
 * the session's thread; see postgres_write.c and postgres_read.c, which call these. */
#ifndef ALLIM_STORE_POSTGRES_DEAD_LETTER_H
#define ALLIM_STORE_POSTGRES_DEAD_LETTER_H

#include "store/postgres_batch.h"

void postgres_dead_letter_send_bury(struct postgres_batch *batch,
				    const struct store_request *request);
void postgres_dead_letter_receive_bury(struct postgres_batch *batch, struct store_request *request);

void postgres_dead_letter_send_bury_again(struct postgres_batch *batch,
					  const struct store_request *request);
void postgres_dead_letter_receive_bury_again(struct postgres_batch *batch,
					     struct store_request *request);

void postgres_dead_letter_send_exhume(struct postgres_batch *batch,
				      const struct store_request *request);
void postgres_dead_letter_receive_exhume(struct postgres_batch *batch,
					 struct store_request *request);

void postgres_dead_letter_send(struct postgres_batch *batch, const struct store_request *request);

/* Returns 0, -EAGAIN where nothing came, or -ENOMEM. */
int postgres_dead_letter_receive(struct postgres_batch *batch, struct store_request *request);

#endif
