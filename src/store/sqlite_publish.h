/* New notifications. On the writer's thread, inside a transaction, as sqlite_writer.h says. */
#ifndef ALLIM_STORE_SQLITE_PUBLISH_H
#define ALLIM_STORE_SQLITE_PUBLISH_H

#include "store/sqlite_writer.h"

int sqlite_publish(struct sqlite_writer *writer, struct store_request *request);

/* How many notifications an item, or a whole request, adds. From any thread. */
size_t sqlite_publish_receivers(const struct store_item *item);
size_t sqlite_publish_count(const struct store_publish *publish);

#endif
