/* A real node inside the test's process: server.h, with a store in a folder of its own.
 *
 * One node at a time, because signals belong to the process. The test's threads have the signals
 * blocked from node_start() on; the node hears of them through its own descriptor. */
#ifndef ALLIM_TESTS_NODE_H
#define ALLIM_TESTS_NODE_H

#include "net/socket.h"
#include "server/server.h"

#include <pthread.h>

enum { NODE_FLAGS = 16 };

/* What the node of node_start() takes. */
#define NODE_API_KEY	"key-of-the-test"
#define NODE_JWT_SECRET "32 bytes and more that are secret"

struct test_node {
	struct server_options options;
	struct settings_flag flags[NODE_FLAGS];
	char location[64];
	union socket_address address;
	union socket_address admin_address;
	pthread_t thread;
	bool ready;
	bool ended; /* by itself */
	int result;
	struct error error;
};

/* Starts a node with these settings ("name=value", ended by NULL), and waits until it is ready.
 * Fails the test where it does not start. */
void node_start(struct test_node *node, bool demo, const char *const *settings);

/* The same, with a store that an earlier node left. */
void node_restart(struct test_node *node);

/* SIGTERM, and waits for its end. Fails the test where that was not orderly. */
void node_stop(struct test_node *node);

/* Removes its folder; after node_stop(). */
void node_remove(struct test_node *node);

/* A user's token, valid for `lifetime` seconds. Static storage until the next call. */
const char *node_token(const char *user, int64_t lifetime);

#endif
