/* The statements of a batch that writes, beside those of postgres_publish.h. On its session's
 * thread. */
#ifndef ALLIM_STORE_POSTGRES_WRITE_H
#define ALLIM_STORE_POSTGRES_WRITE_H

#include "store/postgres_batch.h"

/* Sends all that stands between BEGIN and COMMIT. Returns 0 or -ENOMEM. */
int postgres_write_send(struct postgres_batch *batch);

/* Receives the results, from that of BEGIN on: answers are filled in and hints told, which counts
 * only once the commit has been received too. */
void postgres_write_receive(struct postgres_batch *batch);

#endif
