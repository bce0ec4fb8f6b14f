/* Topics: STORE_SUBSCRIBE, STORE_TOPICS, and whom a publish to a topic reaches. On a session's
 * thread. */
#ifndef ALLIM_STORE_POSTGRES_TOPIC_H
#define ALLIM_STORE_POSTGRES_TOPIC_H

#include "store/postgres_batch.h"

/* Whether a publish to topics has to find what a request of the batch does to subscriptions. */
bool postgres_topic_must_wait(const struct postgres_batch *batch,
			      const struct store_request *request);

/* Asks who the members of the topics are that the batch's publishes name, and were when a key was
 * used. Returns whether there is anything to receive. */
bool postgres_topic_send_members(struct postgres_batch *batch);

/* Sets the users of items with a topic, the topics of replays, or the result of a request to
 * -E2BIG. Whether a request is a replay must be known by now. Returns 0, -ENOMEM or -EIO. */
int postgres_topic_receive_members(struct postgres_batch *batch);

/* Behind the publishes of the requests from one place in the batch up to another: keeps whom they
 * reached with their keys, and gives up the keys of those that were refused. Sending returns 0 or
 * -ENOMEM. */
int postgres_topic_send_kept(struct postgres_batch *batch, size_t from, size_t to);
void postgres_topic_receive_kept(struct postgres_batch *batch, size_t from, size_t to);

void postgres_topic_send_subscribe(struct postgres_batch *batch,
				   const struct store_request *request);
void postgres_topic_receive_subscribe(struct postgres_batch *batch, struct store_request *request);

/* Receiving returns 0, -EAGAIN or -ENOMEM. */
void postgres_topic_send_page(struct postgres_batch *batch, const struct store_request *request);
int postgres_topic_receive_page(struct postgres_batch *batch, struct store_request *request);

#endif
