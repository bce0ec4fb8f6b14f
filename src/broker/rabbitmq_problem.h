/* Why a RabbitMQ cannot be used, as a sentence for who runs it. */
#ifndef ALLIM_BROKER_RABBITMQ_PROBLEM_H
#define ALLIM_BROKER_RABBITMQ_PROBLEM_H

#include "base/error.h"
#include "base/slice.h"

#include <amqp.h>

/* What was being done, which decides what a failure means. */
enum rabbitmq_step {
	RABBITMQ_CONNECTING, /* TCP, and TLS */
	RABBITMQ_LOGGING_IN, /* greeting, user, virtual host */
	RABBITMQ_WORKING
};

/* Explains what the server said when it ended a connection or a channel. Returns -EPROTO, or
 * -EACCES for a 403. */
int rabbitmq_problem_explain(unsigned code, struct slice text, struct error *error);

/* Explains a status of librabbitmq. Returns a negative errno value. */
int rabbitmq_problem_status(int status, enum rabbitmq_step step, struct error *error);

/* Explains the outcome of a request. Returns 0 where it succeeded, or a negative errno value. */
int rabbitmq_problem_reply(const amqp_rpc_reply_t *reply, enum rabbitmq_step step,
			   struct error *error);

#endif
