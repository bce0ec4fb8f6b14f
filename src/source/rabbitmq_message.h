/* A message of RabbitMQ on its way through a lane, with everything copied. */
#ifndef ALLIM_SOURCE_RABBITMQ_MESSAGE_H
#define ALLIM_SOURCE_RABBITMQ_MESSAGE_H

#include "source/lane.h"

#include <amqp.h>
#include <amqp_framing.h>

struct rabbitmq_message {
	struct lane_message lane;
	struct mailbox_message transfer; /* from the consumer, and back as its acknowledgement */
	void *context;			 /* whose it is meanwhile */
	uint64_t connection;		 /* which one of the consumer's it came by */
	uint64_t tag;			 /* of the delivery, on that connection */
	_Atomic uint64_t *held;		 /* gets less by its bytes when it is destroyed; or NULL */
	struct arena arena;
};

/* Copies the body and what matters of the properties: the content type, the message id as the
 * producer's key, and headers that are attributes of a CloudEvent (AMQP protocol binding 1.0,
 * 3.1.3.1: cloudEvents: or cloudEvents_). Returns NULL when memory is short. */
struct rabbitmq_message *rabbitmq_message_create(struct slice body,
						 const amqp_basic_properties_t *properties);

/* Counts its bytes there, as a lane does, for as long as it lives. */
void rabbitmq_message_hold(struct rabbitmq_message *message, _Atomic uint64_t *held);

/* With the refusal that it may have. */
void rabbitmq_message_destroy(struct rabbitmq_message *message);

static inline struct rabbitmq_message *rabbitmq_message_of(struct list *link)
{
	return (struct rabbitmq_message *)CONTAINER_OF(link, struct lane_message, link);
}

#endif
