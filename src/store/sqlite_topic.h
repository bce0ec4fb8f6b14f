/* Topics: who is on which, and whom a publish to one reaches. */
#ifndef ALLIM_STORE_SQLITE_TOPIC_H
#define ALLIM_STORE_SQLITE_TOPIC_H

#include "store/sqlite_reader.h"
#include "store/sqlite_writer.h"

/* Sets the users of the items that have a topic, or the request's result to -E2BIG. On the writer's
 * thread, inside a transaction. Returns 0 or a negative errno value. */
int sqlite_topic_expand(struct sqlite_writer *writer, struct store_publish *publish);

/* STORE_SUBSCRIBE, as sqlite_writer.h says. */
int sqlite_topic_subscribe(struct sqlite_writer *writer, struct store_request *request);

/* STORE_TOPICS, on the reader's thread. */
int sqlite_topic_answer(struct sqlite_reader *reader, struct store_request *request, void *seen);

#endif
