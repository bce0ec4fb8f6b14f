/* Where a batch fails for a reason that may lie in one of its messages, they are tried one by one
 * until the culprit is found; then batches grow again. Whatever fails, both batches go back to what
 * waits, and are read again. */
#include "source/lane.h"

#include "audit/audit.h"
#include "base/counter.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WAIT_FIRST = 100, /* milliseconds until the next try; doubles with each */
	WAIT_DOUBLINGS = 6,
};

static const bool moves[LANE_STATES][LANE_STATES] = {
    [LANE_IDLE] = {[LANE_PUBLISHING] = true,
		   [LANE_BURYING] = true,
		   [LANE_WAITING] = true,
		   [LANE_IDLE] = true},
    [LANE_PUBLISHING] = {[LANE_BURYING] = true, [LANE_WAITING] = true, [LANE_IDLE] = true},
    [LANE_BURYING] = {[LANE_WAITING] = true, [LANE_IDLE] = true},
    [LANE_WAITING] = {[LANE_IDLE] = true},
};

static void move(struct lane *lane, enum lane_state state)
{
	assert(moves[lane->state][state]);
	lane->state = state;
}

/* Messages leave the lane: those of `messages`. */
static void forget(struct lane *lane, struct list *messages)
{
	struct source_figures *figures = &lane->thread->figures;
	size_t number = 0, bytes = 0;

	LIST_FOR_EACH(link, messages) {
		number++;
		bytes += lane_message_bytes(lane_message_of(link));
		free(lane_message_of(link)->refusal);
		lane_message_of(link)->refusal = NULL;
	}
	lane->waiting_count -= number;
	lane->waiting_bytes -= bytes;
	atomic_fetch_sub_explicit(&figures->waiting, number, memory_order_relaxed);
	atomic_fetch_sub_explicit(&figures->waiting_bytes, bytes, memory_order_relaxed);
}

static void drop(struct lane *lane, struct list *messages)
{
	if (list_is_empty(messages))
		return;
	forget(lane, messages);
	lane->ops->on_dropped(lane, messages);
}

/* Puts both batches back in front of what waits. */
static void put_back(struct lane *lane)
{
	lane_batch_finish(lane->present);
	lane_batch_finish(lane->next);
	list_append_all(&lane->present->messages, &lane->next->messages);
	list_append_all(&lane->present->messages, &lane->waiting);
	list_append_all(&lane->waiting, &lane->present->messages);
}

/* Nothing of a closed lane is at the store now. */
static void end(struct lane *lane, bool is_handled)
{
	if (is_handled) {
		forget(lane, &lane->present->messages);
		lane->ops->on_handled(lane, &lane->present->messages);
	}
	drop(lane, &lane->present->messages);
	lane->ops->on_closed(lane);
}

static void wait(struct lane *lane)
{
	unsigned doublings = lane->failures < WAIT_DOUBLINGS ? lane->failures : WAIT_DOUBLINGS;
	int64_t longest = (int64_t)WAIT_FIRST << doublings;
	int64_t spread = (int64_t)random_below(&lane->thread->random, (uint64_t)longest / 2);

	lane->failures++;
	counter_add(&lane->thread->figures.retries, 1);
	put_back(lane);
	move(lane, LANE_WAITING);
	timer_set(&lane->thread->loop.timers, &lane->alarm.timer,
		  lane->thread->loop.now + longest / 2 + spread);
}

/* A message that fails alone, and not because the store is full, short or away, is the reason. */
static void suspect(struct lane *lane)
{
	struct list *messages = &lane->present->messages;
	struct lane_message *message = lane_message_of(messages->next);

	if (messages->next != messages->previous) {
		lane->limit = 1;
		return;
	}
	message->tries++;
	if (message->tries >= lane->thread->settings->sources_tries)
		message->refusal = strdup("the store refuses it; its log says why");
}

/* A store that took too long may have less to do at once. */
static void ease(struct lane *lane)
{
	size_t count = lane->present->count;

	lane->limit = count > 1 ? count / 2 : 1;
}

static void fail(struct lane *lane, int result)
{
	if (lane->is_closed) {
		end(lane, false);
		return;
	}
	if (result == -EIO && lane->state == LANE_PUBLISHING)
		suspect(lane);
	if (result == -EAGAIN && lane->state == LANE_PUBLISHING)
		ease(lane);
	if (lane->failures == 0)
		log_warning("a source waits for the store", LOG_TEXT("source", lane->thread->name),
			    LOG_TEXT("error", strerror(-result)));
	wait(lane);
}

static void finish(struct lane *lane)
{
	size_t most = (size_t)lane->thread->settings->sources_batch;

	if (lane->is_closed) {
		end(lane, true);
		return;
	}
	if (lane->failures > 0)
		log_info("a source goes on", LOG_TEXT("source", lane->thread->name));
	lane->failures = 0;
	lane->limit = lane->limit < most / 2 ? lane->limit * 2 : most;
	move(lane, LANE_IDLE);
	forget(lane, &lane->present->messages);
	lane->ops->on_handled(lane, &lane->present->messages);
}

static void start(struct lane *lane);

/* Burying */

static void record_letters(struct lane *lane)
{
	for (size_t i = 0; i < lane->bury.letter_count; i++) {
		audit_bury(&lane->thread->audit, lane->thread->name, &lane->bury.letters[i]);
		burial_report_tell(&lane->thread->burials, &lane->bury.letters[i]);
	}
	audit_page_turn(&lane->thread->audit);
}

static void on_buried(struct mailbox_message *message)
{
	struct lane *lane = store_request_of(message)->context;
	int result = lane->bury.request.result;
	bool is_closed = lane->is_closed; /* and then gone, soon */

	if (result == 0) {
		counter_add(&lane->thread->figures.buried, lane->bury.buried);
		record_letters(lane);
	}
	store_request_finish(&lane->bury.request);
	if (result < 0)
		fail(lane, result);
	else
		finish(lane);
	if (!is_closed)
		start(lane);
}

static size_t count_refused(const struct lane *lane)
{
	size_t refused = 0;

	LIST_FOR_EACH(link, &lane->present->messages)
		refused += lane_message_of(link)->refusal != NULL;
	return refused;
}

/* The store takes letters with the same position and body for one. Where the queue gives no
 * position, each message is a letter of its own, however often its burial is tried here. */
static struct slice position_of(struct lane *lane, struct lane_message *message)
{
	if (!slice_is_empty(message->content.position))
		return message->content.position;
	if (message->letter[0] == '\0')
		snprintf(message->letter, sizeof(message->letter), "~%016" PRIx64,
			 random_next(&lane->thread->random));
	return slice_from_string(message->letter);
}

static struct store_dead_letter letter_of(struct lane *lane, struct lane_message *message)
{
	return (struct store_dead_letter){
	    .source = slice_from_string(lane->thread->name),
	    .position = position_of(lane, message),
	    .key = message->content.key,
	    .content_type = message->content.content_type,
	    .reason = slice_from_string(message->refusal),
	    .body = message->content.body,
	    .tries = message->tries == 0 ? 1 : message->tries,
	    .first_at = message->first_at,
	};
}

static void bury(struct lane *lane, size_t refused)
{
	struct store_dead_letter *letters;

	store_request_init(&lane->bury.request, STORE_BURY, &lane->thread->loop.mailbox, on_buried);
	lane->bury.request.context = lane;
	letters = arena_allocate_array(&lane->bury.request.arena, refused, sizeof(*letters));
	if (letters == NULL) {
		store_request_finish(&lane->bury.request);
		fail(lane, -ENOMEM);
		return;
	}
	lane->bury.letters = letters;
	lane->bury.letter_count = refused;
	LIST_FOR_EACH(link, &lane->present->messages) {
		struct lane_message *message = lane_message_of(link);

		if (message->refusal == NULL)
			continue;
		*letters++ = letter_of(lane, message);
	}
	move(lane, LANE_BURYING);
	store_submit(lane->thread->store, &lane->bury.request);
}

static void bury_or_finish(struct lane *lane)
{
	size_t refused = count_refused(lane);

	if (refused > 0) {
		bury(lane, refused);
		return;
	}
	finish(lane);
}

/* Publishing */

/* Without an item it was dropped. */
static void record(struct lane *lane, struct lane_message *message, const struct store_item *item)
{
	struct audit_page *page = &lane->thread->audit;
	struct slice publisher = slice_from_string(lane->thread->name);
	struct slice position = message->content.position;

	if (item != NULL)
		audit_publish(page, lane->thread->name, publisher, item, position);
	else
		counter_add(&lane->thread->figures.dropped, 1);
	audit_route(page, publisher, message->rule, item, position);
	message->is_done = true;
}

/* What is published or dropped for good, though the batch may come again because of others. */
static void record_batch(struct lane *lane)
{
	const struct store_item *items = lane->present->publish.items;
	size_t published = 0;

	LIST_FOR_EACH(link, &lane->present->messages) {
		struct lane_message *message = lane_message_of(link);

		if (message->refusal == NULL && !message->is_done)
			record(lane, message, message->has_item ? &items[published] : NULL);
		published += message->has_item;
	}
	audit_page_turn(&lane->thread->audit);
}

static void count_published(struct lane *lane)
{
	const struct store_publish *publish = &lane->present->publish;
	size_t repeated = 0;

	for (size_t i = 0; i < publish->item_count; i++)
		repeated += publish->items[i].is_repeated;
	counter_add(&lane->thread->figures.repeated, repeated);
	counter_add(&lane->thread->figures.published, publish->item_count - repeated);
}

static void on_published(struct mailbox_message *message)
{
	struct lane *lane = store_request_of(message)->context;
	int result = lane->present->publish.request.result;
	bool is_closed = lane->is_closed;

	if (result == 0) {
		count_published(lane);
		record_batch(lane);
	}
	lane_batch_finish(lane->present);
	if (result < 0)
		fail(lane, result);
	else
		bury_or_finish(lane);
	if (!is_closed)
		start(lane);
}

static void begin(struct lane *lane)
{
	struct lane_batch *batch = lane->next;
	int result = lane_batch_fill(batch, &lane->waiting, lane->limit);

	if (list_is_empty(&batch->messages)) {
		fail(lane, result);
		return;
	}
	lane->next = lane->present;
	lane->present = batch;
	if (batch->publish.item_count > 0) {
		move(lane, LANE_PUBLISHING);
		store_submit(lane->thread->store, &batch->publish.request);
		return;
	}
	record_batch(lane);
	lane_batch_finish(batch);
	bury_or_finish(lane);
}

static bool has_messages(const struct lane *lane)
{
	return !list_is_empty(&lane->next->messages) || !list_is_empty(&lane->waiting);
}

/* What cannot be read ahead for want of memory is read in its turn. */
static void start(struct lane *lane)
{
	while (lane->state == LANE_IDLE && has_messages(lane))
		begin(lane);
	if (lane->state == LANE_PUBLISHING || lane->state == LANE_BURYING)
		(void)lane_batch_fill(lane->next, &lane->waiting, lane->limit);
}

static void on_alarm(struct alarm *alarm)
{
	struct lane *lane = CONTAINER_OF(alarm, struct lane, alarm);

	move(lane, LANE_IDLE);
	start(lane);
}

void lane_init(struct lane *lane, struct source_thread *thread, const struct lane_ops *ops)
{
	*lane = (struct lane){
	    .ops = ops,
	    .thread = thread,
	    .limit = (size_t)thread->settings->sources_batch,
	};
	list_init(&lane->waiting);
	for (size_t i = 0; i < 2; i++)
		lane_batch_init(&lane->batches[i], thread, on_published, lane);
	lane->present = &lane->batches[0];
	lane->next = &lane->batches[1];
	alarm_init(&lane->alarm, on_alarm);
}

void lane_add(struct lane *lane, struct lane_message *message)
{
	struct source_figures *figures = &lane->thread->figures;

	assert(!lane->is_closed);
	list_append(&lane->waiting, &message->link);
	lane->waiting_count++;
	lane->waiting_bytes += lane_message_bytes(message);
	counter_add(&figures->received, 1);
	counter_add(&figures->skipped, message->is_done);
	counter_add(&figures->waiting, 1);
	counter_add(&figures->waiting_bytes, lane_message_bytes(message));
	start(lane);
}

void lane_close(struct lane *lane)
{
	assert(!lane->is_closed);
	lane->is_closed = true;
	timer_stop(&lane->alarm.timer);
	lane_batch_finish(lane->next);
	drop(lane, &lane->next->messages);
	drop(lane, &lane->waiting);
	if (lane->state != LANE_PUBLISHING && lane->state != LANE_BURYING)
		lane->ops->on_closed(lane);
}
