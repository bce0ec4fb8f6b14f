/* Polling for changes, short or long.
 *
 * A poll whose cursor is the present one is answered from the worker's memory. With wait= it
 * becomes a subscriber instead, one whose first change ends it: then the store is asked, so that
 * the answer is one snapshot, and the connection is free again. */
#include "server/poll.h"

#include "server/inbox.h"
#include "server/worker.h"

#include <errno.h>
#include <stdlib.h>

enum { WAIT_SECONDS = 86400 }; /* longer than any setting allows; see read_wishes() */

/* What a poll wants: the task of its exchange. */
struct poll {
	struct cursor after;
	int64_t limit;	    /* the most changes */
	int64_t wait_until; /* in monotonic milliseconds */
	bool waited;	    /* once, and is to be answered now */
};

struct waiter {
	struct connection_holder holder;
	struct exchange *exchange;
	struct subscriber subscriber;
	struct list woken; /* among the worker's, when there is something to answer */
	int user_counter;
	struct cursor after;
};

static void ask(struct exchange *exchange, const struct cursor *after);
static void reply_unchanged(struct exchange *exchange, struct inbox *inbox,
			    const struct cursor *cursor);

static struct poll *poll_of(const struct exchange *exchange)
{
	return exchange->task;
}

/* The change itself is not used: the store gives it again, with all that came by then. Nothing is
 * answered here, because the hub is in the middle of its list. */
static void wake(struct subscriber *subscriber)
{
	struct waiter *waiter = CONTAINER_OF(subscriber, struct waiter, subscriber);

	list_remove(&waiter->woken);
	list_append(&waiter->exchange->worker->woken, &waiter->woken);
}

static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	(void)change;
	(void)is_new;
	wake(subscriber);
	return -EAGAIN;
}

static void on_live(struct subscriber *subscriber)
{
	(void)subscriber;
}

static const struct subscriber_ops subscriber_ops = {
    .send = on_send,
    .read = wake,
    .live = on_live,
};

static void free_waiter(struct waiter *waiter)
{
	struct worker *worker = waiter->exchange->worker;

	subscriber_end(&waiter->subscriber);
	hub_unsubscribe(&worker->hub, &waiter->subscriber, worker->loop.now);
	quota_release(worker->node->user_connections, waiter->user_counter);
	metrics_subtract(&worker->metrics, METRIC_POLLS_WAITING, 1);
	list_remove(&waiter->woken);
	free(waiter);
}

/* Stops waiting and answers; the store is asked where anything may be new. */
static void stop_waiting(struct waiter *waiter)
{
	struct exchange *exchange = waiter->exchange;
	struct inbox *inbox = waiter->subscriber.inbox;
	struct cursor after = waiter->after, present;

	connection_release(exchange->connection);
	free_waiter(waiter);
	poll_of(exchange)->waited = true;
	if (hub_cursor(&exchange->worker->hub, inbox, &present) && cursor_equals(&after, &present))
		reply_unchanged(exchange, inbox, &present);
	else
		ask(exchange, &after);
}

void poll_answer_woken(struct worker *worker)
{
	while (!list_is_empty(&worker->woken)) {
		struct waiter *waiter = CONTAINER_OF(worker->woken.next, struct waiter, woken);

		list_remove(&waiter->woken);
		if (waiter->exchange->connection->state != CONNECTION_CLOSED)
			stop_waiting(waiter);
	}
}

static void on_timer(struct connection_holder *holder)
{
	stop_waiting((struct waiter *)holder);
}

/* Nothing is written while it waits, but `100 Continue` may have waited for the socket, and have
 * had the timer. */
static void on_drained(struct connection_holder *holder)
{
	struct exchange *exchange = ((struct waiter *)holder)->exchange;

	connection_set_timer(exchange->connection, poll_of(exchange)->wait_until);
}

static void on_close(struct connection_holder *holder)
{
	free_waiter((struct waiter *)holder);
}

static const struct connection_holder_ops holder_ops = {
    .on_timer = on_timer,
    .on_drained = on_drained,
    .on_drain = on_timer,
    .on_close = on_close,
};

/* Becomes a subscriber that has everything up to `after`. Where a limit is reached or memory is
 * short the exchange is answered. */
static void start_waiting(struct exchange *exchange, struct inbox *inbox,
			  const struct cursor *after)
{
	struct worker *worker = exchange->worker;
	struct subscriber_replay nothing = {.heads = {after->seq, after->broadcast_seq}};
	int counter = quota_hold(worker->node->user_connections, exchange->identity.name,
				 (uint64_t)worker->settings->limits_connections_per_user);
	struct waiter *waiter;

	if (counter < 0) {
		exchange_problem(
		    exchange, PROBLEM_TOO_MANY_REQUESTS,
		    "Wait on fewer connections; limits.connections_per_user allows %lld",
		    (long long)worker->settings->limits_connections_per_user);
		return;
	}
	waiter = malloc(sizeof(*waiter));
	if (waiter == NULL) {
		quota_release(worker->node->user_connections, counter);
		exchange_out_of_memory(exchange);
		return;
	}
	*waiter = (struct waiter){
	    .holder.ops = &holder_ops,
	    .exchange = exchange,
	    .user_counter = counter,
	    .after = *after,
	};
	list_init(&waiter->woken);
	subscriber_init(&waiter->subscriber, &subscriber_ops, after->seq, after->broadcast_seq);
	hub_subscribe(&worker->hub, inbox, &waiter->subscriber);
	metrics_add(&worker->metrics, METRIC_POLLS_WAITING, 1);
	connection_hold(exchange->connection, &waiter->holder);
	connection_set_timer(exchange->connection, poll_of(exchange)->wait_until);
	subscriber_replay(&waiter->subscriber, &nothing, nothing.heads);
}

/* Waits where the client wants to and `after` is all that the worker has heard of. Returns whether
 * the exchange is taken care of. */
static bool wait_for_change(struct exchange *exchange, const struct cursor *after)
{
	struct worker *worker = exchange->worker;
	const struct poll *poll = poll_of(exchange);
	struct inbox *inbox;
	struct cursor present;

	if (poll->waited || poll->wait_until <= worker->loop.now || worker->draining ||
	    !exchange->carrier->may_wait)
		return false;
	inbox = hub_open(&worker->hub, exchange->identity.name, worker->loop.now);
	if (inbox == NULL || !hub_position(&worker->hub, inbox, &present) ||
	    !cursor_equals(after, &present))
		return false;
	start_waiting(exchange, inbox, after);
	return true;
}

/* A poll does not know what its client had, so whatever came since is new to it. */
static void record(struct exchange *exchange, const struct wire_answer *content)
{
	struct audit_page *page = &exchange->worker->audit;
	struct audit_client client = exchange_client(exchange, poll_wire_ops.name);
	int64_t after = poll_of(exchange)->after.seq,
		after_broadcast = poll_of(exchange)->after.broadcast_seq;

	for (size_t i = 0; i < content->change_count; i++) {
		const struct change *change = &content->changes[i];
		bool is_broadcast = change->notification.to_everyone;

		audit_deliver(page, &client, change,
			      change->notification.first_seq >
				  (is_broadcast ? after_broadcast : after));
	}
}

static void answer(struct exchange *exchange, const struct wire_answer *content)
{
	struct buffer body = BUFFER_EMPTY;

	inbox_add_etag(exchange, &content->cursor);
	if (content->change_count == 0 && inbox_matches(exchange, &content->cursor)) {
		exchange_reply_empty(exchange, 304);
		return;
	}
	poll_wire_ops.answer(&body, content);
	exchange_reply_content(exchange, &body, content, record);
	buffer_finish(&body);
}

/* Both lists in the order of time, each notification once. Returns the changes, or NULL when memory
 * is short. */
static struct change *merge(struct exchange *exchange, const struct store_replay *replay,
			    size_t *ret_count)
{
	struct change_merge lists = {{replay->changes, replay->broadcasts},
				     {replay->change_count, replay->broadcast_count}},
			    whole = lists;
	const int64_t had[] = {replay->after.seq, replay->after.broadcast_seq};
	size_t count = replay->change_count + replay->broadcast_count;
	const struct change *change;
	size_t kept = 0;
	struct change *changes =
	    arena_allocate_array(&exchange->arena, count + 1, sizeof(*changes));
	int list;

	if (changes == NULL)
		return NULL;
	while ((change = change_merge_next(&lists, &list)) != NULL) {
		if (!change_is_moot(change, had[list]) && !change_is_repeated(change, &whole))
			changes[kept++] = *change;
	}
	*ret_count = kept;
	return changes;
}

/* Where the limit cut it short, the cursor is that of the last changes which are in the answer. */
static struct cursor cursor_of(const struct store_replay *replay)
{
	struct cursor cursor = replay->cursor;

	if (!replay->more)
		return cursor;
	cursor.seq = replay->after.seq;
	cursor.broadcast_seq = replay->after.broadcast_seq;
	if (replay->change_count > 0)
		cursor.seq = replay->changes[replay->change_count - 1].seq;
	if (replay->broadcast_count > 0)
		cursor.broadcast_seq = replay->broadcasts[replay->broadcast_count - 1].seq;
	return cursor;
}

static void on_replayed(struct exchange *exchange, struct store_request *request)
{
	struct store_replay *replay = (struct store_replay *)request;
	struct wire_answer content = {
	    .is_replay = true,
	    .reset = replay->reset,
	    .more = replay->more,
	    .cursor = cursor_of(replay),
	};

	if (!inbox_learn(exchange, request, &replay->cursor, &replay->counts))
		return;
	metrics_add(&exchange->worker->metrics, METRIC_RESETS, replay->reset);
	if (!replay->reset && replay->change_count + replay->broadcast_count == 0 &&
	    wait_for_change(exchange, &replay->cursor))
		return;
	content.unread = inbox_unread(exchange, &replay->counts);
	content.changes = merge(exchange, replay, &content.change_count);
	if (content.changes == NULL)
		exchange_out_of_memory(exchange);
	else
		answer(exchange, &content);
}

static void ask(struct exchange *exchange, const struct cursor *after)
{
	struct store_replay *replay =
	    exchange_store_request(exchange, sizeof(*replay), STORE_REPLAY);

	if (replay == NULL)
		return;
	replay->user = exchange->identity.name;
	replay->after = *after;
	replay->limit = (size_t)poll_of(exchange)->limit;
	replay->limit_bytes = (size_t)exchange->worker->settings->delivery_replay_bytes;
	metrics_add(&exchange->worker->metrics, METRIC_REPLAYS, 1);
	exchange_ask(exchange, &replay->request, on_replayed);
}

/* Nothing is new, and the worker knows it. */
static void reply_unchanged(struct exchange *exchange, struct inbox *inbox,
			    const struct cursor *cursor)
{
	struct worker *worker = exchange->worker;
	struct wire_answer nothing = {.is_replay = true, .cursor = *cursor};

	hub_use(&worker->hub, inbox, worker->loop.now);
	metrics_add(&worker->metrics, METRIC_POLLS_UNCHANGED, 1);
	nothing.unread = inbox_unread(exchange, &inbox->counts);
	answer(exchange, &nothing);
}

/* More than the settings allow is no error: they may change under a client that lives on. Returns
 * 0, or -EINVAL and the exchange is answered. */
static int read_wishes(struct exchange *exchange, struct poll *poll)
{
	const struct worker *worker = exchange->worker;
	int64_t most = worker->settings->delivery_replay_changes;
	int64_t longest = worker->settings->poll_wait_maximum;
	int64_t wait = 0;

	poll->limit = most;
	if (exchange_number(exchange, SLICE("wait"), 0, WAIT_SECONDS, &wait) < 0 ||
	    exchange_number(exchange, SLICE("limit"), 1, INT64_MAX, &poll->limit) < 0)
		return -EINVAL;
	if (poll->limit > most)
		poll->limit = most;
	poll->wait_until = worker->loop.now + (wait * 1000 < longest ? wait * 1000 : longest);
	return 0;
}

/* Answers from memory where nothing is new, waits where the client wants to, or asks. `present` is
 * NULL where memory does not have the position. */
static void decide(struct exchange *exchange, const struct cursor *after,
		   const struct cursor *present)
{
	struct inbox *inbox = hub_find(&exchange->worker->hub, exchange->identity.name);

	if (present == NULL || !cursor_equals(after, present))
		ask(exchange, after);
	else if (!wait_for_change(exchange, after))
		reply_unchanged(exchange, inbox, present);
}

static void on_heads(struct exchange *exchange, struct store_request *request)
{
	const struct store_heads *heads = (const struct store_heads *)request;
	struct hub *hub = &exchange->worker->hub;
	struct inbox *inbox = hub_open(hub, exchange->identity.name, exchange->worker->loop.now);
	struct cursor present;
	bool is_known;

	is_known = request->epoch == hub->epoch;
	if (is_known && inbox != NULL)
		hub_learn(inbox, heads->heads[0].seq, &heads->heads[0].counts);
	if (is_known)
		hub_learn_broadcast_head(hub, heads->everyone.seq);
	is_known = is_known && hub_position(hub, inbox, &present);
	decide(exchange, &poll_of(exchange)->after, is_known ? &present : NULL);
}

/* Where not every commit is heard of, the store is asked for the heads: the polls of a moment share
 * one query for them. */
static void ask_heads(struct exchange *exchange)
{
	struct store_heads *heads = exchange_store_request(exchange, sizeof(*heads), STORE_HEADS);

	if (heads == NULL)
		return;
	heads->heads = arena_allocate_array(&heads->request.arena, 1, sizeof(*heads->heads));
	if (heads->heads == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	heads->heads[0].user = exchange->identity.name;
	heads->head_count = 1;
	exchange_ask(exchange, &heads->request, on_heads);
}

void poll_changes(struct exchange *exchange, struct slice text)
{
	struct worker *worker = exchange->worker;
	struct cursor present;
	struct inbox *inbox;
	struct poll *poll = arena_allocate_array(&exchange->arena, 1, sizeof(*poll));

	if (poll == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	exchange->task = poll;
	if (read_wishes(exchange, poll) < 0)
		return;
	if (cursor_parse(text, &poll->after) < 0) {
		exchange_problem(exchange, PROBLEM_INVALID_CURSOR,
				 "Give after= a cursor from an answer or an event");
		return;
	}
	inbox = hub_find(&worker->hub, exchange->identity.name);
	if (worker->hub.is_stale)
		ask_heads(exchange);
	else
		decide(exchange, &poll->after,
		       hub_cursor(&worker->hub, inbox, &present) ? &present : NULL);
}
