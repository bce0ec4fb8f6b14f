/* One thread with its event loop, its listener, its connections and what it knows of their users.
 *
 * The administrators' listener is a worker too, on the main thread, with other routes. Workers
 * share nothing that changes; messages come through the loop's mailbox. */
#ifndef ALLIM_SERVER_WORKER_H
#define ALLIM_SERVER_WORKER_H

#include "audit/audit_page.h"
#include "base/random.h"
#include "core/hub.h"
#include "net/loop.h"
#include "net/socket.h"
#include "protocol/http_parser.h"
#include "protocol/http_response.h"
#include "server/acceptor.h"
#include "server/authentication.h"
#include "server/metrics.h"
#include "server/node.h"
#include "server/refresh.h"
#include "server/route.h"
#include "server/sweep.h"
#include "wire/wire.h"

enum {
	WORKER_INPUT_BYTES = 64 * 1024,
	WORKER_SPARE_PARSERS = 32,
};

struct worker;

/* What a worker does at times, beside its connections. */
enum worker_task {
	WORKER_HOUSEKEEPING,
	WORKER_DRAIN,
	WORKER_SWEEP, /* the administrators' only */
	WORKER_BEAT,  /* likewise */
	WORKER_TASKS
};

/* The bytes of the change that a wire encoded last; see stream.c. */
struct worker_frame {
	const struct change *change;
	bool is_new;
	int64_t unread; /* what it says, or -1 */
	size_t shared;	/* how much of `bytes` all connections have in common */
	struct buffer bytes;
};

struct worker {
	struct loop loop;
	struct node *node;
	unsigned number; /* among the node's */
	enum route_listener listener;
	bool local_only; /* answers requests to this machine's own names alone; see access.c */
	struct configuration *configuration;
	const struct settings *settings; /* those of the configuration */
	struct authenticator authenticator;
	struct hub hub;
	struct metrics metrics;
	struct random random;

	struct audit_page audit; /* records of this turn */
	uint32_t connections_made;

	struct acceptor acceptor;
	struct list connections;
	struct list closed; /* to be freed at the end of the turn */
	struct list woken;  /* waiting polls to be answered at the end of the turn */
	/* What the store is asked at the end of the turn, newest first. */
	struct mailbox_message *asked;

	struct timer tasks[WORKER_TASKS];
	struct refresh refresh;
	struct sweep sweep; /* the administrators' only */
	bool counts_owed;   /* to streams, which were not told their count; see stream.c */
	/* The wall time of the commit whose hints are delivered now; -1: that of each change, since
	 * they come from a sweep; 0: nothing is delivered. */
	int64_t delivering_since;

	bool draining;
	bool draining_node;	/* the administrators: the others are draining */
	int64_t drain_until;	/* when what is left is closed, in monotonic milliseconds */
	int64_t drain_interval; /* milliseconds between two batches */
	struct mailbox_message drain_message; /* to it, and the one that it may send at its end */
	struct mailbox_message farewell;
	void (*on_drained)(struct worker *worker); /* on its thread, at the end of its loop */
	struct list canaries; /* readiness checks that wait for the feed; see admin.c */

	int64_t date_second;
	char date[HTTP_RESPONSE_DATE_BYTES];
	struct http_parser *parsers[WORKER_SPARE_PARSERS];
	unsigned parser_count;
	struct worker_frame frames[WIRES];
	struct websocket_deflate *codec; /* once something was compressed; see worker_codec() */
	struct buffer output;		 /* what is about to be sent; empty between uses */
	char input[WORKER_INPUT_BYTES];
};

/* A worker that listens on the address. The configuration's reference is taken over, also on
 * failure. Returns 0, or a negative errno value with a sentence. */
int worker_create(struct node *node, enum route_listener listener, union socket_address *address,
		  struct configuration *configuration, struct worker **ret_worker,
		  struct error *error);

/* After its loop has stopped. NULL is allowed. */
void worker_destroy(struct worker *worker);

/* Turns until the worker has drained. */
void worker_run(struct worker *worker);

/* From any thread: new settings, for which the worker takes a reference of its own. */
void worker_reconfigure(struct worker *worker, struct configuration *configuration);

/* From any thread: the store has another history than before. Streams and waiting polls end.
 * Returns 0 or -ENOMEM. */
int worker_take_epoch(struct worker *worker, uint64_t epoch);

/* From any thread, once: stop accepting, end streams in batches, then stop. Never fails. */
void worker_drain(struct worker *worker);

/* On the worker's thread: runs a task at a time, in monotonic milliseconds. */
void worker_schedule(struct worker *worker, enum worker_task task, int64_t when);

/* On the worker's thread: what a feed brought. */
void worker_receive(struct worker *worker, struct hint_batch *batch);

/* Submits a request at the end of the turn, together with the others of this turn: so that a store
 * that sleeps is woken once for all of them, and they share a commit or a snapshot. */
void worker_submit(struct worker *worker, struct store_request *request);

/* A parser to use for a request, or NULL; and giving it back. */
struct http_parser *worker_borrow_parser(struct worker *worker);
void worker_return_parser(struct worker *worker, struct http_parser *parser);

struct http_limits worker_limits(const struct worker *worker);

/* The Date header of now. */
struct slice worker_date(struct worker *worker);

/* The worker's compression, or NULL when memory is short. */
struct websocket_deflate *worker_codec(struct worker *worker);

/* How long a client waits before it reconnects: random, so that not all come at once. */
int64_t worker_retry(struct worker *worker);
#endif
