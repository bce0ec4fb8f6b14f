/* The rule of delivery, steps 3 to 6, for one connection. */
#include "core/subscriber.h"

#include <assert.h>
#include <errno.h>

static const bool allowed[SUBSCRIBER_STATES][SUBSCRIBER_STATES];

static void move(struct subscriber *subscriber, enum subscriber_state state)
{
	assert(allowed[subscriber->state][state]);
	subscriber->state = state;
}

void subscriber_init(struct subscriber *subscriber, const struct subscriber_ops *ops, int64_t own,
		     int64_t broadcasts)
{
	*subscriber = (struct subscriber){
	    .ops = ops,
	    .last = {own, broadcasts},
	    .state = SUBSCRIBER_READING,
	};
	list_init(&subscriber->link);
	list_init(&subscriber->everyone_link);
}

void subscriber_history_init(struct subscriber_history *history,
			     const int64_t last[static SUBSCRIBER_STREAMS])
{
	for (int stream = 0; stream < SUBSCRIBER_STREAMS; stream++) {
		history->steps[stream][0].head = -1;
		history->steps[stream][0].last = last[stream];
		history->counts[stream] = 1;
	}
}

/* What was not changed between two steps needs only the later one; where there is no more room the
 * last two become one, too, and what changed between them passes for a change. */
static void add_step(struct subscriber_history *history, enum subscriber_stream stream,
		     int64_t head, int64_t last)
{
	unsigned *count = &history->counts[stream];

	if (*count < SUBSCRIBER_STEPS && head > history->steps[stream][*count - 1].head)
		history->steps[stream][(*count)++].head = head;
	history->steps[stream][*count - 1].last = last;
}

/* How far the client was when the change of that seq was made. */
static int64_t last_before(const struct subscriber_history *history, enum subscriber_stream stream,
			   int64_t seq)
{
	unsigned step = history->counts[stream] - 1;

	while (history->steps[stream][step].head >= seq)
		step--;
	return history->steps[stream][step].last;
}

/* Sends one change and counts it only when the connection took it. The client had all that came up
 * to `had`. */
static int send_change(struct subscriber *subscriber, enum subscriber_stream stream, int64_t had,
		       const struct change *change)
{
	int64_t before = subscriber->last[stream];
	bool is_new = change->kind == CHANGE_ROW && change->notification.first_seq > had &&
		      change->notification.withdrawn_at == 0;
	int result;

	subscriber->last[stream] = change->seq;
	result = subscriber->ops->send(subscriber, change, is_new);
	if (result < 0)
		subscriber->last[stream] = before;
	if (result == -EAGAIN)
		move(subscriber, SUBSCRIBER_BEHIND);
	return result;
}

static void read_store(struct subscriber *subscriber)
{
	move(subscriber, SUBSCRIBER_READING);
	subscriber->ops->read(subscriber);
}

void subscriber_offer(struct subscriber *subscriber, enum subscriber_stream stream, int64_t seq,
		      const struct change *change)
{
	if (subscriber->state != SUBSCRIBER_LIVE || seq <= subscriber->last[stream])
		return;
	if (change != NULL && seq == subscriber->last[stream] + 1)
		send_change(subscriber, stream, seq - 1, change);
	else
		read_store(subscriber);
}

void subscriber_replay(struct subscriber *subscriber, const struct subscriber_replay *replay,
		       const int64_t known[static SUBSCRIBER_STREAMS])
{
	const int64_t last[SUBSCRIBER_STREAMS] = {subscriber->last[SUBSCRIBER_OWN],
						  subscriber->last[SUBSCRIBER_BROADCASTS]};
	struct subscriber_history only, *history = replay->history;
	struct change_merge changes = replay->changes;
	const struct change *change;
	bool newer = replay->more;
	int list;

	if (subscriber->state != SUBSCRIBER_READING)
		return;
	if (history == NULL) {
		history = &only;
		subscriber_history_init(history, last);
	}
	while ((change = change_merge_next(&changes, &list)) != NULL) {
		enum subscriber_stream stream = (enum subscriber_stream)list;

		if (change->seq <= subscriber->last[stream])
			continue;
		/* An earlier answer of the same catching up may have brought what is withdrawn by
		 * now, so what is moot is told by this one alone. */
		if (change_is_moot(change, last[stream]) ||
		    change_is_repeated(change, &replay->changes))
			subscriber->last[stream] = change->seq;
		else if (send_change(subscriber, stream, last_before(history, stream, change->seq),
				     change) < 0)
			return;
	}
	for (enum subscriber_stream stream = 0; stream < SUBSCRIBER_STREAMS; stream++) {
		/* Seqs that a later change superseded have no row; the snapshot's head covers them.
		 */
		if (!replay->more && replay->heads[stream] > subscriber->last[stream])
			subscriber->last[stream] = replay->heads[stream];
		add_step(history, stream, replay->heads[stream], subscriber->last[stream]);
		newer = newer || known[stream] > subscriber->last[stream];
	}
	if (newer) {
		read_store(subscriber);
	} else {
		move(subscriber, SUBSCRIBER_LIVE);
		subscriber->ops->live(subscriber);
	}
}

void subscriber_drained(struct subscriber *subscriber)
{
	if (subscriber->state == SUBSCRIBER_BEHIND)
		read_store(subscriber);
}

void subscriber_end(struct subscriber *subscriber)
{
	move(subscriber, SUBSCRIBER_ENDED);
}

struct cursor subscriber_cursor(const struct subscriber *subscriber, uint64_t epoch)
{
	return (struct cursor){
	    .epoch = epoch,
	    .seq = subscriber->last[SUBSCRIBER_OWN],
	    .broadcast_seq = subscriber->last[SUBSCRIBER_BROADCASTS],
	};
}

static const bool allowed[SUBSCRIBER_STATES][SUBSCRIBER_STATES] = {
    [SUBSCRIBER_READING] = {[SUBSCRIBER_READING] = true,
			    [SUBSCRIBER_LIVE] = true,
			    [SUBSCRIBER_BEHIND] = true,
			    [SUBSCRIBER_ENDED] = true},
    [SUBSCRIBER_LIVE] =
	{[SUBSCRIBER_READING] = true, [SUBSCRIBER_BEHIND] = true, [SUBSCRIBER_ENDED] = true},
    [SUBSCRIBER_BEHIND] = {[SUBSCRIBER_READING] = true, [SUBSCRIBER_ENDED] = true},
    [SUBSCRIBER_ENDED] = {[SUBSCRIBER_ENDED] = true},
};
