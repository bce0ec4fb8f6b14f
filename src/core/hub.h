/* What one worker knows: the users that are connected or polled lately, their heads and counts, and
 * who listens to each. Fan-out happens here.
 *
 * Hints and answers of the store raise the heads; a poll whose cursor equals them needs no store.
 * An answer may be ahead of the hint of what it brings. Of a broadcast every subscriber would then
 * read the store, so its answer only raises the head that was heard: subscribers are offered what a
 * hint brings, or a sweep where the hint was lost.
 *
 * A user's own changes and the broadcasts come in no common order. So what a user did to a
 * broadcast is not offered as it is, because its texts may be older than what was heard of the
 * broadcast; nor is a mark of everything that covers a broadcast which was not heard of yet,
 * because heard live that will not say that it is marked. Who listens then reads both from one
 * snapshot. One thread only; no I/O. */
#ifndef ALLIM_CORE_HUB_H
#define ALLIM_CORE_HUB_H

#include "base/map.h"
#include "core/hint.h"
#include "core/subscriber.h"

struct inbox {
	struct list subscribers; /* or, when it has none, its own link among the idle ones */
	int64_t head;
	struct inbox_counts counts;
	uint32_t used_at;      /* seconds of the worker's clock; when it was last of use */
	uint32_t connections;  /* subscribers now */
	bool known;	       /* head and counts have been heard */
	bool counts_are_later; /* than the change that is being offered; see struct hint */
	uint8_t name_length;
	char name[];
};

struct hub {
	struct map inboxes;
	struct list everyone; /* all subscribers, by their everyone_link */
	struct list idle;     /* inboxes without subscribers, the longest unused first */
	uint64_t epoch;
	size_t subscriber_count;
	bool recount; /* a broadcast went away: counts of connected users are to be read again */
	bool recheck; /* the store may have forgotten broadcasts: their list is to be read again */
	bool
	    is_stale; /* not every commit is heard of: what is known may be old; see hub_cursor() */
	int64_t broadcast_head;	   /* the newest that was heard of */
	int64_t broadcast_offered; /* the newest that subscribers were offered */
	int64_t broadcast_newest;  /* the highest id among those */
	int64_t broadcast_listed;  /* the one that the ids are right for; -1: none yet */
	int64_t *broadcast_ids;	   /* live broadcasts, rising; what a badge counts them with */
	size_t broadcast_count;
	size_t broadcast_capacity;
};

enum { INBOX_NAME_BYTES = 255 };

void hub_init(struct hub *hub, uint64_t epoch);

/* Frees the inboxes; nobody subscribes any more. */
void hub_finish(struct hub *hub);

static inline struct slice inbox_name(const struct inbox *inbox)
{
	return slice_from_bytes(inbox->name, inbox->name_length);
}

/* The inbox where the worker has it, or NULL. */
struct inbox *hub_find(const struct hub *hub, struct slice user);

/* The inbox, made where the worker does not have it, or NULL when memory is short. `user` is at
 * most INBOX_NAME_BYTES long. It stays at least until the next hub_forget(). */
struct inbox *hub_open(struct hub *hub, struct slice user, int64_t now);

void hub_subscribe(struct hub *hub, struct inbox *inbox, struct subscriber *subscriber);
void hub_unsubscribe(struct hub *hub, struct subscriber *subscriber, int64_t now);

/* Takes what a feed brought and offers it to all whom it concerns. A batch of another epoch is
 * dropped. */
void hub_receive(struct hub *hub, const struct hint_batch *batch);

/* Takes one inbox's head and counts from the store, and wakes those who lack something: they are
 * the few connections of one user, and the hint may be lost. */
void hub_learn(struct inbox *inbox, int64_t head, const struct inbox_counts *counts);

/* Takes the head of the broadcasts and the ids of those that live, which are copied; wakes nobody.
 * Returns 0 or -ENOMEM. */
int hub_learn_broadcasts(struct hub *hub, int64_t head, const int64_t *ids, size_t count);

/* A newer head of the broadcasts, without their ids. */
void hub_learn_broadcast_head(struct hub *hub, int64_t head);

/* Keeps an inbox from being forgotten: somebody asked about it now. */
void hub_use(struct hub *hub, struct inbox *inbox, int64_t now);

/* Whether the ids are those of the newest head, so that badges and cursors can be told. */
static inline bool hub_knows_broadcasts(const struct hub *hub)
{
	return hub->broadcast_listed == hub->broadcast_head;
}

/* Whether every subscriber that is live has all broadcasts which the ids are right for. */
static inline bool hub_is_settled(const struct hub *hub)
{
	return hub_knows_broadcasts(hub) && hub->broadcast_offered == hub->broadcast_head;
}

/* What the user's badge shows. */
int64_t hub_unread(const struct hub *hub, const struct inbox_counts *counts);

/* The newest position that was heard of, where all of it is known. */
bool hub_position(const struct hub *hub, const struct inbox *inbox, struct cursor *ret_cursor);

/* The same, unless it may be old: then the store has to be asked. */
bool hub_cursor(const struct hub *hub, const struct inbox *inbox, struct cursor *ret_cursor);

/* Forgets all that was known, because it is of another epoch; the inboxes and their subscribers
 * stay. */
void hub_reset(struct hub *hub, uint64_t epoch);

/* Forgets inboxes that nobody has used since `before`. */
void hub_forget(struct hub *hub, int64_t before);

#endif
