/* The client's side of keep-alive connections: one request at a time on each, and a call back with
 * its response, which usually sends the next. */
#ifndef ALLIM_BENCH_REQUESTS_H
#define ALLIM_BENCH_REQUESTS_H

#include "base/buffer.h"
#include "bench/response.h"
#include "net/loop.h"
#include "net/socket.h"

struct requests;

struct requester {
	struct loop_source source;
	struct requests *owner;
	int descriptor;
	unsigned number;    /* from 0 */
	struct buffer rest; /* of a response that came in parts; its memory is kept */
};

struct requests {
	struct loop *loop;
	struct requester *items;
	char *input;
	unsigned count;
	int error; /* the first failure of any connection */
	/* A response is there; its bytes are valid until it returns. */
	void (*on_response)(void *context, struct requester *requester,
			    const struct response *response);
	void *context;
};

/* Connects `count` times. Returns 0 or a negative errno value with a sentence; call
 * requests_finish() either way. */
int requests_init(struct requests *requests, struct loop *loop, const union socket_address *address,
		  unsigned count, struct error *error);

/* The same in steps, for connections to several servers: makes room for `count`, ... */
int requests_reserve(struct requests *requests, struct loop *loop, unsigned count,
		     struct error *error);

/* ... and connects once more, at most so often. */
int requests_connect(struct requests *requests, const union socket_address *address,
		     struct error *error);

/* Closes all, without TIME_WAIT. */
void requests_finish(struct requests *requests);

/* Sends a whole request, on a connection whose last response has come. A failure is kept in the
 * owner's `error`. */
void requests_send(struct requester *requester, struct slice request);

#endif
