/* Open stores on a PostgreSQL of the test's own, as several nodes would have them, and several
 * threads of one node. */
#ifndef ALLIM_TESTS_POSTGRES_NODE_H
#define ALLIM_TESTS_POSTGRES_NODE_H

#include "conformance/store/conformance.h"
#include "lib/postgres_server.h"

/* Fixtures of a group of tests: a server that forgets when it ends is the state that each test
 * begins with. */
int postgres_node_start_server(void **state);
int postgres_node_end_server(void **state);

/* Prepares a node's options, with few connections and no upkeep; a test may change them before it
 * opens the store with conformance_open(). Hints are not noted. */
void postgres_node_init(struct conformance *node, const char *url);

/* Another thread's way to the same store. It must end before the node does. */
void postgres_node_share(struct conformance *thread, const struct conformance *node);

/* Closes the store, unless it is another's, and finishes. */
void postgres_node_finish(struct conformance *node);

/* Publishes one notification. Returns the result. */
int postgres_node_publish(struct conformance *node, const char *user, const char *title,
			  int64_t *ret_id);

/* Publishes until that succeeds, for as long as the test may run. */
void postgres_node_recover(struct conformance *node, const char *user);

/* A number that the database tells. */
int64_t postgres_node_number(struct postgres_server *server, const char *url, const char *query);

/* Waits, for as long as the test may run. */
#define WAIT_UNTIL(condition) \
	while (!(condition))  \
	conformance_pause()

#endif
