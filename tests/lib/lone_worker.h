/* One worker without a node around it: the test turns its loop, is its store, and holds the other
 * ends of its connections. */
#ifndef ALLIM_TESTS_LONE_WORKER_H
#define ALLIM_TESTS_LONE_WORKER_H

#include "server/connection.h"
#include "server/worker.h"

enum { LONE_WORKER_REQUESTS = 64 };

struct lone_worker {
	struct node node;
	struct store store;
	struct feed feed; /* nothing ever comes back through it */
	uint64_t canary;  /* the last one that went into it */
	struct worker *worker;
	struct worker *workers[1];
	union socket_address address; /* of its listener */
	void (*on_turn)(struct loop *loop);
	struct store_request *asked[LONE_WORKER_REQUESTS]; /* oldest first */
	size_t asked_count;
	char audit_folder[32];
};

/* With these settings ("name=value", ended by NULL; or NULL). One for users has a list of
 * broadcasts up to head 0. */
void lone_worker_start(struct lone_worker *lone, enum route_listener listener,
		       const char *const *settings);

/* Fails what the store was asked and was not answered, and ends. */
void lone_worker_stop(struct lone_worker *lone);

/* From now on records go into an audit log, of the kinds that the setting audit.events names. */
void lone_worker_keep_audit_log(struct lone_worker *lone);

/* Ends the log. Returns how many records were made, also those that memory was too short for. */
uint64_t lone_worker_end_audit_log(struct lone_worker *lone);

/* One turn of the loop, which never sleeps. */
void lone_worker_turn(struct lone_worker *lone);

/* How many requests of a kind the store has. */
size_t lone_worker_asked(const struct lone_worker *lone, enum store_operation operation);

/* Takes the oldest request of a kind from the store. Fails the test where there is none. */
void *lone_worker_take(struct lone_worker *lone, enum store_operation operation);

/* Answers it, and turns once. */
void lone_worker_answer(struct lone_worker *lone, void *request, int result);

/* Answers it with heads: the user's own and everyone's. For STORE_LIST and STORE_REPLAY. */
void lone_worker_answer_heads(struct lone_worker *lone, void *request, int64_t own,
			      int64_t broadcasts);

/* Lets a broadcast's hint come, and turns once. */
void lone_worker_broadcast(struct lone_worker *lone, int64_t seq);

/* A connection; returns the client's end, which does not block. `ret_connection` may be NULL. */
int lone_worker_connect(struct lone_worker *lone, struct connection **ret_connection);

/* Sends a request with a token of this user, and turns once. `headers` are whole lines. */
void lone_worker_request(struct lone_worker *lone, int client, const char *method, const char *path,
			 const char *user, const char *headers);

/* What has come to the client since the last call; it stays until the next. */
const char *lone_worker_received(int client);

/* Fails the test where `text` is not in what has come, and closes the client's end. */
void lone_worker_check_answer(int client, const char *text);

#endif
