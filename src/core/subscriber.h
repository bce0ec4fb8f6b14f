/* One connection's place in the rule of delivery: two numbers and a state.
 *
 * A subscriber follows two streams, its user's own inbox and the broadcasts, and keeps for each the
 * seq of the last change that its connection took. It has no queue: what the connection cannot take
 * now is read from the store later.
 *
 *	           +------------------ nothing newer is known -----------------+
 *	           |                                                           v
 *	   ---> READING --- the connection is full ---> BEHIND               LIVE
 *	           ^                                       |                   |  ^
 *	           +------------ it drained ---------------+                   +--+ next change sent
 *	           +------------ a gap: the next change is not last + 1 -------+
 *
 * LIVE goes BEHIND when the connection is full; every state goes to ENDED. Runs on the worker of
 * its connection; does no I/O itself. */
#ifndef ALLIM_CORE_SUBSCRIBER_H
#define ALLIM_CORE_SUBSCRIBER_H

#include "base/list.h"
#include "core/change.h"
#include "core/cursor.h"

enum subscriber_state {
	SUBSCRIBER_READING, /* the store has been asked */
	SUBSCRIBER_LIVE,    /* has everything that its worker knows of */
	SUBSCRIBER_BEHIND,  /* waits for its connection to drain */
	SUBSCRIBER_ENDED,
	SUBSCRIBER_STATES
};

enum subscriber_stream { SUBSCRIBER_OWN, SUBSCRIBER_BROADCASTS, SUBSCRIBER_STREAMS };

struct subscriber;
struct inbox;

/* What a connection does for its subscriber. */
struct subscriber_ops {
	/* Sends one change; `last` already counts it, so that the cursor is right. `is_new`: this
	 * client has never had the notification, as far as can be told: see
	 * subscriber_history. Returns 0 when the connection took it (if need be keeping the rest
	 * of its bytes), -EAGAIN when it took nothing, or another negative value when it is
	 * broken, and then it ends the subscriber itself, later. */
	int (*send)(struct subscriber *subscriber, const struct change *change, bool is_new);
	/* Asks the store for what comes after `last`; subscriber_replay() follows. */
	void (*read)(struct subscriber *subscriber);
	/* It caught up. */
	void (*live)(struct subscriber *subscriber);
};

struct subscriber {
	struct list link;	   /* among those of its inbox */
	struct list everyone_link; /* among all of its worker */
	struct inbox *inbox;
	const struct subscriber_ops *ops;
	int64_t last[SUBSCRIBER_STREAMS];
	enum subscriber_state state;
};

enum { SUBSCRIBER_STEPS = 8 };

/* How far the client was when which heads were read, over several replays in a row.
 *
 * A notification that changed stands at its newest seq, behind newer neighbours, so `last` has
 * passed its beginning by the time it comes. Whether it came before, where it was then, depends on
 * how far the client was when it changed: at the last step whose head is older than the change.
 * What began behind that was never sent, and is new. What began before it was sent, unless it had
 * changed once before and stood further behind already; it then passes for a change, which a client
 * must be able to put in anyway, where a second `notification` would be counted twice. */
struct subscriber_history {
	struct {
		int64_t head;
		int64_t last;
	} steps[SUBSCRIBER_STREAMS][SUBSCRIBER_STEPS]; /* rising */
	unsigned counts[SUBSCRIBER_STREAMS];
};

/* What a read of the store brought, as store.h describes it. */
struct subscriber_replay {
	struct change_merge changes; /* lists in the order of enum subscriber_stream */
	bool more;
	int64_t heads[SUBSCRIBER_STREAMS];
	struct subscriber_history *history; /* gets one more step; or NULL for the only replay */
};

/* Starts in READING, after the two numbers; the caller asks the store. */
void subscriber_init(struct subscriber *subscriber, const struct subscriber_ops *ops, int64_t own,
		     int64_t broadcasts);

/* Begins a history: the client is at `last`. */
void subscriber_history_init(struct subscriber_history *history,
			     const int64_t last[static SUBSCRIBER_STREAMS]);

/* Offers a change that raised a head to `seq`; `change` is NULL where only that is known. */
void subscriber_offer(struct subscriber *subscriber, enum subscriber_stream stream, int64_t seq,
		      const struct change *change);

/* Sends what the store had. `known` are the newest heads that the worker has heard of. */
void subscriber_replay(struct subscriber *subscriber, const struct subscriber_replay *replay,
		       const int64_t known[static SUBSCRIBER_STREAMS]);

/* The connection can take bytes again. */
void subscriber_drained(struct subscriber *subscriber);

/* Nothing is sent from now on; may be called in any state, and twice. */
void subscriber_end(struct subscriber *subscriber);

/* What its client has, once everything written so far has arrived. */
struct cursor subscriber_cursor(const struct subscriber *subscriber, uint64_t epoch);

#endif
