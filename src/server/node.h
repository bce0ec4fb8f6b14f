/* What the threads of one node share. Everything here is set before the workers start and stays, or
 * may be used by any thread. */
#ifndef ALLIM_SERVER_NODE_H
#define ALLIM_SERVER_NODE_H

#include "audit/audit_log.h"
#include "config/configuration.h"
#include "core/quota.h"
#include "feed/feed.h"
#include "method/method.h"
#include "net/blocking.h"
#include "net/socket.h"
#include "server/registry.h"
#include "server/sources.h"
#include "store/store.h"

struct worker;

struct node {
	uint64_t number; /* random: tells it from the other nodes of its store */
	struct store *store;
	bool shares_store;	 /* other nodes may commit, too */
	struct audit_log *audit; /* NULL: none is kept */
	struct feed *feed;
	struct sources sources;
	const struct method *method;
	struct blocking *blocking;	    /* for what takes long: password hashes */
	struct registry registry;	    /* the administrators' */
	char address[SOCKET_ADDRESS_BYTES]; /* where clients connect; empty: nowhere */
	struct worker **workers;	    /* the last one is the administrators' */
	unsigned worker_count;
	_Atomic bool running; /* the workers are there: hints can be delivered */
	bool demo;
	int64_t started_at; /* wall time */
	uint64_t connection_limit;
	uint64_t admin_connection_limit; /* on the administrators' listener, beside those */
	bool limited_by_files; /* by what the process may open, rather than by a setting */
	_Atomic uint64_t connections;
	struct quota *address_connections;
	struct quota *user_connections;
	struct quota *user_requests;
	struct quota *publishes;
	unsigned char demo_secret[32]; /* signs users' tokens where no key was given, with --demo */
};

/* Whether every commit is heard of as it happens, so that memory can answer for the store: nobody
 * else commits, or the feed tells. From any thread. */
bool node_is_fresh(const struct node *node);

/* Passes a commit's hints on: to this node's own workers at once, and to the other nodes by the
 * feed. From any thread. */
void node_publish(struct node *node, struct hint_batch *batch);

/* Gives a batch to every worker that has users, or a canary to the administrators', from any
 * thread: what `on_hints` of the feed does. Returns 0, or -ENOMEM where a worker did not get it. */
int node_deliver(struct node *node, struct hint_batch *batch);

#endif
