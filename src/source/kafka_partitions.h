/* The partitions that the group has given to this member: a lane each. On the source's thread. */
#ifndef ALLIM_SOURCE_KAFKA_PARTITIONS_H
#define ALLIM_SOURCE_KAFKA_PARTITIONS_H

#include "source/kafka_message.h"

struct kafka_partitions {
	struct source_thread *thread;
	rd_kafka_t *kafka;
	const char *topic;
	struct list list;
};

/* For storage that the caller has; what is pointed to must outlive it. The client is given when it
 * is there. */
void kafka_partitions_init(struct kafka_partitions *partitions, struct source_thread *thread,
			   const char *topic);

/* The partition's lane, made where it is missing; NULL when memory is short. */
struct lane *kafka_partitions_lane(struct kafka_partitions *partitions, int32_t number);

/* Lets one go, or all; what is at the store is handled first. */
void kafka_partitions_close(struct kafka_partitions *partitions, int32_t number);
void kafka_partitions_close_all(struct kafka_partitions *partitions);

/* Whether nothing of any is at the store. */
static inline bool kafka_partitions_are_closed(const struct kafka_partitions *partitions)
{
	return list_is_empty(&partitions->list);
}

#endif
