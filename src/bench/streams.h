/* The client's side of many streams, event streams or WebSockets: held open, read and counted on
 * the measure's loop.
 *
 * A stream owns no buffer here either, since client and server share the machine. */
#ifndef ALLIM_BENCH_STREAMS_H
#define ALLIM_BENCH_STREAMS_H

#include "bench/event_reader.h"
#include "net/loop.h"
#include "net/socket.h"

struct streams;

struct stream {
	struct loop_source source;
	struct streams *owner;
	int descriptor;
	struct event_reader reader;
};

struct streams {
	struct loop *loop;
	struct stream *items; /* item n belongs to user n + 1 */
	char *input;
	enum stream_wire wire;
	unsigned capacity;
	unsigned opened; /* connected, request sent */
	unsigned ready;	 /* their response's head has come */
	uint64_t heartbeats;
	uint64_t notifications;
	unsigned source_host; /* 127.0.0.N to connect from; 0: the kernel's choice */
	int error;	      /* the first failure; streams are not meant to fail */
	char refusal[512];    /* what the server said where it refused a stream */
	/* Told of each notification, may be NULL. The event is valid until it returns. */
	void (*on_notification)(void *context, struct stream *stream, struct slice event);
	/* The socket takes more again, after it did not, and once at the beginning. Where it is set
	 * before streams are opened; may be NULL. */
	void (*on_writable)(void *context, struct stream *stream);
	void *context;
};

/* All of one wire. Returns 0 or -ENOMEM. */
int streams_init(struct streams *streams, struct loop *loop, enum stream_wire wire,
		 unsigned capacity);

/* Closes what is open, at once and without TIME_WAIT. */
void streams_finish(struct streams *streams);

/* Connects one more and sends its request. Returns 0 or a negative errno value with a sentence. */
int streams_open(struct streams *streams, const union socket_address *address, struct slice request,
		 struct error *error);

#endif
