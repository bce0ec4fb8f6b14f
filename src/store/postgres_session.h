/* A thread with a connection. Half of the sessions write and half read; each takes all requests
 * that wait for its kind (up to a limit) as one batch and does it in one transaction, mostly in one
 * round trip. While it waits for the server, the next requests gather: group commit, across
 * whatever publishes, and reads that share a snapshot.
 *
 * A session that loses its connection answers its batch with -EAGAIN and connects again, with
 * growing pauses; while no session of a kind is connected, requests of that kind are refused at
 * once. */
#ifndef ALLIM_STORE_POSTGRES_SESSION_H
#define ALLIM_STORE_POSTGRES_SESSION_H

#include "base/random.h"
#include "store/postgres_connection.h"
#include "store/postgres_queue.h"
#include "store/store_figures.h"

enum { POSTGRES_SESSIONS = 64 };

struct postgres;
struct postgres_batch;

struct postgres_session {
	struct postgres *postgres;
	struct postgres_queue *queue;
	struct postgres_connection connection;
	struct postgres_batch *batch;
	struct random random;
	pthread_t thread;
	bool writes;
	bool keeps; /* also does the upkeep; one of the writers */
};

struct postgres {
	struct store store;
	struct store_options options; /* retention changes, and stands below */
	char *location;
	char *password;
	_Atomic uint64_t epoch;
	_Atomic int64_t retention_age;
	_Atomic int64_t retention_count;
	_Atomic int64_t idempotency_age;
	_Atomic int64_t dead_letter_age;
	_Atomic int64_t audit_age;
	_Atomic int64_t maintenance_interval;
	_Atomic uint64_t queries;
	_Atomic uint64_t bytes;
	_Atomic int64_t horizon; /* milliseconds */
	struct store_figures figures;
	struct postgres_queue writes;
	struct postgres_queue reads;
	struct postgres_session sessions[POSTGRES_SESSIONS];
	unsigned session_count;
	_Atomic unsigned unreached; /* sessions that try again; the first and the last say so */
};

/* Connects and settles; migrates with `migrate`. Returns 0 or a negative errno value with a
 * sentence. */
int postgres_session_connect(struct postgres_session *session, bool migrate, struct error *error);

/* Starts the thread. The first connection is there. Returns 0 or a negative errno value. */
int postgres_session_start(struct postgres_session *session);

/* Behind postgres_queue_stop(): waits until what waits there is done. */
void postgres_session_stop(struct postgres_session *session);

/* Answers a request. */
void postgres_session_reply(struct postgres_session *session, struct store_request *request);

#endif
