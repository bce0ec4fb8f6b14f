/* A message of Kafka on its way through a lane. Its bytes stay librdkafka's until it is handled. */
#ifndef ALLIM_SOURCE_KAFKA_MESSAGE_H
#define ALLIM_SOURCE_KAFKA_MESSAGE_H

#include "source/lane.h"

#include <librdkafka/rdkafka.h>

struct kafka_message {
	struct lane_message lane;
	rd_kafka_event_t *event;
	int64_t offset;
	char position[64]; /* PARTITION/OFFSET@MILLISECONDS, or PARTITION/OFFSET */
	struct message_attribute *attributes;
};

/* Takes over the event, which holds that one message; on failure it stays the caller's. Headers of
 * the message: content-type, idempotency-key, and those that begin with ce_ are attributes of a
 * CloudEvent (Kafka protocol binding 1.0, 3.2.3). One without a value (a tombstone) is only to be
 * acknowledged. Returns NULL when memory is short. */
struct kafka_message *kafka_message_create(rd_kafka_event_t *event,
					   const rd_kafka_message_t *message);

void kafka_message_destroy(struct kafka_message *message);

static inline struct kafka_message *kafka_message_of(struct list *link)
{
	return (struct kafka_message *)CONTAINER_OF(link, struct lane_message, link);
}

#endif
