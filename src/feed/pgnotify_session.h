/* One session with PostgreSQL that listens to a channel, and is made again whenever it is lost.
 *
 *                 +-------------- lost, refused, no answer in time --------------+
 *                 v                   |               |              |          |
 *              WAITING --time--> CONNECTING ---> SUBSCRIBING ---> LISTENING <--> ASKING
 *
 * It never waits: the owner polls the socket until the deadline and then steps. One thread. */
#ifndef ALLIM_FEED_PGNOTIFY_SESSION_H
#define ALLIM_FEED_PGNOTIFY_SESSION_H

#include "base/random.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>

#define PGNOTIFY_CHANNEL "allim_hints"

enum pgnotify_state {
	PGNOTIFY_WAITING,     /* until the deadline, before the next attempt */
	PGNOTIFY_CONNECTING,  /* libpq shakes hands */
	PGNOTIFY_SUBSCRIBING, /* LISTEN is under way */
	PGNOTIFY_LISTENING,   /* nothing is under way */
	PGNOTIFY_ASKING,      /* a statement is under way; notifications come as well */
	PGNOTIFY_STATES,
};

/* Milliseconds. */
enum {
	PGNOTIFY_FIRST_BACKOFF = 100, /* the longest that the first may be; then they double */
	PGNOTIFY_LONGEST_BACKOFF = 5000,
	PGNOTIFY_IDLE = 5000,	 /* of silence, before the server is asked whether it is there */
	PGNOTIFY_TIMEOUT = 10000 /* of the handshake, and of each statement */
};

struct pgnotify_session {
	PGconn *handle; /* NULL while WAITING */
	enum pgnotify_state state;
	int64_t deadline; /* monotonic milliseconds */
	PostgresPollingStatusType handshake;
	int64_t subscribed_at;
	unsigned attempts; /* in a row that did not last */
	bool is_told;	   /* a person knows that it does not work */
	struct random random;
	const char *url;      /* the owner's, like the password */
	const char *password; /* may be empty */

	/* The owner's; none may step or send. */
	void (*on_listening)(struct pgnotify_session *session);
	void (*on_notification)(struct pgnotify_session *session, const char *payload);
	/* The statement of pgnotify_session_send() was done, or lost, and then perhaps done. */
	void (*on_end)(struct pgnotify_session *session, bool done);
};

/* The first attempt is due at once. */
void pgnotify_session_init(struct pgnotify_session *session, const char *url, const char *password);

/* Hangs up, without callbacks. */
void pgnotify_session_finish(struct pgnotify_session *session);

/* What to poll; the descriptor is negative where there is only the deadline. */
struct pollfd pgnotify_session_descriptor(const struct pgnotify_session *session);

/* Does what can be done by now. */
void pgnotify_session_step(struct pgnotify_session *session, int64_t now);

/* Sends a statement that returns nothing, in the state LISTENING. */
void pgnotify_session_send(struct pgnotify_session *session, const char *statement, int64_t now);

#endif
