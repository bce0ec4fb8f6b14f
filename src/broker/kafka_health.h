/* How well a client stands with its cluster, as librdkafka's statistics tell it every moment: there
 * are no events for a broker that came back, or for a partition that was added. */
#ifndef ALLIM_BROKER_KAFKA_HEALTH_H
#define ALLIM_BROKER_KAFKA_HEALTH_H

#include "base/slice.h"

struct kafka_health {
	uint64_t requests; /* to all brokers, since the client was made */
	size_t partitions; /* that the topic has; 0: none, or not known yet */
	bool any_up;	   /* a broker is connected */
	bool all_up;	   /* the one that each partition is read from is */
};

/* Reads the statistics. Returns 0, -ENOMEM, or -EPROTO for what are none. */
int kafka_health_read(struct slice statistics, const char *topic, struct kafka_health *ret_health);

#endif
