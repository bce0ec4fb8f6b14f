/* What the log says of RabbitMQ: what is wrong when that changes, and that it is in use again.
 * Several connections of one purpose share a report, so that what is wrong with all of them is one
 * line, and not one for each connection and attempt. Any thread. */
#ifndef ALLIM_BROKER_RABBITMQ_REPORT_H
#define ALLIM_BROKER_RABBITMQ_REPORT_H

#include "broker/rabbitmq_url.h"

#include <pthread.h>

enum { RABBITMQ_REPORT_CONNECTIONS = 2 };

struct rabbitmq_report {
	const char *what; /* it is used for: "exchange", "queue" */
	const char *name;
	pthread_mutex_t mutex;
	unsigned connections; /* that share it */
	/* What is wrong with each; empty: nothing. */
	char told[RABBITMQ_REPORT_CONNECTIONS][sizeof(((struct error *)NULL)->text)];
	bool works[RABBITMQ_REPORT_CONNECTIONS];
	bool in_use; /* this was said */
};

/* The texts outlive it. */
void rabbitmq_report_init(struct rabbitmq_report *report, unsigned connections, const char *what,
			  const char *name);
void rabbitmq_report_finish(struct rabbitmq_report *report);

/* Logs the reason, unless it was the last thing that was said of this connection or another. */
void rabbitmq_report_problem(struct rabbitmq_report *report, unsigned connection,
			     const struct server_endpoint *endpoint, const struct error *reason);

/* This connection works; logs that RabbitMQ is in use when all do, unless that was said. */
void rabbitmq_report_use(struct rabbitmq_report *report, unsigned connection,
			 const struct server_endpoint *endpoint);

/* Whether something was told of it since it last worked. */
bool rabbitmq_report_has_told(struct rabbitmq_report *report, unsigned connection);

#endif
