/* What one worker knows: the users that are connected or polled lately, their heads and counts, and
 * who listens to each. Fan-out happens here.
 *
 * Hints and answers of the store raise the heads; a poll whose cursor equals them needs no store.
 * One thread only; no I/O. */
#ifndef ALLIM_CORE_HUB_H
#define ALLIM_CORE_HUB_H

#include "base/map.h"
#include "core/hint.h"
#include "core/subscriber.h"

struct inbox {
	struct list subscribers; /* or, when it has none, its own link among the idle ones */
	int64_t head;
	struct inbox_counts counts;
	uint32_t used_at;     /* seconds of the worker's clock; when it was last of use */
	uint32_t connections; /* subscribers now */
	bool known;	      /* head and counts have been heard */
	uint8_t name_length;
	char name[];
};

struct hub {
	struct map inboxes;
	struct list everyone; /* all subscribers, by their everyone_link */
	struct list idle;     /* inboxes without subscribers, the longest unused first */
	uint64_t epoch;
	size_t subscriber_count;
	bool broadcasts_known;
	bool recount; /* a broadcast went away: counts of connected users are to be read again */
	bool recheck; /* the store may have forgotten broadcasts: their list is to be read again */
	bool badges_moved; /* the list was learned and is another: every badge is to be sent */
	int64_t broadcast_head;
	int64_t *broadcast_ids; /* live broadcasts, rising; what a badge counts them with */
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

/* Takes one inbox's head and counts from the store, and wakes those who lack something. */
void hub_learn(struct hub *hub, struct inbox *inbox, int64_t head,
	       const struct inbox_counts *counts);

/* The same for the broadcasts; the ids are copied. Returns 0 or -ENOMEM. */
int hub_learn_broadcasts(struct hub *hub, int64_t head, const int64_t *ids, size_t count);

/* A newer head of the broadcasts, without their ids. */
void hub_learn_broadcast_head(struct hub *hub, int64_t head);

/* What the user's badge shows. */
int64_t hub_unread(const struct hub *hub, const struct inbox_counts *counts);

/* The newest position, where it is known. */
bool hub_cursor(const struct hub *hub, const struct inbox *inbox, struct cursor *ret_cursor);

/* Forgets inboxes that nobody has used since `before`. */
void hub_forget(struct hub *hub, int64_t before);

#endif
