/* New notifications, and what makes a request happen only once: Idempotency-Keys and tickets.
 * On the writer's thread, inside a transaction, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_PUBLISH_H
#define ALLIM_STORE_SQLITE_PUBLISH_H

#include "store/sqlite_writer.h"

int sqlite_publish(struct sqlite_writer *writer, struct store_request *request);
int sqlite_publish_redeem(struct sqlite_writer *writer, struct store_request *request);

/* How many notifications a request adds. */
size_t sqlite_publish_weight(const struct store_request *request);

#endif
