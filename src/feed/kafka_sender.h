/* Appends messages to a topic, and says which of them were not appended, or not surely.
 *
 * A message that no broker takes within seconds is given up: by then the other nodes have looked at
 * the store. All runs on the thread of the loop. */
#ifndef ALLIM_FEED_KAFKA_SENDER_H
#define ALLIM_FEED_KAFKA_SENDER_H

#include "broker/kafka_client.h"
#include "broker/kafka_health.h"
#include "broker/kafka_report.h"
#include "net/loop.h"

/* The largest message, which brokers take by default with what Kafka adds to it. */
enum { KAFKA_MESSAGE_BYTES = 900000 };

struct kafka_sender {
	struct kafka_client client;
	struct loop_source source;
	struct loop *loop;
	rd_kafka_conf_t *configuration; /* to make another client of */
	/* So many messages were given up. */
	void (*on_unsent)(void *context, uint64_t count);
	void *context;
	const char *topic;
	bool is_broken; /* the client is of no use any longer */
	struct kafka_report report;
	struct error problem; /* the last; empty: none */
	int64_t failed;	      /* when that was */
	uint64_t past;	      /* requests of clients before this one */
	_Atomic uint64_t requests;
};

struct kafka_sender_options {
	struct loop *loop;
	rd_kafka_conf_t *configuration; /* of kafka_client_configure(); the sender's from here on */
	const char *brokers;		/* outlives the sender, as does the topic's name */
	const char *topic;
	void (*on_unsent)(void *context, uint64_t count);
	void *context;
};

/* Returns 0 or a negative errno value with a sentence. */
int kafka_sender_init(struct kafka_sender *sender, struct kafka_sender_options *options,
		      struct error *error);

/* On the loop's thread, or after it ended. What was not sent is dropped without a word. */
void kafka_sender_finish(struct kafka_sender *sender);

/* Hands a message over; key and message are copied. Messages with the same key stay in order. Never
 * waits. Returns 0 or a negative errno value where too much waits already. */
int kafka_sender_send(struct kafka_sender *sender, struct slice key, struct slice message);

/* To be called now and then: makes a new client where one broke, and logs what is wrong. */
void kafka_sender_tick(struct kafka_sender *sender);

#endif
