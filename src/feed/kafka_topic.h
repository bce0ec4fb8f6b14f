/* Makes the topic of the feed where it is missing. */
#ifndef ALLIM_FEED_KAFKA_TOPIC_H
#define ALLIM_FEED_KAFKA_TOPIC_H

#include "broker/kafka_client.h"

#include <stdbool.h>

struct kafka_topic {
	const char *name;
	const char *brokers; /* for the sentence; both outlive the topic */
	int partitions;
	bool is_asked;	   /* the answer is to come */
	int64_t ask_again; /* when, monotonic milliseconds */
};

/* Asks for it, unless that was asked lately; the answer is an event of the client's. */
void kafka_topic_request(struct kafka_topic *topic, struct kafka_client *client, int64_t now);

/* Reads the answer (RD_KAFKA_EVENT_CREATETOPICS_RESULT). Returns 0 where the topic is there, or
 * with a sentence -EPROTO where it is refused, or -EAGAIN where nobody answered, which may pass. */
int kafka_topic_answer(struct kafka_topic *topic, rd_kafka_event_t *event, struct error *error);

#endif
