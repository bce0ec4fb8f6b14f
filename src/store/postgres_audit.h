/* The audit log: what appending and looking send, and what they make of the results. On the
 * session's thread; see postgres_write.c and postgres_read.c, which call these. */
#ifndef ALLIM_STORE_POSTGRES_AUDIT_H
#define ALLIM_STORE_POSTGRES_AUDIT_H

#include "store/postgres_batch.h"

void postgres_audit_send(struct postgres_batch *batch, const struct store_request *request);
void postgres_audit_receive(struct postgres_batch *batch, struct store_request *request);

void postgres_audit_send_read(struct postgres_batch *batch, const struct store_request *request);

/* Returns 0, -EAGAIN where nothing came, or -ENOMEM. */
int postgres_audit_receive_read(struct postgres_batch *batch, struct store_request *request);

#endif
