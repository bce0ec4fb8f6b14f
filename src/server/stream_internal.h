/* What the parts of a stream share: stream.c sends, stream_read.c asks the store, stream_get.c
 * begins. All on the worker of the stream's connection. */
#ifndef ALLIM_SERVER_STREAM_INTERNAL_H
#define ALLIM_SERVER_STREAM_INTERNAL_H

#include "audit/audit.h"
#include "server/connection.h"
#include "server/worker.h"

/* What the client has when the stream begins: all up to a cursor, all that there is, or nothing. */
enum stream_start { START_AFTER, START_LIVE, START_ALL };

struct stream {
	struct connection_holder holder;
	struct connection *connection;
	struct subscriber subscriber;
	uint32_t expires_at;	     /* when its token does, in seconds since 1970 */
	uint16_t user_counter;	     /* its place in the quota of its user */
	unsigned wire : 3;	     /* its row of wire_table */
	unsigned failures : 3;	     /* of the store in a row, as far as it counts */
	bool reading : 1;	     /* the store has been asked and has not answered */
	bool gathering : 1;	     /* what is sent is gathered in the worker's output */
	bool again : 1;		     /* while gathering: the store is to be asked again */
	bool owed : 1;		     /* a count, which could not be told */
	bool begun : 1;		     /* the response's head has been sent */
	bool closed : 1;	     /* its connection is gone; it waits for the store */
	bool may_publish : 1;	     /* its token says so; for wires that also hear */
	bool foreign : 1;	     /* it begins with a cursor of another epoch */
	enum stream_start start : 2; /* START_AFTER once the store has answered */
};

struct exchange;

/* What streams over one wire have in common. */
struct stream_kind {
	const struct wire_ops *wire;
	const struct connection_holder_ops *holder_ops;
	size_t bytes; /* of a structure that begins with a struct stream */
	/* Appends the head of the answer. */
	void (*append_head)(struct exchange *exchange, struct buffer *out);
};

/* Whether a stream can begin, and from where: Last-Event-ID goes before the address. Returns 0, or
 * -EINVAL and the exchange is answered. */
int stream_read_start(struct exchange *exchange, enum stream_start *ret_start,
		      struct cursor *ret_after);

/* Begins a stream of the exchange's user: it subscribes, and reads the store where that has more.
 * The exchange is over, or answered where a limit is reached or memory is short. */
void stream_open(struct exchange *exchange, const struct stream_kind *kind, enum stream_start start,
		 const struct cursor *after);

/* Redeems the exchange's ticket where it has one, and then calls `begin`. */
void stream_redeem(struct exchange *exchange, void (*begin)(struct exchange *exchange));

/* A stream of the exchange's user; it has subscribed and reads. NULL, and the exchange is answered,
 * where a limit is reached or memory is short. */
struct stream *stream_create(struct exchange *exchange, const struct stream_kind *kind,
			     struct inbox *inbox, const struct cursor *after);

static inline struct worker *stream_worker(const struct stream *stream)
{
	return stream->connection->worker;
}

static inline const struct wire_ops *stream_wire(const struct stream *stream)
{
	return wire_table[stream->wire];
}

static inline struct audit_client stream_client(const struct stream *stream)
{
	return (struct audit_client){
	    .user = inbox_name(stream->subscriber.inbox),
	    .wire = stream_wire(stream)->name,
	    .worker = stream_worker(stream)->number,
	    .connection = stream->connection->number,
	};
}

static inline struct cursor stream_cursor(const struct stream *stream)
{
	return subscriber_cursor(&stream->subscriber, stream_worker(stream)->hub.epoch);
}

/* Says goodbye and ends: nothing is sent any more. Twice is once. */
void stream_end(struct stream *stream, enum wire_goodbye reason);

/* The same for one whose token has expired, which is counted; once. */
void stream_expire(struct stream *stream);

/* Ends without a goodbye. */
void stream_finish(struct stream *stream);

/* What a stream does for its connection; wires that also hear do more. */
extern const struct connection_holder_ops stream_holder_ops;
void stream_on_timer(struct connection_holder *holder);
void stream_on_drained(struct connection_holder *holder);
void stream_on_drain(struct connection_holder *holder);
void stream_on_close(struct connection_holder *holder);

/* False once it has ended, or its connection has. */
static inline bool stream_is_open(const struct stream *stream)
{
	return stream->connection->state == CONNECTION_HOLDING;
}

/* True once its token has expired. */
bool stream_is_expired(const struct stream *stream);

/* Sends what was gathered in the worker's output. */
void stream_send_output(struct stream *stream);

/* Calls on_timer after so many milliseconds, or when the token ends. */
void stream_set_timer(struct stream *stream, int64_t milliseconds);

/* Sets the timer for the first heartbeat, at a random time: those of many streams shall spread. */
void stream_start_heartbeat(struct stream *stream);

/* Asks the store from where the client is, as `start` and `foreign` say. `prefix` is sent before
 * its answer and taken over; where memory is short the connection is closed. */
void stream_read_first(struct stream *stream, struct buffer *prefix);

/* Whether the timer is the one of a read that failed, which comes more often than a heartbeat. */
bool stream_retries_soon(const struct stream *stream);

/* Asks the store for what comes after `last`: the subscriber's `read`. */
void stream_read(struct subscriber *subscriber);

#endif
