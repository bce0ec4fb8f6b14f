/* A client of Kafka, made of the settings: librdkafka with its events in one queue.
 *
 * librdkafka has threads of its own; what they have to say waits in the queue until whoever owns
 * the client takes it, on one thread, when the descriptor says that there is something. So an owner
 * with an event loop never waits, and one without may poll() the descriptor.
 *
 * How a client is used (topics, groups, timeouts) is its owner's, who sets it with
 * kafka_client_set() and calls librdkafka. */
#ifndef ALLIM_BROKER_KAFKA_CLIENT_H
#define ALLIM_BROKER_KAFKA_CLIENT_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>

struct settings;

struct kafka_client {
	rd_kafka_t *kafka; /* NULL: closed */
	rd_kafka_queue_t *queue;
	int descriptor; /* readable when something came into the empty queue */
};

/* Whether the settings `kafka.*` can be used as they are, whatever the brokers say. Returns 0 or
 * -EINVAL with a sentence. */
int kafka_client_check(const struct settings *settings, struct error *error);

/* Makes a configuration of the settings `kafka.*`: brokers, security, and short timeouts. Nothing
 * of the settings is kept. Returns 0, -ENOMEM, or -EINVAL with a sentence that names the setting
 * which cannot be. */
int kafka_client_configure(const struct settings *settings, rd_kafka_conf_t **ret_configuration,
			   struct error *error);

/* Sets a property of librdkafka's that it has, to a value that it takes: anything else is a bug. */
void kafka_client_set(rd_kafka_conf_t *configuration, const char *property, const char *value);

/* Starts a client, which connects by itself and goes on trying for as long as it lives. Its errors,
 * statistics, messages and reports of delivery become events of the queue. A consumer whose
 * configuration has a group.id gets what its group assigns to it in the same queue.
 *
 * The configuration belongs to the client from here on, or is freed. Returns 0 or a negative errno
 * value with a sentence; `client` is closed then. */
int kafka_client_open(struct kafka_client *client, rd_kafka_type_t type,
		      rd_kafka_conf_t *configuration, struct error *error);

/* The next event, which is the caller's (rd_kafka_event_destroy), or NULL when there is none. Only
 * after NULL does the descriptor tell of more. */
rd_kafka_event_t *kafka_client_next(struct kafka_client *client);

/* Ends it without waiting for brokers; what was not sent is dropped. Topics, events and the like
 * must be gone. A closed client is allowed. Returns within some seconds, with librdkafka's threads
 * ended or left to the end of the process. */
void kafka_client_close(struct kafka_client *client);

#endif
