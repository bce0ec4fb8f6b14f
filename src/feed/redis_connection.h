/* One connection to a Redis that is kept up: it connects, greets, notices silence, and comes back
 * after random and growing delays for as long as it lives.
 *
 * Everything runs on the thread of its loop. What it is for is its owner's, who hears of answers
 * and of losses through struct redis_role. */
#ifndef ALLIM_FEED_REDIS_CONNECTION_H
#define ALLIM_FEED_REDIS_CONNECTION_H

#include "base/buffer.h"
#include "base/random.h"
#include "feed/redis_greeting.h"
#include "feed/redis_lookup.h"
#include "feed/redis_socket.h"
#include "feed/redis_url.h"
#include "net/alarm.h"
#include "net/loop.h"

/* What all connections of a feed share. */
struct redis_shared {
	struct loop *loop;
	struct blocking *lookups;
	SSL_CTX *tls; /* NULL: plain */
	const char *user;
	struct slice password;
	bool cluster;
	bool told_of_cluster; /* that it is one, though `cluster` is not set */
	struct random random;
	_Atomic uint64_t operations; /* commands that were sent */
	_Atomic uint64_t reconnections;
};

struct redis_connection;

struct redis_role {
	bool any_server; /* a replica will do */
	/* It is connected and greeted; commands may be sent. */
	void (*on_ready)(struct redis_connection *connection);
	/* An answer, or a message that nobody asked for. It is freed afterwards. Returns 0, or a
	 * negative errno value with a sentence, which ends the connection. */
	int (*on_reply)(struct redis_connection *connection, const redisReply *reply,
			struct error *error);
	/* It is not, or no longer; what was sent may be lost. It tries again by itself. */
	void (*on_lost)(struct redis_connection *connection, const struct error *reason);
};

/*	WAITING --> LOOKING_UP --> CONNECTING --> GREETING --> READY
 *	   ^            |              |              |          |
 *	   +------------+--------------+--------------+----------+	lost, or refused */
enum redis_state {
	REDIS_WAITING,	  /* for the next attempt */
	REDIS_LOOKING_UP, /* addresses of the host's name */
	REDIS_CONNECTING, /* TCP, and TLS */
	REDIS_GREETING,	  /* AUTH and INFO are to be answered */
	REDIS_READY,
	REDIS_STATES
};

struct redis_connection {
	struct loop_source source;
	struct redis_shared *shared;
	const struct redis_role *role;
	struct server_endpoint endpoint;
	enum redis_state state;
	struct redis_lookup *lookup; /* while LOOKING_UP */
	struct redis_addresses addresses;
	unsigned address; /* the next of them to try */
	struct redis_socket socket;
	uint32_t events; /* that epoll waits for */
	redisReader *reader;
	redisReplyObjectFunctions reply_functions;
	size_t reply_bytes; /* of the answer that is not whole yet */
	struct buffer output;
	enum redis_greeting greeting;
	struct alarm retry;
	unsigned attempts; /* since it was last up for a while */
	int64_t since;	   /* its state, or that it began to connect, */
	int64_t heard;	   /* the last byte from the server, */
	int64_t asked;	   /* and the last PING; all monotonic milliseconds */
	bool was_ready;
};

/* For storage that the caller has. Nothing happens before redis_connection_start(). */
void redis_connection_init(struct redis_connection *connection, struct redis_shared *shared,
			   const struct redis_role *role, const struct server_endpoint *endpoint);

/* Connects now, where it is waiting. */
void redis_connection_start(struct redis_connection *connection);

/* Takes effect with the next attempt. */
void redis_connection_set_endpoint(struct redis_connection *connection,
				   const struct server_endpoint *endpoint);

/* Gives it up for that reason and tries again later. Not from within its own on_ready or
 * on_reply. */
void redis_connection_restart(struct redis_connection *connection, const struct error *reason);

/* Closes it for good, without a word to its owner; its memory must stay until the end of the loop's
 * turn. */
void redis_connection_finish(struct redis_connection *connection);

enum { REDIS_ARGUMENTS = 4 };

/* Queues a command of at most REDIS_ARGUMENTS, which redis_connection_flush() sends. Returns 0,
 * -ENOTCONN where it is not READY, or -ENOMEM; then nothing of it is sent. */
int redis_connection_send(struct redis_connection *connection, const struct slice *arguments,
			  size_t count);

/* To be called at the end of a turn. */
void redis_connection_flush(struct redis_connection *connection);

/* To be called about every second: notices silence and attempts that take too long. */
void redis_connection_check(struct redis_connection *connection);

/* So much is queued that more should wait. */
bool redis_connection_is_full(const struct redis_connection *connection);

static inline bool redis_connection_is_ready(const struct redis_connection *connection)
{
	return connection->state == REDIS_READY;
}

#endif
