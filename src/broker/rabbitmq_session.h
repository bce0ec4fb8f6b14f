/* A thread with a connection to RabbitMQ that is kept up: it connects, does what it is for, notices
 * failures, and comes back after random and growing delays for as long as it lives.
 *
 * What it is for is its owner's, whose struct rabbitmq_role is called on the thread; other threads
 * send to its mailbox. */
#ifndef ALLIM_BROKER_RABBITMQ_SESSION_H
#define ALLIM_BROKER_RABBITMQ_SESSION_H

#include "base/random.h"
#include "broker/rabbitmq_connection.h"
#include "broker/rabbitmq_report.h"
#include "net/mailbox.h"

struct rabbitmq_session;

/* Those that return an int return 0, or a negative errno value with a sentence; then the connection
 * is dropped, the reason told, and another one made. */
struct rabbitmq_role {
	/* It is connected: declares, subscribes. */
	int (*on_open)(struct rabbitmq_session *session, struct error *error);
	/* A frame came on the channel. */
	int (*on_frame)(struct rabbitmq_session *session, const amqp_frame_t *frame,
			struct error *error);
	/* In each turn while it is connected, at least every second: sends. */
	int (*on_turn)(struct rabbitmq_session *session, struct error *error);
	/* In each turn, connected or not: for what has a time. */
	void (*on_time)(struct rabbitmq_session *session);
	/* It is no longer connected; what was sent may be lost. */
	void (*on_lost)(struct rabbitmq_session *session);
};

struct rabbitmq_session {
	struct rabbitmq_connection connection;
	struct mailbox mailbox;
	const struct rabbitmq_role *role;
	struct rabbitmq_report *report;
	unsigned number; /* of the connections that share the report */
	pthread_t thread;
	struct mailbox_message stop;
	struct random random;
	int64_t now;	  /* of the turn, monotonic milliseconds */
	int64_t due;	  /* when the role wants its next turn at the latest; set in each */
	int64_t retry_at; /* while it is not connected */
	int64_t opened_at;
	unsigned failed_attempts; /* in a row */
	bool is_open;
	bool holds_back; /* the role's, in its calls: no frame is taken until it is false again */
	bool is_stopping;
	/* From any thread. */
	_Atomic uint64_t attempts; /* to connect */
	_Atomic uint64_t openings; /* of them that came to something */
};

/* For storage that the caller has; what is pointed to must outlive it. Returns 0 or a negative
 * errno value. */
int rabbitmq_session_init(struct rabbitmq_session *session, const struct rabbitmq_access *access,
			  const char *name, const struct rabbitmq_role *role,
			  struct rabbitmq_report *report, unsigned number);

/* Starts the thread. Returns 0 or a negative errno value. */
int rabbitmq_session_start(struct rabbitmq_session *session);

/* Ends the thread: within a moment, or where the server lets it wait, within about a second; while
 * it connects, within RABBITMQ_TIMEOUT_SECONDS and what looking up the server's name takes. */
void rabbitmq_session_stop(struct rabbitmq_session *session);

/* After it was stopped, or not started. Messages in the mailbox are received first. */
void rabbitmq_session_finish(struct rabbitmq_session *session);

/* Has the role called again at that time, or before. On the thread. */
static inline void rabbitmq_session_call_at(struct rabbitmq_session *session, int64_t time)
{
	if (time < session->due)
		session->due = time;
}

#endif
