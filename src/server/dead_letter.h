/* Dead letters as administrators see them. On the administrators' worker. */
#ifndef ALLIM_SERVER_DEAD_LETTER_H
#define ALLIM_SERVER_DEAD_LETTER_H

#include "server/exchange.h"

/* The id in the path. Returns 0, or -EINVAL and the exchange is answered. */
int dead_letter_read_id(struct exchange *exchange, int64_t *ret_id);

/* Answers that there is no letter with that id. */
void dead_letter_reply_not_found(struct exchange *exchange, int64_t id);

#endif
