/* The exchange that carries hints: what is published to it goes to every queue that is bound. */
#ifndef ALLIM_FEED_RABBITMQ_EXCHANGE_H
#define ALLIM_FEED_RABBITMQ_EXCHANGE_H

#include "broker/rabbitmq_connection.h"

/* Makes it where it is missing. Returns 0 or a negative errno value with a sentence. */
static inline int rabbitmq_exchange_declare(struct rabbitmq_connection *connection,
					    const char *name, struct error *error)
{
	amqp_exchange_declare(connection->handle, RABBITMQ_CHANNEL, amqp_cstring_bytes(name),
			      amqp_cstring_bytes("fanout"), false, true, false, false,
			      amqp_empty_table);
	return rabbitmq_connection_outcome(connection, error);
}

#endif
