/* The questions of a batch, all in one round trip and from one snapshot. On a reading session's
 * thread. */
#ifndef ALLIM_STORE_POSTGRES_READ_H
#define ALLIM_STORE_POSTGRES_READ_H

#include "store/postgres_batch.h"

/* Returns 0 or what failed. */
int postgres_read_all(struct postgres_batch *batch);

#endif
