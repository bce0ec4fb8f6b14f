/* One connection to RabbitMQ with one channel, over librabbitmq, whose functions wait: it belongs
 * to a thread that may (see rabbitmq_session.h). Requests are made with librabbitmq's own functions
 * on `handle` and RABBITMQ_CHANNEL; this opens and ends the connection, receives, and explains
 * failures.
 *
 * Everything is for the connection's own thread, except rabbitmq_connection_abort(). */
#ifndef ALLIM_BROKER_RABBITMQ_CONNECTION_H
#define ALLIM_BROKER_RABBITMQ_CONNECTION_H

#include "base/buffer.h"
#include "broker/rabbitmq_problem.h"
#include "broker/rabbitmq_url.h"

#include <amqp.h>
#include <amqp_framing.h>
#include <pthread.h>

enum {
	RABBITMQ_CHANNEL = 1,
	RABBITMQ_TIMEOUT_SECONDS = 5, /* of connecting, of greeting, and of each request */
	/* Two of them without a byte, and the server is taken for dead. */
	RABBITMQ_HEARTBEAT_SECONDS = 5,
};

struct settings;

/* Where the servers are and who comes. Shared by connections, which only read it. */
struct rabbitmq_access {
	struct rabbitmq_url url;
	char *password;
	char *ca_file;
};

/* Copies the settings rabbitmq.url, .password and .tls_ca_file. Returns 0, -ENOMEM or -EINVAL with
 * a sentence; then nothing needs to be finished, and may be. */
int rabbitmq_access_init(struct rabbitmq_access *access, const struct settings *settings,
			 struct error *error);
void rabbitmq_access_finish(struct rabbitmq_access *access);

/* Whether rabbitmq_access_init() would take these settings; returns the same. */
int rabbitmq_access_check(const struct settings *settings, struct error *error);

struct rabbitmq_connection {
	const struct rabbitmq_access *access;
	const char *name;		/* as RabbitMQ's own lists show it */
	amqp_connection_state_t handle; /* NULL while closed */
	unsigned attempts;		/* which of the servers comes next */
	int tls_refusal;		/* of the server's certificate */
	int64_t beat_at;		/* monotonic milliseconds; see rabbitmq_connection_beat() */
	bool is_blocked;		/* by an alarm: what is published now waits */
	pthread_mutex_t mutex;		/* of what an abort needs */
	int descriptor;			/* -1 while closed */
	_Atomic bool is_aborted;
};

/* For storage that the caller has; access and name must outlive it. */
void rabbitmq_connection_init(struct rabbitmq_connection *connection,
			      const struct rabbitmq_access *access, const char *name);
void rabbitmq_connection_finish(struct rabbitmq_connection *connection);

/* The server that was tried last. */
const struct server_endpoint *
rabbitmq_connection_endpoint(const struct rabbitmq_connection *connection);

/* Connects to the next of the servers, logs in, and opens the channel. Returns 0 or a negative
 * errno value with a sentence: -ECANCELED once it is aborted. */
int rabbitmq_connection_open(struct rabbitmq_connection *connection, struct error *error);

/* Ends it, with a word to the server where it can be had within a moment. */
void rabbitmq_connection_leave(struct rabbitmq_connection *connection);

/* Ends it at once, as for one that failed. */
void rabbitmq_connection_drop(struct rabbitmq_connection *connection);

/* From any thread: what waits for the server fails, now and later. */
void rabbitmq_connection_abort(struct rabbitmq_connection *connection);

/* Opens the channel again that the server has closed with its answer to the last request. Returns 0
 * or a negative errno value with a sentence; then the connection is to be dropped. */
int rabbitmq_connection_reopen(struct rabbitmq_connection *connection, struct error *error);

/* What came of the last request. Returns 0 or a negative errno value with a sentence; then the
 * connection is to be dropped. */
int rabbitmq_connection_outcome(struct rabbitmq_connection *connection, struct error *error);

/* Takes a frame that is there, without waiting. Returns 1, or 0 where there is none, or a negative
 * errno value with a sentence; then the connection is to be dropped. What concerns the connection
 * itself (its end, alarms, heartbeats) is seen to, and is no frame. */
int rabbitmq_connection_receive(struct rabbitmq_connection *connection, amqp_frame_t *ret_frame,
				struct error *error);

/* In place of rabbitmq_connection_receive() while frames are left where they are, at least every
 * second: sends heartbeats, so that the server keeps the connection. Returns 0 or a negative errno
 * value with a sentence; then the connection is to be dropped. */
int rabbitmq_connection_beat(struct rabbitmq_connection *connection, int64_t now,
			     struct error *error);

/* Takes the content that follows a frame of basic.deliver or basic.return. The properties live
 * until the next call of rabbitmq_connection_receive(). Returns 1, or 0 where it has more than
 * `limit` bytes or memory is short, and was skipped; or a negative errno value with a sentence. */
int rabbitmq_connection_content(struct rabbitmq_connection *connection, size_t limit,
				struct buffer *body, const amqp_basic_properties_t **ret_properties,
				struct error *error);

/* True where frames wait that a descriptor does not tell of. */
bool rabbitmq_connection_has_input(const struct rabbitmq_connection *connection);

static inline struct slice rabbitmq_slice(amqp_bytes_t bytes)
{
	return bytes.len == 0 ? SLICE("") : slice_from_bytes(bytes.bytes, bytes.len);
}

static inline amqp_bytes_t rabbitmq_bytes(struct slice slice)
{
	return (amqp_bytes_t){.len = slice.length, .bytes = (void *)(uintptr_t)slice.data};
}

#endif
