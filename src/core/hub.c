/* An inbox is in the map as long as somebody listens to it or asked for it lately. Its
 * `subscribers` link has two uses, because an inbox is either listened to or idle: ring of its
 * subscribers, or link in the hub's list of idle ones. That keeps a connected user small. */
#include "core/hub.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static bool name_matches(const void *item, struct slice key)
{
	return slice_equals(inbox_name(item), key);
}

void hub_init(struct hub *hub, uint64_t epoch)
{
	*hub = (struct hub){.epoch = epoch, .broadcast_listed = -1};
	map_init(&hub->inboxes, name_matches);
	list_init(&hub->everyone);
	list_init(&hub->idle);
}

void hub_finish(struct hub *hub)
{
	struct inbox *inbox;

	assert(hub->subscriber_count == 0);
	for (size_t i = 0; (inbox = map_next(&hub->inboxes, &i)) != NULL;)
		free(inbox);
	map_finish(&hub->inboxes);
	free(hub->broadcast_ids);
}

struct inbox *hub_find(const struct hub *hub, struct slice user)
{
	return map_find(&hub->inboxes, user);
}

/* The longest unused stand first: who is used goes to the end. */
void hub_use(struct hub *hub, struct inbox *inbox, int64_t now)
{
	inbox->used_at = (uint32_t)(now / 1000);
	if (inbox->connections == 0) {
		list_remove(&inbox->subscribers);
		list_append(&hub->idle, &inbox->subscribers);
	}
}

struct inbox *hub_open(struct hub *hub, struct slice user, int64_t now)
{
	struct inbox *inbox = hub_find(hub, user);

	assert(user.length > 0 && user.length <= INBOX_NAME_BYTES);
	if (inbox == NULL) {
		inbox = malloc(sizeof(*inbox) + user.length);
		if (inbox == NULL)
			return NULL;
		*inbox = (struct inbox){.name_length = (uint8_t)user.length};
		memcpy(inbox->name, user.data, user.length);
		list_init(&inbox->subscribers);
		if (map_insert(&hub->inboxes, user, inbox) < 0) {
			free(inbox);
			return NULL;
		}
	}
	hub_use(hub, inbox, now);
	return inbox;
}

void hub_subscribe(struct hub *hub, struct inbox *inbox, struct subscriber *subscriber)
{
	if (inbox->connections++ == 0)
		list_remove(&inbox->subscribers);
	subscriber->inbox = inbox;
	list_append(&inbox->subscribers, &subscriber->link);
	list_append(&hub->everyone, &subscriber->everyone_link);
	hub->subscriber_count++;
}

void hub_unsubscribe(struct hub *hub, struct subscriber *subscriber, int64_t now)
{
	struct inbox *inbox = subscriber->inbox;

	list_remove(&subscriber->link);
	list_remove(&subscriber->everyone_link);
	subscriber->inbox = NULL;
	hub->subscriber_count--;
	if (--inbox->connections == 0)
		hub_use(hub, inbox, now);
}

/* Offers a change, or only a head, to all who listen to the inbox. Nobody is added or removed while
 * this runs: connections end later. */
static void offer_own(struct inbox *inbox, int64_t seq, const struct change *change)
{
	if (inbox->connections == 0)
		return;
	LIST_FOR_EACH(link, &inbox->subscribers)
		subscriber_offer(CONTAINER_OF(link, struct subscriber, link), SUBSCRIBER_OWN, seq,
				 change);
}

static void offer_broadcast(struct hub *hub, int64_t seq, const struct change *change)
{
	LIST_FOR_EACH(link, &hub->everyone)
		subscriber_offer(CONTAINER_OF(link, struct subscriber, everyone_link),
				 SUBSCRIBER_BROADCASTS, seq, change);
}

/* Retention takes rows away and raises no head: only a sweep tells of it. */
static void recount_own(struct inbox *inbox, const struct hint *hint)
{
	if (hint->has_change || memcmp(&inbox->counts, &hint->counts, sizeof(hint->counts)) == 0)
		return;
	inbox->counts = hint->counts;
	inbox->counts_are_later = false;
	inbox->known = true;
	if (inbox->connections == 0)
		return;
	LIST_FOR_EACH(link, &inbox->subscribers) {
		struct subscriber *subscriber = CONTAINER_OF(link, struct subscriber, link);

		if (subscriber->state == SUBSCRIBER_LIVE)
			subscriber->ops->live(subscriber);
	}
}

/* Whether an inbox's own change fits to what was heard of the broadcasts. */
static bool can_be_offered(const struct hub *hub, const struct hint *hint)
{
	const struct change *change = &hint->change;

	if (!hint->has_change)
		return false;
	return change->kind == CHANGE_ALL ? change->marked_broadcasts <= hub->broadcast_newest
					  : !change->notification.to_everyone;
}

static void receive_own(struct hub *hub, const struct hint *hint)
{
	struct inbox *inbox = hub_find(hub, hint->user);

	if (inbox == NULL || hint->seq < inbox->head)
		return;
	if (hint->seq == inbox->head) {
		recount_own(inbox, hint);
		return;
	}
	inbox->head = hint->seq;
	inbox->counts = hint->counts;
	inbox->counts_are_later = hint->counts_are_later;
	inbox->known = true;
	offer_own(inbox, hint->seq, can_be_offered(hub, hint) ? &hint->change : NULL);
}

/* Where `id` stands among the live broadcasts, or would stand. */
static size_t broadcast_position(const struct hub *hub, int64_t id)
{
	size_t low = 0, high = hub->broadcast_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hub->broadcast_ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int reserve_broadcasts(struct hub *hub, size_t count)
{
	size_t capacity = hub->broadcast_capacity == 0 ? 16 : hub->broadcast_capacity;
	int64_t *ids;

	if (count <= hub->broadcast_capacity)
		return 0;
	while (capacity < count)
		capacity *= 2;
	ids = realloc(hub->broadcast_ids, capacity * sizeof(*ids));
	if (ids == NULL)
		return -ENOMEM;
	hub->broadcast_ids = ids;
	hub->broadcast_capacity = capacity;
	return 0;
}

/* Keeps the list of live broadcasts in step with one changed row. */
static int count_broadcast(struct hub *hub, const struct notification *notification)
{
	size_t position = broadcast_position(hub, notification->id);
	bool listed =
	    position < hub->broadcast_count && hub->broadcast_ids[position] == notification->id;
	int64_t *ids;

	if (listed == notification_is_live(notification))
		return 0;
	if (!listed && reserve_broadcasts(hub, hub->broadcast_count + 1) < 0)
		return -ENOMEM;
	ids = hub->broadcast_ids;
	if (listed) {
		memmove(ids + position, ids + position + 1,
			(hub->broadcast_count - position - 1) * sizeof(*ids));
		hub->broadcast_count--;
		hub->recount = true;
	} else {
		memmove(ids + position + 1, ids + position,
			(hub->broadcast_count - position) * sizeof(*ids));
		ids[position] = notification->id;
		hub->broadcast_count++;
	}
	return 0;
}

/* The heads rise even while the list is not known: an answer of the store that is on its way may be
 * older. The next change brings the list forward, also where an answer has told of its seq
 * before. */
static void receive_broadcast(struct hub *hub, const struct hint *hint)
{
	if (!hint->has_change)
		hub->recheck = true; /* so speaks a sweep, of retention too */
	if (hint->seq <= hub->broadcast_offered)
		return;
	hub->broadcast_offered = hint->seq;
	if (hint->has_change && hint->change.notification.id > hub->broadcast_newest)
		hub->broadcast_newest = hint->change.notification.id;
	hub_learn_broadcast_head(hub, hint->seq);
	if (hint->has_change && hint->seq == hub->broadcast_listed + 1 &&
	    count_broadcast(hub, &hint->change.notification) == 0)
		hub->broadcast_listed = hint->seq;
	offer_broadcast(hub, hint->seq, hint->has_change ? &hint->change : NULL);
}

void hub_receive(struct hub *hub, const struct hint_batch *batch)
{
	if (batch->epoch != hub->epoch)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		if (slice_is_empty(batch->hints[i].user))
			receive_broadcast(hub, &batch->hints[i]);
		else
			receive_own(hub, &batch->hints[i]);
	}
}

void hub_learn(struct inbox *inbox, int64_t head, const struct inbox_counts *counts)
{
	if (head < inbox->head)
		return;
	inbox->counts = *counts;
	inbox->counts_are_later = false;
	inbox->known = true;
	inbox->head = head;
	offer_own(inbox, head, NULL);
}

void hub_learn_broadcast_head(struct hub *hub, int64_t head)
{
	if (head > hub->broadcast_head)
		hub->broadcast_head = head;
}

/* Whether a broadcast that was live is missing among the ids. */
static bool lacks_broadcast(const struct hub *hub, const int64_t *ids, size_t count)
{
	size_t position = 0;

	for (size_t i = 0; i < hub->broadcast_count; i++) {
		while (position < count && ids[position] < hub->broadcast_ids[i])
			position++;
		if (position == count || ids[position] != hub->broadcast_ids[i])
			return true;
	}
	return false;
}

/* The first list is that of the worker's beginning, and sweeps tell what comes after it. */
int hub_learn_broadcasts(struct hub *hub, int64_t head, const int64_t *ids, size_t count)
{
	bool first = hub->broadcast_listed < 0;

	if (head < hub->broadcast_listed)
		return 0;
	if (reserve_broadcasts(hub, count) < 0)
		return -ENOMEM;
	hub->recount = hub->recount || lacks_broadcast(hub, ids, count);
	if (count > 0)
		memcpy(hub->broadcast_ids, ids, count * sizeof(*ids));
	hub->broadcast_count = count;
	hub->broadcast_listed = head;
	hub_learn_broadcast_head(hub, head);
	if (first && head > hub->broadcast_offered) {
		hub->broadcast_offered = head;
		if (count > 0 && ids[count - 1] > hub->broadcast_newest)
			hub->broadcast_newest = ids[count - 1];
		offer_broadcast(hub, head, NULL);
	}
	return 0;
}

int64_t hub_unread(const struct hub *hub, const struct inbox_counts *counts)
{
	size_t marked = broadcast_position(hub, counts->broadcasts_marked + 1);
	int64_t unread =
	    counts->unread + (int64_t)(hub->broadcast_count - marked) - counts->broadcasts_handled;

	return unread < 0 ? 0 : unread;
}

bool hub_position(const struct hub *hub, const struct inbox *inbox, struct cursor *ret_cursor)
{
	if (inbox == NULL || !inbox->known || !hub_knows_broadcasts(hub))
		return false;
	*ret_cursor = (struct cursor){hub->epoch, inbox->head, hub->broadcast_head};
	return true;
}

bool hub_cursor(const struct hub *hub, const struct inbox *inbox, struct cursor *ret_cursor)
{
	return !hub->is_stale && hub_position(hub, inbox, ret_cursor);
}

void hub_reset(struct hub *hub, uint64_t epoch)
{
	struct inbox *inbox;

	for (size_t i = 0; (inbox = map_next(&hub->inboxes, &i)) != NULL;) {
		inbox->head = 0;
		inbox->counts = (struct inbox_counts){.unread = 0};
		inbox->counts_are_later = false;
		inbox->known = false;
	}
	hub->epoch = epoch;
	hub->recount = false;
	hub->recheck = false;
	hub->broadcast_head = 0;
	hub->broadcast_offered = 0;
	hub->broadcast_newest = 0;
	hub->broadcast_listed = -1;
	hub->broadcast_count = 0;
}

void hub_forget(struct hub *hub, int64_t before)
{
	while (!list_is_empty(&hub->idle)) {
		struct inbox *inbox = CONTAINER_OF(hub->idle.next, struct inbox, subscribers);

		if ((int64_t)inbox->used_at * 1000 >= before)
			return;
		list_remove(&inbox->subscribers);
		map_remove(&hub->inboxes, inbox_name(inbox));
		free(inbox);
	}
}
