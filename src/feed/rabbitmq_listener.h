/* What a node hears through RabbitMQ: a queue of its own, what comes through it, and when the node
 * should look at the store. It has a connection and a thread of its own. */
#ifndef ALLIM_FEED_RABBITMQ_LISTENER_H
#define ALLIM_FEED_RABBITMQ_LISTENER_H

#include "broker/rabbitmq_session.h"
#include "feed/feed.h"
#include "feed/rabbitmq_numbers.h"
#include "feed/reception.h"

/* A node's name for its queue: EXCHANGE.NODE.NUMBER; an exchange's is at most 200 bytes long. */
enum { RABBITMQ_QUEUE_BYTES = 256 };

struct rabbitmq_listener {
	struct rabbitmq_session session;
	struct reception reception;
	const char *exchange;
	/* On the thread. */
	char queue[RABBITMQ_QUEUE_BYTES];
	unsigned queues; /* so far */
	struct rabbitmq_numbers numbers;
	struct buffer message;
	uint64_t delivered, acknowledged; /* messages, on this connection */
	int64_t bind_at;
	/* From any thread. */
	_Atomic bool is_subscribed;
	_Atomic uint64_t failures; /* messages that were larger than any node's */
	_Atomic uint64_t operations;
};

/* Starts the thread. The exchange's name must outlive it. Returns 0 or a negative errno value. */
int rabbitmq_listener_start(struct rabbitmq_listener *listener,
			    const struct rabbitmq_access *access, struct rabbitmq_report *report,
			    const struct feed_options *options, const char *exchange);

/* Ends it. Nothing is heard afterwards. */
void rabbitmq_listener_stop(struct rabbitmq_listener *listener);

/* False while what others publish is not heard, or the node has not been told to look yet. */
bool rabbitmq_listener_is_connected(const struct rabbitmq_listener *listener);

#endif
