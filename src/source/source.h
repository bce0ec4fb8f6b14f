/* Where publishes come in beside HTTP: the queues of message brokers. One interface for every one.
 *
 * A source takes messages, has the store publish them, and acknowledges to the broker only what was
 * committed. What it takes again, after a crash or because another node has taken over, the store
 * knows by its key and does not publish twice. So a producer whose message the broker has, has it
 * delivered once. What can never be published becomes a dead letter (store.h). */
#ifndef ALLIM_SOURCE_SOURCE_H
#define ALLIM_SOURCE_SOURCE_H

#include "audit/audit_log.h"
#include "config/configuration.h"
#include "store/store.h"

struct source_options {
	struct configuration *configuration; /* a reference is taken */
	struct store *store;		     /* outlives the source, */
	struct audit_log *audit;	     /* and so does this; NULL: none */
};

/* What a source did since it opened. */
struct source_statistics {
	bool connected;
	uint64_t received;  /* messages, those that came again included */
	uint64_t published; /* messages */
	uint64_t repeated;  /* that were published before */
	uint64_t dropped;   /* by rules */
	uint64_t skipped;   /* that have no value: tombstones */
	uint64_t buried;    /* that became dead letters */
	uint64_t retries;   /* batches that the store failed, and were tried again */
	uint64_t reconnections;
	uint64_t pauses;  /* times that so much waited that no more was taken */
	uint64_t waiting; /* messages in memory */
	uint64_t waiting_bytes;
};

struct source;

struct source_ops {
	const char *name;
	/* Whether the settings name a queue to be read. */
	bool (*is_wanted)(const struct settings *settings);
	/* Whether it could open with these settings, without asking its broker. Returns 0 or a
	 * negative errno value with a sentence. */
	int (*check)(const struct settings *settings, struct error *error);
	/* Returns 0 or a negative errno value with a sentence. A broker that cannot be reached is
	 * no failure: the source goes on trying. */
	int (*open)(const struct source_options *options, struct source **ret_source,
		    struct error *error);
	/* New settings, from any thread. A reference is taken. */
	void (*reconfigure)(struct source *source, struct configuration *configuration);
	/* From any thread. */
	void (*statistics)(struct source *source, struct source_statistics *ret_statistics);
	/* Finishes what is at the store and acknowledges it; the rest the broker gives to
	 * others. */
	void (*close)(struct source *source);
};

/* What every source starts with. */
struct source {
	const struct source_ops *ops;
};

extern const struct source_ops kafka_source_ops;
extern const struct source_ops rabbitmq_source_ops;

/* All sources, ended by NULL. */
extern const struct source_ops *const source_table[];

void source_reconfigure(struct source *source, struct configuration *configuration);
void source_statistics(struct source *source, struct source_statistics *ret_statistics);

/* NULL is allowed. */
void source_close(struct source *source);

#endif
