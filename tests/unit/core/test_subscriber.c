#include "core/subscriber.h"

#include "lib/assertions.h"

#include <errno.h>

/* A connection that answers as it is told and remembers what it was asked. */
struct fake {
	struct subscriber subscriber;
	int answer; /* of `send` */
	unsigned sent, read, live;
	int64_t seqs[16];
	bool is_new[16];
	struct cursor cursors[16];
};

static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	struct fake *fake = CONTAINER_OF(subscriber, struct fake, subscriber);

	fake->seqs[fake->sent] = change->seq;
	fake->is_new[fake->sent] = is_new;
	fake->cursors[fake->sent] = subscriber_cursor(subscriber, 7);
	fake->sent++;
	return fake->answer;
}

static void on_read(struct subscriber *subscriber)
{
	CONTAINER_OF(subscriber, struct fake, subscriber)->read++;
}

static void on_live(struct subscriber *subscriber)
{
	CONTAINER_OF(subscriber, struct fake, subscriber)->live++;
}

static const struct subscriber_ops ops = {.send = on_send, .read = on_read, .live = on_live};

static struct change row(int64_t seq, int64_t first_seq)
{
	return (struct change){.kind = CHANGE_ROW,
			       .seq = seq,
			       .notification = {.id = 1, .seq = seq, .first_seq = first_seq}};
}

static void replay(struct fake *fake, const struct change *own, size_t count, int64_t head,
		   bool more, int64_t known)
{
	struct subscriber_replay content = {
	    .changes = {{own, NULL}, {count, 0}}, .more = more, .heads = {head, 0}};
	int64_t heads[SUBSCRIBER_STREAMS] = {known, 0};

	subscriber_replay(&fake->subscriber, &content, heads);
}

/* At 5 and live. */
static void start_live(struct fake *fake)
{
	*fake = (struct fake){0};
	subscriber_init(&fake->subscriber, &ops, 5, 0);
	assert_int_equal(fake->subscriber.state, SUBSCRIBER_READING);
	replay(fake, NULL, 0, 5, false, 5);
	assert_int_equal(fake->subscriber.state, SUBSCRIBER_LIVE);
	assert_int_equal(fake->live, 1);
}

static void test_live_sends_only_the_next(void **state)
{
	struct fake fake;
	struct change old = row(5, 5), next = row(6, 6), later = row(8, 8);

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 5, &old);
	assert_int_equal(fake.sent, 0);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, &next);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, &next);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.cursors[0].seq, 6);
	assert_int_equal(fake.cursors[0].broadcast_seq, 0);
	assert_true(fake.cursors[0].epoch == 7);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 8, &later);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.read, 1);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_READING);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 9, &later);
	assert_int_equal(fake.read, 1);
}

static void test_streams_are_counted_apart(void **state)
{
	struct fake fake;
	struct change first = row(1, 1);

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_BROADCASTS, 1, &first);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.cursors[0].seq, 5);
	assert_int_equal(fake.cursors[0].broadcast_seq, 1);
}

static void test_head_alone_is_read(void **state)
{
	struct fake fake;

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, NULL);
	assert_int_equal(fake.read, 1);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_READING);
}

static void test_full_connection_falls_behind(void **state)
{
	struct fake fake;
	struct change next = row(6, 6), later = row(7, 7);

	(void)state;
	start_live(&fake);
	fake.answer = -EAGAIN;
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, &next);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_BEHIND);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 5);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 7, &later);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.read, 0);
	subscriber_drained(&fake.subscriber);
	assert_int_equal(fake.read, 1);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_READING);
	subscriber_drained(&fake.subscriber);
	assert_int_equal(fake.read, 1);
}

static void test_broken_connection_keeps_its_place(void **state)
{
	struct fake fake;
	struct change changes[2] = {row(6, 6), row(7, 7)};

	(void)state;
	start_live(&fake);
	fake.answer = -EPIPE;
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, &changes[0]);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 5);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 7, NULL);
	replay(&fake, changes, 2, 7, false, 7);
	assert_int_equal(fake.sent, 2);
	assert_int_equal(fake.live, 1);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 5);
	subscriber_end(&fake.subscriber);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_ENDED);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 8, &changes[0]);
	replay(&fake, changes, 2, 7, false, 7);
	subscriber_drained(&fake.subscriber);
	assert_int_equal(fake.sent, 2);
	assert_int_equal(fake.read, 1);
}

static void test_replay_drops_what_is_known(void **state)
{
	struct fake fake;
	struct change changes[3] = {row(4, 4), row(6, 2), row(9, 9)};

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 10, NULL);
	replay(&fake, changes, 3, 10, false, 10);
	assert_int_equal(fake.sent, 2);
	assert_int_equal(fake.seqs[0], 6);
	assert_false(fake.is_new[0]);
	assert_int_equal(fake.seqs[1], 9);
	assert_true(fake.is_new[1]);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 10);
	assert_int_equal(fake.live, 2);
}

static void test_cut_replay_reads_on(void **state)
{
	struct fake fake;
	struct change changes[2] = {row(6, 6), row(7, 7)};

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 10, NULL);
	replay(&fake, changes, 2, 10, true, 7);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 7);
	assert_int_equal(fake.read, 2);
	assert_int_equal(fake.live, 1);
	/* What is newer than the snapshot is read, too. */
	replay(&fake, NULL, 0, 10, false, 11);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 10);
	assert_int_equal(fake.read, 3);
	replay(&fake, NULL, 0, 11, false, 11);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_LIVE);
}

/* An older snapshot never takes a number back. */
static void test_late_snapshot(void **state)
{
	struct fake fake;

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 6, NULL);
	replay(&fake, NULL, 0, 3, false, 5);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 5);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_LIVE);
}

static void test_replay_into_a_full_connection(void **state)
{
	struct fake fake;
	struct change changes[2] = {row(6, 6), row(7, 7)};

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 7, NULL);
	fake.answer = -EAGAIN;
	replay(&fake, changes, 2, 7, false, 7);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.subscriber.state, SUBSCRIBER_BEHIND);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 5);
	assert_int_equal(fake.live, 1);
	/* The store's answer to a question of before is of no use any more. */
	fake.answer = 0;
	replay(&fake, changes, 2, 7, false, 7);
	assert_int_equal(fake.sent, 1);
}

/* Published 6, published 7, corrected the first: both are new to who was at 5. */
static void test_new_behind_newer(void **state)
{
	struct fake fake;
	struct change changes[3] = {row(7, 7), row(8, 6), row(9, 5)};

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 9, NULL);
	replay(&fake, changes, 3, 9, false, 9);
	assert_int_equal(fake.sent, 3);
	assert_true(fake.is_new[0]);
	assert_true(fake.is_new[1]);
	assert_false(fake.is_new[2]);
}

/* What was taken back before the client ever had it does not come at all, nor does what a user did
 * with a broadcast that is gone; but both are counted. */
static void test_moot_is_passed_over(void **state)
{
	struct fake fake;
	struct change changes[3] = {row(6, 6), row(7, 0), row(8, 5)};

	(void)state;
	start_live(&fake);
	for (int i = 0; i < 3; i++)
		changes[i].notification.withdrawn_at = 1;
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 8, NULL);
	replay(&fake, changes, 3, 8, false, 8);
	assert_int_equal(fake.sent, 1);
	assert_false(fake.is_new[0]);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 8);
}

/* Of a client that was at `first`, and at `last` when it had what was read at that head. */
static struct subscriber_history history_at(int64_t first, int64_t head, int64_t last)
{
	struct subscriber_history history;
	const int64_t start[SUBSCRIBER_STREAMS] = {first, 0};

	subscriber_history_init(&history, start);
	history.steps[SUBSCRIBER_OWN][1].head = head;
	history.steps[SUBSCRIBER_OWN][1].last = last;
	history.counts[SUBSCRIBER_OWN] = 2;
	return history;
}

/* The first of two replays in a row brought what is withdrawn by the second, and a broadcast may
 * have come as a state of the user's. */
static void test_not_moot(void **state)
{
	struct fake fake;
	struct change first = row(7, 7), gone = row(9, 7), broadcast = row(1, 1);
	struct subscriber_history history = history_at(5, 9, 7);
	struct subscriber_replay later = {
	    .changes = {{&gone, &broadcast}, {1, 1}},
	    .heads = {9, 1},
	    .history = &history,
	};

	(void)state;
	start_live(&fake);
	gone.notification.withdrawn_at = 1;
	broadcast.notification.withdrawn_at = 1;
	broadcast.notification.to_everyone = true;
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 9, NULL);
	replay(&fake, &first, 1, 9, true, 9);
	subscriber_replay(&fake.subscriber, &later, later.heads);
	assert_int_equal(fake.sent, 3);
	assert_false(fake.is_new[1]);
	assert_false(fake.is_new[2]);
}

/* The second of two replays in a row knows what the client had before the first. */
static void test_new_in_a_later_replay(void **state)
{
	struct fake fake;
	struct change first = row(7, 7), second = row(9, 6);
	struct subscriber_history history = history_at(5, 9, 7);
	struct subscriber_replay later = {
	    .changes = {{&second, NULL}, {1, 0}},
	    .heads = {9, 0},
	    .history = &history,
	};

	(void)state;
	start_live(&fake);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 9, NULL);
	replay(&fake, &first, 1, 9, true, 9);
	subscriber_replay(&fake.subscriber, &later, later.heads);
	assert_int_equal(fake.sent, 2);
	assert_true(fake.is_new[1]);
}

/* Reads on in pieces of one change, with these heads, and tells whether the last was new. */
static bool last_is_new(const struct change *changes, const int64_t *heads, size_t count)
{
	struct fake fake;
	struct subscriber_history history;

	start_live(&fake);
	subscriber_history_init(&history, fake.subscriber.last);
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, heads[0], NULL);
	for (size_t i = 0; i < count; i++) {
		struct subscriber_replay piece = {
		    .changes = {{&changes[i], NULL}, {1, 0}},
		    .heads = {heads[i], 0},
		    .more = i + 1 < count,
		    .history = &history,
		};

		subscriber_replay(&fake.subscriber, &piece, piece.heads);
	}
	assert_int_equal(fake.sent, count);
	return fake.is_new[count - 1];
}

/* What was sent and changed while the rest was read is no news; what was not sent yet is, wherever
 * its neighbours are. */
static void test_changed_while_reading_on(void **state)
{
	const struct change sent[] = {row(6, 6), row(7, 7), row(10, 6)};
	const struct change unsent[] = {row(6, 6), row(8, 8), row(10, 7)};
	const struct change late[] = {row(6, 6), row(8, 8), row(11, 9)};
	const int64_t heads[] = {9, 10, 11};

	(void)state;
	assert_false(last_is_new(sent, heads, 3));
	assert_true(last_is_new(unsent, heads, 3));
	assert_true(last_is_new(late, heads, 3));
}

/* However many pieces there are. */
static void test_many_pieces(void **state)
{
	enum { PIECES = 12 };
	struct change changes[PIECES];
	int64_t heads[PIECES];

	(void)state;
	for (int i = 0; i < PIECES; i++) {
		changes[i] = row(6 + i, 6 + i);
		heads[i] = 100 + i;
	}
	changes[PIECES - 1] = row(111, 6);
	assert_false(last_is_new(changes, heads, PIECES));
	changes[PIECES - 1] = row(111, 17);
	assert_true(last_is_new(changes, heads, PIECES));
	changes[PIECES - 1] = row(102, 7);
	assert_false(last_is_new(changes, heads, PIECES));
	changes[PIECES - 1] = row(102, 8);
	assert_true(last_is_new(changes, heads, PIECES));
}

/* A broadcast that the user marked is in both lists and told once, as what it is to the client. */
static void test_broadcast_in_both_lists(void **state)
{
	struct fake fake;
	struct change state_of[] = {row(6, 0), row(7, 7)}, broadcast = row(1, 1);
	struct subscriber_replay both = {.changes = {{state_of, &broadcast}, {2, 1}},
					 .heads = {7, 1}};

	(void)state;
	start_live(&fake);
	state_of[0].notification.to_everyone = true;
	broadcast.notification.to_everyone = true;
	state_of[0].notification.id = broadcast.notification.id = 90;
	subscriber_offer(&fake.subscriber, SUBSCRIBER_OWN, 7, NULL);
	subscriber_replay(&fake.subscriber, &both, both.heads);
	assert_int_equal(fake.sent, 2);
	assert_true(fake.is_new[0]);
	assert_true(fake.is_new[1]);
	assert_int_equal(fake.subscriber.last[SUBSCRIBER_OWN], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_live_sends_only_the_next),
	    cmocka_unit_test(test_streams_are_counted_apart),
	    cmocka_unit_test(test_head_alone_is_read),
	    cmocka_unit_test(test_full_connection_falls_behind),
	    cmocka_unit_test(test_broken_connection_keeps_its_place),
	    cmocka_unit_test(test_replay_drops_what_is_known),
	    cmocka_unit_test(test_cut_replay_reads_on),
	    cmocka_unit_test(test_late_snapshot),
	    cmocka_unit_test(test_replay_into_a_full_connection),
	    cmocka_unit_test(test_new_behind_newer),
	    cmocka_unit_test(test_moot_is_passed_over),
	    cmocka_unit_test(test_not_moot),
	    cmocka_unit_test(test_new_in_a_later_replay),
	    cmocka_unit_test(test_changed_while_reading_on),
	    cmocka_unit_test(test_many_pieces),
	    cmocka_unit_test(test_broadcast_in_both_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
