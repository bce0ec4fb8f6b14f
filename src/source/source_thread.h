/* A source's thread: its loop, and what its lanes share.
 *
 * Everything belongs to the thread, but for the figures, which any thread reads. */
#ifndef ALLIM_SOURCE_SOURCE_THREAD_H
#define ALLIM_SOURCE_SOURCE_THREAD_H

#include "audit/audit_page.h"
#include "base/random.h"
#include "net/alarm.h"
#include "net/loop.h"
#include "source/burial_report.h"
#include "source/source.h"

#include <pthread.h>

struct source_figures {
	_Atomic bool connected;
	_Atomic uint64_t received;
	_Atomic uint64_t published;
	_Atomic uint64_t repeated;
	_Atomic uint64_t dropped;
	_Atomic uint64_t skipped;
	_Atomic uint64_t buried;
	_Atomic uint64_t retries;
	_Atomic uint64_t reconnections;
	_Atomic uint64_t pauses;
	_Atomic uint64_t waiting;
	_Atomic uint64_t waiting_bytes;
};

struct source_thread {
	struct loop loop;
	struct store *store;
	struct configuration *configuration; /* a reference */
	const struct settings *settings;     /* the configuration's */
	char *name; /* of the source, as publisher and in dead letters: "kafka:orders" */
	struct random random;
	struct audit_page audit;
	struct burial_report burials;
	struct source_figures figures;
	pthread_t thread;
	bool is_stopping;
	struct mailbox_message stop;
	void (*on_stop)(struct source_thread *thread); /* ends with source_thread_end() */
};

/* Prepares all but the thread itself. The name is "KIND:QUEUE". Returns 0 or a negative errno value
 * with a sentence. */
int source_thread_init(struct source_thread *thread, const struct source_options *options,
		       const char *kind, const char *queue, struct error *error);

/* Starts the thread, which runs the loop. Returns 0 or a negative errno value with a sentence. */
int source_thread_start(struct source_thread *thread, struct error *error);

/* From any thread. */
void source_thread_reconfigure(struct source_thread *thread, struct configuration *configuration);
void source_thread_statistics(struct source_thread *thread,
			      struct source_statistics *ret_statistics);

/* Has the thread stop by way of `on_stop`, and waits for it. */
void source_thread_stop(struct source_thread *thread);

/* On the thread: it ends with this turn. */
void source_thread_end(struct source_thread *thread);

/* After the thread has ended, or without one. */
void source_thread_finish(struct source_thread *thread);

#endif
