/* STORE_PUBLISH: publishes that follow each other in a batch are one statement. On a writing
 * session's thread. */
#ifndef ALLIM_STORE_POSTGRES_PUBLISH_H
#define ALLIM_STORE_POSTGRES_PUBLISH_H

#include "store/postgres_batch.h"

/* Whether a request has the key of one that is in the batch already. */
bool postgres_publish_must_wait(const struct postgres_batch *batch,
				const struct store_request *request);

/* Whether there is something to be done for it, which is not known before keys are claimed. NULL is
 * allowed. */
bool postgres_publish_is_due(const struct store_publish *publish);

/* Claims the keys of the publishes and finds the members of topics, in a round trip of its own
 * where there are any, and answers those that were committed before. Returns 0 or what failed. */
int postgres_publish_claim(struct postgres_batch *batch);

/* Adds the names of the inboxes that those publish to. */
void postgres_publish_add_names(const struct postgres_batch *batch, size_t from, size_t to,
				struct postgres_array *names);

/* The publishes among the requests from one place in the batch up to another, as one statement, if
 * there is anything to publish. Sending returns 0 or -ENOMEM. */
int postgres_publish_send(struct postgres_batch *batch, size_t from, size_t to);
void postgres_publish_receive(struct postgres_batch *batch, size_t from, size_t to);

#endif
