/* The connection of a source to RabbitMQ, on a thread of its own: it takes the messages of a queue
 * and acknowledges them when it is told to. */
#ifndef ALLIM_SOURCE_RABBITMQ_CONSUMER_H
#define ALLIM_SOURCE_RABBITMQ_CONSUMER_H

#include "broker/rabbitmq_session.h"
#include "source/rabbitmq_message.h"

struct rabbitmq_consumer {
	struct rabbitmq_session session;
	struct mailbox *receiver; /* gets messages (their `transfer`) and `lost` */
	void (*on_arrival)(struct mailbox_message *message);
	void *context;	   /* of the messages */
	const char *queue; /* outlives the consumer */
	uint16_t prefetch;
	struct buffer body;
	_Atomic uint64_t connection; /* which one it is; rises when it is lost */
	_Atomic bool is_consuming;
	struct mailbox_message lost; /* sent when a connection is, unless it is on its way */
	_Atomic bool lost_is_sent;
	_Atomic uint64_t held_bytes; /* of messages that are not destroyed yet */
	_Atomic uint64_t most_bytes; /* from any thread: beyond them it takes no more */
	_Atomic uint64_t pauses;     /* times that it did not */
};

struct rabbitmq_consumer_options {
	const struct rabbitmq_access *access;
	struct rabbitmq_report *report;
	struct mailbox *receiver;
	void (*on_arrival)(struct mailbox_message *message); /* the message is the receiver's */
	void (*on_lost)(struct mailbox_message *message);    /* see rabbitmq_consumer_heard() */
	void *context;
	const char *queue;
	uint16_t prefetch;
	uint64_t most_bytes;
};

/* Returns 0 or a negative errno value. */
int rabbitmq_consumer_start(struct rabbitmq_consumer *consumer,
			    const struct rabbitmq_consumer_options *options);

/* Ends the thread. Messages that are on their way stay in the receiver's mailbox. */
void rabbitmq_consumer_stop(struct rabbitmq_consumer *consumer);

/* Acknowledges the message and all that came before it by its connection, unless that is gone: then
 * RabbitMQ delivers them again. It is in no list, and belongs to the consumer, which destroys it.
 * From any thread. */
void rabbitmq_consumer_acknowledge(struct rabbitmq_consumer *consumer,
				   struct rabbitmq_message *message);

/* On the receiver's thread, in `on_lost`: `lost` may be sent again. */
void rabbitmq_consumer_heard(struct rabbitmq_consumer *consumer);

#endif
