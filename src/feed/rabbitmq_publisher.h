/* What a node publishes through RabbitMQ: batches that wait, messages that the server has not
 * answered for, and telling the other nodes that something was lost.
 *
 * It has a connection and a thread of its own: a server that is short of memory stops reading from
 * whoever publishes, and what listens on such a connection would stop with it. */
#ifndef ALLIM_FEED_RABBITMQ_PUBLISHER_H
#define ALLIM_FEED_RABBITMQ_PUBLISHER_H

#include "broker/rabbitmq_session.h"
#include "feed/handover.h"
#include "feed/rabbitmq_confirms.h"

struct rabbitmq_publisher {
	struct rabbitmq_session session;
	uint64_t node;
	const char *exchange;
	struct handover handover;
	/* On the thread. */
	struct rabbitmq_confirms confirms;
	struct buffer message;
	struct buffer returned; /* what came back, which is not read */
	size_t turn_bytes;	/* that were sent in this turn */
	uint64_t number;	/* of the last message, of all connections */
	uint64_t told;		/* the number of the last that told of a loss */
	int64_t tell_at;	/* not before, monotonic milliseconds */
	/* From any thread. */
	_Atomic bool is_blocked;
	_Atomic uint64_t operations;
};

/* Starts the thread. The exchange's name must outlive it. Returns 0 or a negative errno value. */
int rabbitmq_publisher_start(struct rabbitmq_publisher *publisher,
			     const struct rabbitmq_access *access, struct rabbitmq_report *report,
			     uint64_t node, const char *exchange);

/* Ends it; what waits is dropped. */
void rabbitmq_publisher_stop(struct rabbitmq_publisher *publisher);

#endif
