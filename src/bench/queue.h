/* A queue of a broker, filled before a node reads it. Filling waits, and is not for while something
 * is measured. */
#ifndef ALLIM_BENCH_QUEUE_H
#define ALLIM_BENCH_QUEUE_H

#include "bench/bench.h"

enum { QUEUE_NAME_BYTES = 32, QUEUE_FLAGS = 8, QUEUE_BODY_BYTES = 256 };

struct queue {
	const char *source; /* as the node calls it: "kafka" */
	/* The flags of a node that reads the queue of that name, NULL at the end. */
	void (*set_flags)(const struct bench *bench, const char *name,
			  const char *flags[static QUEUE_FLAGS]);
	/* Makes the queue and sends so many messages, each with a key of its own, until the broker
	 * has them all. Returns 0 or a negative errno value with a sentence. */
	int (*fill)(const struct bench *bench, const char *name, unsigned count,
		    struct error *error);
};

/* The message with that number: a notification to one of the users of durable publishes. */
void queue_body(const struct bench *bench, unsigned number, char body[static QUEUE_BODY_BYTES],
		char user[static QUEUE_NAME_BYTES]);

/* Measures messages a second from the queue to durable inboxes, beside the store's own durable
 * publishes; `measure` is the name that samples stand under. */
int queue_measure(struct bench *bench, const char *measure, const struct queue *queue,
		  struct error *error);

#endif
