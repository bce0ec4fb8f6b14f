/* A worker's listener: accepts connections while there is room for them.
 *
 * What is not accepted waits in the kernel's queue. Accepting begins again when some room is free
 * rather than with each connection that ends, and is tried once a second besides, because what was
 * short may be there again for another reason. All on the worker's thread. */
#ifndef ALLIM_SERVER_ACCEPTOR_H
#define ALLIM_SERVER_ACCEPTOR_H

#include "net/loop.h"
#include "net/socket.h"

struct worker;

struct acceptor {
	struct loop_source source;
	int descriptor; /* or -1 */
	bool accepting;
	bool crowded;	    /* it was said that there is no room, and not yet that there is */
	int64_t paused_at;  /* when accepting stopped last, in monotonic milliseconds */
	uint64_t resume_at; /* and at how many connections of the node it goes on */
};

/* Starts listening. `address` gets the port. Returns 0 or a negative errno value with a sentence.
 * To be called once, before the worker runs. */
int acceptor_start(struct worker *worker, union socket_address *address, struct error *error);

/* Stops listening, for good. Twice is once. */
void acceptor_stop(struct worker *worker);

/* A connection has ended. */
void acceptor_on_room(struct worker *worker);

/* Once a second. */
void acceptor_keep(struct worker *worker);

#endif
