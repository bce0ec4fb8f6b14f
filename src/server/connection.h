/* One client's connection, from accept to close.
 *
 *	  +----------------- kept for the next request ----------------+
 *	  v                                                            |
 *	IDLE -- bytes --> RECEIVING -- a request --> ANSWERING ----> SENDING -- not kept --+
 *	                      |                       |     ^          ^                   v
 *	                      |    a stream, or a     v     | its      |               LINGERING
 *	                      |    poll that waits  HOLDING-+ turn     |                   ^
 *	                      |                       '------ it ends -|-------------------'
 *	                      +------ refused as it is read -----------+
 *
 * SENDING lasts until the peer has taken the answer, mostly for no time at all, LINGERING until it
 * has closed too. Every state goes to CLOSED. An idle connection owns no buffers: parser, exchange
 * and output exist only while they hold something. All on the worker's thread. */
#ifndef ALLIM_SERVER_CONNECTION_H
#define ALLIM_SERVER_CONNECTION_H

#include "base/buffer.h"
#include "net/loop.h"
#include "net/socket.h"

enum connection_state {
	CONNECTION_IDLE,
	CONNECTION_RECEIVING,
	CONNECTION_ANSWERING,
	CONNECTION_SENDING,
	CONNECTION_HOLDING,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
	CONNECTION_STATES
};

struct exchange;
struct worker;
struct connection_holder;

/* What happens to who holds a connection. */
struct connection_holder_ops {
	/* The timer that connection_set_timer() set. */
	void (*on_timer)(struct connection_holder *holder);
	/* Bytes of the client's, which may be changed; valid until it returns. NULL: they are
	 * dropped. */
	void (*on_bytes)(struct connection_holder *holder, char *bytes, size_t length);
	/* Everything that was written has been taken by the socket. */
	void (*on_drained)(struct connection_holder *holder);
	/* The node is about to stop: say goodbye and close. */
	void (*on_drain)(struct connection_holder *holder);
	/* The connection has closed; the holder frees itself. */
	void (*on_close)(struct connection_holder *holder);
};

struct connection_holder {
	const struct connection_holder_ops *ops;
};

/* What the peer has not taken yet. */
struct connection_output {
	struct buffer bytes;
	size_t sent;
};

struct connection {
	struct loop_source source;
	struct timer timer;
	struct list link; /* among the worker's connections, or the closed ones */
	struct worker *worker;
	struct exchange *exchange;
	struct connection_holder *holder;
	struct connection_output *output;
	int descriptor;
	int address_counter; /* its place in the quota of its address, or -1 */
	unsigned char state; /* enum connection_state */
	bool reading;	     /* the loop tells of bytes that come */
	bool last;	     /* close behind the present answer */
	uint32_t number;     /* tells it from the worker's others, in the audit log */
};

/* Takes over an accepted descriptor. Closes it where a limit is reached or memory is short. */
void connection_accept(struct worker *worker, int descriptor, const union socket_address *address);

/* Sends bytes, or keeps what the socket does not take. Returns 0, or a negative errno value when
 * the connection has broken and closed, or is at its end. */
int connection_write(struct connection *connection, struct slice bytes);

/* True while bytes wait for the socket. */
bool connection_is_full(const struct connection *connection);

/* How many bytes are kept for it: 0 unless it is full. */
size_t connection_kept(const struct connection *connection);

/* The exchange's answer is in `bytes`, whole: sends it, clears the buffer, and goes on to what the
 * client sent behind the request, whose answer may need the same buffer. */
void connection_answer(struct connection *connection, struct buffer *bytes);

/* Instead of an answer, for now: who holds the connection hears of it. A waiting poll keeps its
 * exchange; a stream drops it, for it has no further use for the request. */
void connection_hold(struct connection *connection, struct connection_holder *holder);
void connection_drop_exchange(struct connection *connection);

/* Whether bytes for the holder are read, or wait in the socket. */
void connection_listen(struct connection *connection, bool listens);

/* A waiting poll gets its answer after all: back to ANSWERING. */
void connection_release(struct connection *connection);

/* When on_timer is to be called, in monotonic milliseconds. */
void connection_set_timer(struct connection *connection, int64_t when);

/* The same, unless it is to be called before that anyway. */
void connection_hurry_timer(struct connection *connection, int64_t when);

/* The worker's timers call this. */
void connection_on_timer(struct timer *timer);

/* Closes. Twice is once. The structure, its exchange and its holder stay until the end of the turn,
 * so that whoever is at work with them may finish. */
void connection_close(struct connection *connection);

/* Ends a held connection behind what was written: nothing more is sent, and it closes when the peer
 * does, or soon. What the socket did not take is lost. The holder stays until then, and hears no
 * more. */
void connection_finish(struct connection *connection);

/* At the end of the turn: tells the holder and frees a closed connection. */
void connection_reap(struct connection *connection);

/* The node is about to stop: ends an idle connection at once, and another behind its answer. */
void connection_drain_idle(struct connection *connection);

/* The same, and asks the holder of a held one to end. */
void connection_drain(struct connection *connection);

#endif
