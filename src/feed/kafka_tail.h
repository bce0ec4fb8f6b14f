/* The ends of all partitions of a topic: everything that is appended from now on is heard.
 *
 * It belongs to no group and remembers no position: a node that was away looks at the store. All
 * runs on the thread of the loop. */
#ifndef ALLIM_FEED_KAFKA_TAIL_H
#define ALLIM_FEED_KAFKA_TAIL_H

#include "broker/kafka_health.h"
#include "broker/kafka_report.h"
#include "feed/kafka_topic.h"
#include "net/loop.h"

/* What its owner hears. */
struct kafka_tail_ops {
	/* A message came; it is the tail's. */
	void (*on_message)(void *context, struct slice message);
	/* From here on every message is heard, in all partitions. What was appended before may not
	 * have been, unless `is_first`: then it was not. */
	void (*on_heard)(void *context, bool is_first);
	/* About twice a second. */
	void (*on_tick)(void *context);
};

struct kafka_partition {
	bool is_started;
	bool is_heard;	 /* a fetch of its end was answered */
	bool has_failed; /* since it was started, which is to be done anew */
};

struct kafka_tail {
	struct kafka_client client;
	struct loop_source source;
	struct loop *loop;
	const struct kafka_tail_ops *ops;
	void *context;
	struct kafka_topic topic;
	rd_kafka_topic_t *handle;
	struct kafka_partition *partitions;
	size_t count; /* of the partitions */
	struct kafka_health health;
	struct kafka_report report;
	struct error problem; /* the last; empty: none */
	bool is_vague;	      /* the problem says little */
	int64_t since;	      /* when it became heard, or ceased to be */
	bool was_heard;
	/* From any thread. */
	_Atomic bool is_heard;
	_Atomic uint64_t requests;
	_Atomic uint64_t reconnections;
};

struct kafka_tail_options {
	struct loop *loop;
	rd_kafka_conf_t *configuration; /* of kafka_client_configure(); the tail's from here on */
	const char *brokers;		/* outlives the tail, as does the topic's name */
	const char *topic;
	int partitions; /* where the topic has to be made */
	const struct kafka_tail_ops *ops;
	void *context;
};

/* Returns 0 or a negative errno value with a sentence. */
int kafka_tail_init(struct kafka_tail *tail, struct kafka_tail_options *options,
		    struct error *error);

/* On the loop's thread, or after it ended. */
void kafka_tail_finish(struct kafka_tail *tail);

/* The topic is there, so there is something to append to. */
static inline bool kafka_tail_has_topic(const struct kafka_tail *tail)
{
	return tail->count > 0;
}

#endif
