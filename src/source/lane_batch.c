/* A message that can never be published takes no place in the request, only in the batch. The
 * request's room for items grows with them: mostly there are few. */
#include "source/lane_batch.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_BYTES = 8 << 20, /* of the bodies, the last one aside */
	FIRST_ITEMS = 8,
};

void lane_batch_init(struct lane_batch *batch, struct source_thread *thread,
		     void (*on_published)(struct mailbox_message *message), void *context)
{
	*batch = (struct lane_batch){
	    .thread = thread,
	    .on_published = on_published,
	    .context = context,
	};
	list_init(&batch->messages);
}

static void begin(struct lane_batch *batch)
{
	struct source_thread *thread = batch->thread;
	struct store_publish *publish = &batch->publish;

	store_request_init(&publish->request, STORE_PUBLISH, &thread->loop.mailbox,
			   batch->on_published);
	publish->request.context = batch->context;
	publish->publisher = slice_from_string(thread->name);
	publish->item_count = 0;
	publish->items = NULL;
	batch->room = 0;
	batch->count = 0;
	batch->bytes = 0;
	batch->receivers = 0;
	batch->has_request = true;
}

/* Sees to it that one more item has room. Returns 0, or -ENOMEM. */
static int make_room(struct lane_batch *batch)
{
	struct store_publish *publish = &batch->publish;
	size_t room = batch->room == 0 ? FIRST_ITEMS : 2 * batch->room;
	struct store_item *items;

	if (publish->item_count < batch->room)
		return 0;
	items = arena_allocate_array(&publish->request.arena, room, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	if (publish->item_count > 0)
		memcpy(items, publish->items, publish->item_count * sizeof(*items));
	publish->items = items;
	batch->room = room;
	return 0;
}

/* Reads one message into the next item; one that a rule drops is handled without. What is done
 * already is not left to its key to be left out: it need not have one. Returns 0, or -ENOMEM. */
static int read_message(struct lane_batch *batch, struct lane_message *message, int64_t now)
{
	struct store_publish *publish = &batch->publish;
	const struct configuration *configuration = batch->thread->configuration;
	struct error error;
	int result;

	if (message->first_at == 0)
		message->first_at = now;
	message->has_item = false;
	if (message->refusal != NULL || message->is_done)
		return 0;
	if (make_room(batch) < 0)
		return -ENOMEM;
	result = message_read(&message->content, &configuration->settings, configuration->routing,
			      now, &publish->request.arena, &publish->items[publish->item_count],
			      &message->rule, &error);
	message->has_item = result == 0;
	publish->item_count += message->has_item;
	if (result == -EINVAL)
		message->refusal = strdup(error.text);
	return result >= 0 || message->refusal != NULL ? 0 : -ENOMEM;
}

/* Who is on a topic is not known yet, and may be as many as are allowed. */
static size_t most_receivers(const struct lane_batch *batch, const struct store_item *item)
{
	return slice_is_empty(item->topic) ? store_item_receivers(item)
					   : (size_t)batch->thread->settings->topics_members;
}

static void add(struct lane_batch *batch, struct lane_message *message)
{
	list_remove(&message->link);
	list_append(&batch->messages, &message->link);
	batch->count++;
	batch->bytes += message->content.body.length;
	if (message->has_item)
		batch->receivers +=
		    most_receivers(batch, &batch->publish.items[batch->publish.item_count - 1]);
}

static bool has_room(const struct lane_batch *batch, size_t limit)
{
	size_t receivers = (size_t)batch->thread->settings->publish_notifications;

	return batch->count < limit && batch->bytes < BATCH_BYTES && batch->receivers < receivers;
}

int lane_batch_fill(struct lane_batch *batch, struct list *waiting, size_t limit)
{
	int64_t now = clock_wall();
	int result = 0;

	if (list_is_empty(waiting))
		return 0;
	if (!batch->has_request)
		begin(batch);
	while (result == 0 && !list_is_empty(waiting) && has_room(batch, limit)) {
		struct lane_message *message = lane_message_of(waiting->next);

		result = read_message(batch, message, now);
		if (result == 0)
			add(batch, message);
	}
	return result;
}

void lane_batch_finish(struct lane_batch *batch)
{
	if (batch->has_request)
		store_request_finish(&batch->publish.request);
	batch->has_request = false;
}
