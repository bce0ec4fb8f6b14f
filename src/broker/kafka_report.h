/* What the log says of a Kafka: what is wrong, and that it is in use again. A reason is one line
 * until then, however often it comes, also where several brokers have a reason each. A report
 * belongs to the thread of its client's owner. */
#ifndef ALLIM_BROKER_KAFKA_REPORT_H
#define ALLIM_BROKER_KAFKA_REPORT_H

#include "base/error.h"

#include <stdbool.h>

enum { KAFKA_REPORT_REASONS = 4 };

struct kafka_report {
	const char *brokers;			 /* kafka.brokers; outlives the report */
	const char *topic;			 /* likewise */
	struct error told[KAFKA_REPORT_REASONS]; /* what is wrong */
	unsigned count; /* of the reasons that were told; 0: nothing is wrong */
	bool in_use;	/* this was said */
};

/* Logs the reason, unless it was one of the last that were told. */
void kafka_report_problem(struct kafka_report *report, const struct error *reason);

/* Logs that it is in use, unless that was said. */
void kafka_report_use(struct kafka_report *report);

#endif
