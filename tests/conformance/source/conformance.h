/* What every source must do, told through source.h and the broker's own client alone.
 *
 * Each test runs for every kind: a row of source_table, with its broker. A new source adds a file
 * kind_<name>.c. The store is a real one, which a test can have fail. Helpers wait for as long as
 * the test may run. */
#ifndef ALLIM_TESTS_CONFORMANCE_SOURCE_H
#define ALLIM_TESTS_CONFORMANCE_SOURCE_H

#include "source/source.h"

#include "lib/assertions.h"

#include <stdatomic.h>

struct conformance_kind {
	const char *name;
	/* What a message without a key of its own is known by when it comes again. */
	bool has_positions;
	/* A message may have no value at all: a body of NULL. */
	bool has_tombstones;
	/* A queue that is missing is made by the source. */
	bool makes_queues;
	/* Several consumers share the work, rather than wait for each other. */
	bool shares;
	/* Starts the broker, and ends it. */
	void *(*start)(void);
	void (*stop)(void *place);
	/* Makes a new, empty queue, and has the settings name it. Texts live until the next one. */
	void (*prepare)(void *place, struct settings *settings);
	/* Deletes the queue and makes it again under its name, empty, while no source is open.
	 * False: this broker is not to be told that. NULL where there are no positions. */
	bool (*make_again)(void *place);
	/* Sends a message to that queue, with a key of its producer's (or NULL), and waits until
	 * the broker has it. Those of one user stay in order. */
	void (*send)(void *place, const char *user, const char *key, const char *body);
	/* The broker goes away, without warning, and comes back with what it has acknowledged. */
	void (*go_down)(void *place);
	void (*come_up)(void *place);
};

extern const struct conformance_kind conformance_kafka, conformance_rabbitmq;

/* A real store in a folder of its own that fails when it is told to. */
struct conformance_store {
	struct store store;
	struct store *real;
	char folder[64];
	_Atomic int failure; /* what publishes and burials are answered with; 0: they are done */
};

struct conformance {
	const struct conformance_kind *kind;
	void *place;
	struct conformance_store store;
	struct configuration *configuration;
	struct source *source;
	unsigned sent;
};

void conformance_begin(struct conformance *conformance, const struct conformance_kind *kind,
		       void *place);
void conformance_end(struct conformance *conformance);

/* The source that a test works with; and further ones, which it closes itself. */
void conformance_open(struct conformance *conformance);
void conformance_close(struct conformance *conformance);
struct source *conformance_open_another(struct conformance *conformance);

/* A message to a user whose title is a number that rises with each. */
void conformance_send(struct conformance *conformance, const char *user);

/* What is in the inbox of a user, tombstones aside. */
size_t conformance_count(struct conformance *conformance, const char *user);

/* Fails unless it is exactly these messages, each once, in the order in which they were sent. */
void conformance_assert_inbox(struct conformance *conformance, const char *user, size_t count);

/* The reason of the newest dead letter; empty: there is none. The text lives until the next
 * call. */
const char *conformance_letter(struct conformance *conformance, size_t *ret_count);

struct source_statistics conformance_statistics(struct source *source);

#define CONFORMANCE_WAIT_FOR(condition) \
	while (!(condition))            \
	conformance_pause()

void conformance_pause(void);

#endif
