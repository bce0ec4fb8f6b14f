#include "core/hub.h"

#include "base/random.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdio.h>

enum { EPOCH = 7, BROADCASTS = 60 };

struct listener {
	struct subscriber subscriber;
	unsigned sent, read, live;
	int64_t seq;
};

static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	struct listener *listener = CONTAINER_OF(subscriber, struct listener, subscriber);

	(void)is_new;
	listener->sent++;
	listener->seq = change->seq;
	return 0;
}

static void on_read(struct subscriber *subscriber)
{
	CONTAINER_OF(subscriber, struct listener, subscriber)->read++;
}

static void on_live(struct subscriber *subscriber)
{
	CONTAINER_OF(subscriber, struct listener, subscriber)->live++;
}

static const struct subscriber_ops ops = {.send = on_send, .read = on_read, .live = on_live};

/* Live, at these two numbers. */
static void listen_to(struct hub *hub, struct inbox *inbox, struct listener *listener, int64_t own,
		      int64_t broadcasts)
{
	struct subscriber_replay nothing = {.heads = {own, broadcasts}};

	*listener = (struct listener){0};
	subscriber_init(&listener->subscriber, &ops, own, broadcasts);
	hub_subscribe(hub, inbox, &listener->subscriber);
	subscriber_replay(&listener->subscriber, &nothing, nothing.heads);
}

static void leave(struct hub *hub, struct listener *listener, int64_t now)
{
	subscriber_end(&listener->subscriber);
	hub_unsubscribe(hub, &listener->subscriber, now);
}

static struct hint own_hint(const char *user, int64_t seq, int64_t unread)
{
	return (struct hint){
	    .user = slice_from_string(user),
	    .seq = seq,
	    .counts = {.unread = unread},
	    .has_change = true,
	    .change = {.kind = CHANGE_ROW,
		       .seq = seq,
		       .notification = {.id = seq, .seq = seq, .first_seq = seq}},
	};
}

static struct hint broadcast_hint(int64_t seq, int64_t id, bool withdrawn)
{
	struct hint hint = own_hint("", seq, 0);

	hint.change.notification.id = id;
	hint.change.notification.to_everyone = true;
	hint.change.notification.withdrawn_at = withdrawn ? 1 : 0;
	return hint;
}

static void receive_as(struct hub *hub, uint64_t epoch, struct hint hint)
{
	struct hint_batch *batch = hint_batch_create(epoch, 1);

	assert_int_equal(hint_batch_add(batch, &hint), 0);
	hub_receive(hub, batch);
	hint_batch_release(batch);
}

static void receive(struct hub *hub, struct hint hint)
{
	receive_as(hub, EPOCH, hint);
}

static void test_inboxes(void **state)
{
	char longest[INBOX_NAME_BYTES] = "";
	struct slice name = slice_from_bytes(longest, sizeof(longest));
	struct inbox *anna, *other;
	struct hub hub;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	hub_init(&hub, EPOCH);
	assert_null(hub_find(&hub, SLICE("anna")));
	anna = hub_open(&hub, SLICE("anna"), 1000);
	assert_slice(inbox_name(anna), "anna");
	assert_ptr_equal(hub_open(&hub, SLICE("anna"), 1000), anna);
	assert_ptr_equal(hub_find(&hub, SLICE("anna")), anna);
	assert_null(hub_find(&hub, SLICE("ann")));
	other = hub_open(&hub, name, 1000);
	assert_slices(inbox_name(other), name);
	assert_ptr_equal(hub_find(&hub, name), other);
	hub_finish(&hub);
}

/* What was heard of it may be newer. */
static void test_a_mark_of_a_broadcast_is_read(void **state)
{
	struct hint mark = own_hint("anna", 1, 0);
	struct listener listener;
	struct hub hub;

	(void)state;
	hub_init(&hub, EPOCH);
	listen_to(&hub, hub_open(&hub, SLICE("anna"), 0), &listener, 0, 0);
	mark.change.notification.to_everyone = true;
	mark.change.notification.first_seq = 0;
	receive(&hub, mark);
	assert_int_equal(listener.sent, 0);
	assert_int_equal(listener.read, 1);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

/* A broadcast says nothing of what its user did to it, so a mark must not overtake it. */
static void test_a_mark_waits_for_the_broadcasts_that_it_covers(void **state)
{
	const int64_t ids[] = {4, 6};
	struct hint mark = own_hint("anna", 1, 0);
	struct listener listener;
	struct hub hub;

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	listen_to(&hub, hub_open(&hub, SLICE("anna"), 0), &listener, 0, 2);
	mark.change = (struct change){.kind = CHANGE_ALL, .seq = 1, .marked_broadcasts = 6};
	receive(&hub, mark);
	assert_int_equal(listener.sent, 1);
	receive(&hub, broadcast_hint(3, 9, false));
	assert_int_equal(listener.sent, 2);
	mark.seq = mark.change.seq = 2;
	mark.change.marked_broadcasts = 9;
	receive(&hub, mark);
	assert_int_equal(listener.sent, 3);
	assert_int_equal(listener.read, 0);
	mark.seq = mark.change.seq = 3;
	mark.change.marked_broadcasts = 11;
	receive(&hub, mark);
	assert_int_equal(listener.sent, 3);
	assert_int_equal(listener.read, 1);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

static void test_forgetting(void **state)
{
	struct hub hub;
	struct listener listener;
	struct inbox *anna;

	(void)state;
	hub_init(&hub, EPOCH);
	anna = hub_open(&hub, SLICE("anna"), 1000);
	hub_open(&hub, SLICE("minjun"), 2000);
	hub_open(&hub, SLICE("sofia"), 3000);
	listen_to(&hub, anna, &listener, 0, 0);
	hub_open(&hub, SLICE("minjun"), 5000);
	hub_forget(&hub, 4000);
	assert_non_null(hub_find(&hub, SLICE("anna"))); /* somebody listens */
	assert_non_null(hub_find(&hub, SLICE("minjun")));
	assert_null(hub_find(&hub, SLICE("sofia")));
	leave(&hub, &listener, 8000);
	hub_forget(&hub, 7000);
	assert_null(hub_find(&hub, SLICE("minjun")));
	assert_ptr_equal(hub_find(&hub, SLICE("anna")), anna);
	hub_forget(&hub, 8001);
	assert_null(hub_find(&hub, SLICE("anna")));
	assert_int_equal(hub.inboxes.count, 0);
	hub_finish(&hub);
}

static void test_fan_out(void **state)
{
	struct hub hub;
	struct listener anna[2], minjun;
	struct inbox *inbox;

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	inbox = hub_open(&hub, SLICE("anna"), 0);
	listen_to(&hub, inbox, &anna[0], 0, 0);
	listen_to(&hub, inbox, &anna[1], 0, 0);
	listen_to(&hub, hub_open(&hub, SLICE("minjun"), 0), &minjun, 0, 0);
	assert_int_equal(hub.subscriber_count, 3);
	receive(&hub, own_hint("anna", 1, 1));
	receive(&hub, own_hint("nobody", 1, 1));
	assert_int_equal(anna[0].sent + anna[1].sent, 2);
	assert_int_equal(minjun.sent, 0);
	receive(&hub, broadcast_hint(1, 10, false));
	assert_int_equal(anna[0].sent + anna[1].sent + minjun.sent, 5);
	leave(&hub, &anna[0], 0);
	receive(&hub, own_hint("anna", 2, 2));
	receive(&hub, broadcast_hint(2, 11, false));
	assert_int_equal(anna[0].sent, 2);
	assert_int_equal(anna[1].sent, 4);
	assert_int_equal(minjun.sent, 2);
	leave(&hub, &anna[1], 0);
	leave(&hub, &minjun, 0);
	assert_int_equal(hub.subscriber_count, 0);
	hub_finish(&hub);
}

static void test_heads_only_rise(void **state)
{
	struct hub hub;
	struct inbox *anna;
	struct inbox_counts counts = {.unread = 40};

	(void)state;
	hub_init(&hub, EPOCH);
	anna = hub_open(&hub, SLICE("anna"), 0);
	assert_false(anna->known);
	receive(&hub, own_hint("anna", 4, 4));
	assert_true(anna->known);
	receive(&hub, own_hint("anna", 4, 99));
	receive(&hub, own_hint("anna", 3, 99));
	receive_as(&hub, EPOCH + 1, own_hint("anna", 9, 99));
	assert_int_equal(anna->head, 4);
	assert_int_equal(anna->counts.unread, 4);
	hub_learn(anna, 3, &counts);
	assert_int_equal(anna->counts.unread, 4);
	hub_learn(anna, 4, &counts);
	assert_int_equal(anna->counts.unread, 40);
	hub_finish(&hub);
}

/* An inbox whose counts are to be asked again does not take a late hint for its head. */
static void test_late_hint_for_a_doubtful_inbox(void **state)
{
	struct hub hub;
	struct inbox *anna;

	(void)state;
	hub_init(&hub, EPOCH);
	anna = hub_open(&hub, SLICE("anna"), 0);
	receive(&hub, own_hint("anna", 4, 4));
	anna->known = false;
	receive(&hub, own_hint("anna", 3, 3));
	assert_false(anna->known);
	assert_int_equal(anna->head, 4);
	hub_finish(&hub);
}

static void test_learning_wakes(void **state)
{
	struct hub hub;
	struct listener listener;
	struct inbox *anna;
	struct inbox_counts counts = {0};

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	anna = hub_open(&hub, SLICE("anna"), 0);
	listen_to(&hub, anna, &listener, 2, 0);
	hub_learn(anna, 2, &counts);
	assert_int_equal(listener.read, 0);
	hub_learn(anna, 3, &counts);
	assert_int_equal(listener.read, 1);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

/* What an answer tells of a broadcast is heard, and offered to nobody: the hint is on its way. */
static void test_answer_ahead_of_a_hint(void **state)
{
	struct hub hub;
	struct listener listener;
	struct inbox *anna;
	struct cursor cursor;

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 4, NULL, 0), 0);
	anna = hub_open(&hub, SLICE("anna"), 0);
	listen_to(&hub, anna, &listener, 0, 4);
	hub_learn(anna, 0, &(struct inbox_counts){0});
	assert_true(hub_is_settled(&hub));
	hub_learn_broadcast_head(&hub, 3);
	assert_true(hub_is_settled(&hub));
	hub_learn_broadcast_head(&hub, 5);
	assert_int_equal(listener.read, 0);
	assert_false(hub_cursor(&hub, anna, &cursor));
	receive(&hub, broadcast_hint(5, 10, false));
	assert_int_equal(listener.sent, 1);
	assert_int_equal(listener.seq, 5);
	assert_true(hub_is_settled(&hub));
	assert_int_equal(hub.broadcast_count, 1);
	assert_true(hub_cursor(&hub, anna, &cursor));
	assert_int_equal(cursor.broadcast_seq, 5);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

/* The same of an answer with the list, which the hint must not change again. */
static void test_list_ahead_of_a_hint(void **state)
{
	struct hub hub;
	struct listener listener;
	struct inbox *anna;
	struct cursor cursor;
	int64_t ids[] = {10, 11};

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	anna = hub_open(&hub, SLICE("anna"), 0);
	hub_learn(anna, 0, &(struct inbox_counts){0});
	listen_to(&hub, anna, &listener, 0, 0);
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	assert_int_equal(listener.read, 0);
	assert_true(hub_cursor(&hub, anna, &cursor));
	assert_int_equal(cursor.broadcast_seq, 2);
	assert_false(hub_is_settled(&hub));
	receive(&hub, broadcast_hint(1, 10, false));
	assert_false(hub_is_settled(&hub));
	receive(&hub, broadcast_hint(2, 11, false));
	assert_true(hub_is_settled(&hub));
	assert_int_equal(listener.sent, 2);
	assert_int_equal(listener.read, 0);
	assert_int_equal(hub.broadcast_count, 2);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

/* Where the hint of what an answer told is lost, a sweep offers it. */
static void test_sweep_offers_what_was_heard(void **state)
{
	struct hub hub;
	struct listener listener;
	struct hint swept = broadcast_hint(1, 10, false);

	(void)state;
	swept.has_change = false;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	listen_to(&hub, hub_open(&hub, SLICE("anna"), 0), &listener, 0, 0);
	hub_learn_broadcast_head(&hub, 1);
	receive(&hub, swept);
	assert_int_equal(listener.read, 1);
	assert_false(hub_knows_broadcasts(&hub));
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

static void test_cursor_needs_both_heads(void **state)
{
	struct hub hub;
	struct inbox *anna;
	struct cursor cursor = {1, 2, 3};

	(void)state;
	hub_init(&hub, EPOCH);
	anna = hub_open(&hub, SLICE("anna"), 0);
	assert_false(hub_cursor(&hub, NULL, &cursor));
	receive(&hub, own_hint("anna", 4, 4));
	assert_false(hub_cursor(&hub, anna, &cursor));
	assert_int_equal(hub_learn_broadcasts(&hub, 6, NULL, 0), 0);
	assert_false(hub_cursor(&hub, hub_open(&hub, SLICE("minjun"), 0), &cursor));
	assert_int_equal(cursor.seq, 2);
	assert_true(hub_cursor(&hub, anna, &cursor));
	assert_true(cursor_equals(&cursor, &(struct cursor){EPOCH, 4, 6}));
	hub_finish(&hub);
}

/* A hint that comes while the worker asks for the broadcasts may be newer than the answer. */
static void test_broadcast_while_unknown(void **state)
{
	struct hub hub;
	struct listener listener;
	int64_t ids[] = {10, 11};

	(void)state;
	hub_init(&hub, EPOCH);
	listen_to(&hub, hub_open(&hub, SLICE("anna"), 0), &listener, 0, 1);
	receive(&hub, broadcast_hint(2, 11, false));
	assert_int_equal(listener.sent, 1);
	assert_int_equal(hub_learn_broadcasts(&hub, 1, ids, 1), 0);
	assert_false(hub_knows_broadcasts(&hub));
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	assert_true(hub_knows_broadcasts(&hub));
	assert_int_equal(hub.broadcast_count, 2);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

/* A sweep counts once, behind all its changes. */
static void test_later_counts(void **state)
{
	struct hub hub;
	struct inbox *inbox;
	struct hint early = own_hint("anna", 3, 5);

	(void)state;
	early.counts_are_later = true;
	hub_init(&hub, EPOCH);
	inbox = hub_open(&hub, SLICE("anna"), 0);
	receive(&hub, early);
	assert_true(inbox->counts_are_later);
	receive(&hub, own_hint("anna", 4, 5));
	assert_false(inbox->counts_are_later);
	early.seq = 4;
	receive(&hub, early);
	assert_false(inbox->counts_are_later);
	hub_finish(&hub);
}

/* Retention raises no head; a sweep brings the counts that it left. */
static void test_forgotten_rows(void **state)
{
	struct hub hub;
	struct listener listener;
	struct inbox *inbox;
	struct hint swept = own_hint("anna", 3, 1);

	(void)state;
	swept.has_change = false;
	hub_init(&hub, EPOCH);
	inbox = hub_open(&hub, SLICE("anna"), 0);
	listen_to(&hub, inbox, &listener, 2, 0);
	receive(&hub, own_hint("anna", 3, 2));
	assert_int_equal(inbox->counts.unread, 2);
	assert_int_equal(listener.live, 1);
	receive(&hub, swept);
	assert_int_equal(inbox->counts.unread, 1);
	assert_int_equal(listener.live, 2);
	receive(&hub, swept);
	assert_int_equal(listener.live, 2);
	leave(&hub, &listener, 0);
	hub_finish(&hub);
}

static void test_forgotten_broadcasts(void **state)
{
	struct hub hub;
	int64_t ids[] = {10, 11};
	struct hint swept = broadcast_hint(2, 11, false);

	(void)state;
	swept.has_change = false;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	receive(&hub, swept);
	assert_true(hub.recheck);
	assert_true(hub_knows_broadcasts(&hub));
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	assert_false(hub.recount);
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids + 1, 1), 0);
	assert_true(hub.recount);
	hub_finish(&hub);
}

static void test_lost_broadcast(void **state)
{
	struct hub hub;
	int64_t ids[] = {10, 11};
	struct hint without = broadcast_hint(3, 12, false);

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	receive(&hub, broadcast_hint(2, 11, false));
	assert_false(hub_knows_broadcasts(&hub));
	assert_int_equal(hub.broadcast_head, 2);
	assert_int_equal(hub_learn_broadcasts(&hub, 2, ids, 2), 0);
	assert_true(hub_knows_broadcasts(&hub));
	without.has_change = false;
	receive(&hub, without);
	assert_false(hub_knows_broadcasts(&hub));
	assert_int_equal(hub.broadcast_head, 3);
	hub_finish(&hub);
}

static void test_recount(void **state)
{
	struct hub hub;
	int64_t ids[] = {10, 11, 12};

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 3, ids, 3), 0);
	assert_false(hub.recount);
	receive(&hub, broadcast_hint(4, 13, false));
	receive(&hub, broadcast_hint(5, 13, false));
	assert_false(hub.recount);
	assert_int_equal(hub.broadcast_count, 4);
	receive(&hub, broadcast_hint(6, 11, true));
	assert_true(hub.recount);
	assert_int_equal(hub.broadcast_count, 3);
	hub.recount = false;
	receive(&hub, broadcast_hint(7, 11, true));
	assert_false(hub.recount);
	/* The same when the worker hears of it by a list. */
	assert_int_equal(hub_learn_broadcasts(&hub, 8, (int64_t[]){10, 12, 13, 14}, 4), 0);
	assert_false(hub.recount);
	assert_int_equal(hub_learn_broadcasts(&hub, 9, (int64_t[]){10, 13, 14, 15}, 4), 0);
	assert_true(hub.recount);
	hub_finish(&hub);
}

/* Broadcasts, and one user's state of each. */
struct model {
	int64_t head, last_id, own_unread;
	bool live[BROADCASTS + 1], handled[BROADCASTS + 1];
	int64_t marked;
};

static int64_t expected_unread(const struct model *model)
{
	int64_t unread = model->own_unread;

	for (int64_t id = 1; id <= model->last_id; id++)
		unread += model->live[id] && id > model->marked && !model->handled[id];
	return unread;
}

static struct inbox_counts counts_of(const struct model *model)
{
	struct inbox_counts counts = {.unread = model->own_unread,
				      .broadcasts_marked = model->marked};

	for (int64_t id = model->marked + 1; id <= model->last_id; id++)
		counts.broadcasts_handled += model->live[id] && model->handled[id];
	return counts;
}

static void change_something(struct model *model, struct hub *hub, struct random *random)
{
	int64_t id = 1 + (int64_t)random_below(random, (uint64_t)model->last_id + 1);

	switch (random_below(random, 5)) {
	case 0:
		if (model->last_id == BROADCASTS)
			return;
		model->live[++model->last_id] = true;
		receive(hub, broadcast_hint(++model->head, model->last_id, false));
		return;
	case 1:
		if (id > model->last_id)
			return;
		model->live[id] = false;
		receive(hub, broadcast_hint(++model->head, id, true));
		return;
	case 2:
		if (id <= model->last_id)
			model->handled[id] = true;
		return;
	case 3:
		if (random_below(random, 10) == 0)
			model->marked = model->last_id;
		return;
	default:
		model->own_unread = (int64_t)random_below(random, 5);
	}
}

static void test_unread_against_a_model(void **state)
{
	uint64_t seed = random_system_seed();
	struct random random;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 200; round++) {
		struct model model = {0};
		struct hub hub;

		hub_init(&hub, EPOCH);
		assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
		for (int step = 0; step < 200; step++) {
			struct inbox_counts counts;

			change_something(&model, &hub, &random);
			counts = counts_of(&model);
			assert_int_equal(hub_unread(&hub, &counts), expected_unread(&model));
		}
		assert_true(hub_knows_broadcasts(&hub));
		hub_finish(&hub);
	}
}

/* Counts that do not fit together (a hint overtook another) never show as less than nothing. */
static void test_unread_is_not_negative(void **state)
{
	struct hub hub;
	struct inbox_counts counts = {.unread = 1, .broadcasts_handled = 3};

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_unread(&hub, &counts), 0);
	hub_finish(&hub);
}

static void test_out_of_memory(void **state)
{
	int64_t ids[40];
	struct hub hub;
	unsigned failures = 0;

	(void)state;
	for (int64_t i = 0; i < 40; i++)
		ids[i] = i + 1;
	for (unsigned n = 1;; n++) {
		struct inbox *inbox;
		int learned;

		hub_init(&hub, EPOCH);
		failing_allocator_fail_at(n);
		inbox = hub_open(&hub, SLICE("anna"), 0);
		learned = hub_learn_broadcasts(&hub, 40, ids, 40);
		if (!failing_allocator_reset()) {
			assert_non_null(inbox);
			assert_int_equal(learned, 0);
			hub_finish(&hub);
			break;
		}
		failures++;
		assert_true(inbox == NULL || learned == -ENOMEM);
		assert_true(inbox != NULL || hub_find(&hub, SLICE("anna")) == NULL);
		assert_int_equal(hub_knows_broadcasts(&hub), learned == 0);
		hub_finish(&hub);
	}
	assert_true(failures >= 3);
}

/* A broadcast that could not be listed is asked for later. */
static void test_broadcast_out_of_memory(void **state)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);
	struct hint hint = broadcast_hint(1, 10, false);
	struct hub hub;

	(void)state;
	hub_init(&hub, EPOCH);
	assert_int_equal(hub_learn_broadcasts(&hub, 0, NULL, 0), 0);
	assert_int_equal(hint_batch_add(batch, &hint), 0);
	failing_allocator_fail_at(1);
	hub_receive(&hub, batch);
	assert_true(failing_allocator_reset());
	assert_false(hub_knows_broadcasts(&hub));
	assert_int_equal(hub.broadcast_head, 1);
	assert_int_equal(hub.broadcast_count, 0);
	hint_batch_release(batch);
	hub_finish(&hub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inboxes),
	    cmocka_unit_test(test_a_mark_of_a_broadcast_is_read),
	    cmocka_unit_test(test_a_mark_waits_for_the_broadcasts_that_it_covers),
	    cmocka_unit_test(test_forgetting),
	    cmocka_unit_test(test_fan_out),
	    cmocka_unit_test(test_heads_only_rise),
	    cmocka_unit_test(test_late_hint_for_a_doubtful_inbox),
	    cmocka_unit_test(test_learning_wakes),
	    cmocka_unit_test(test_answer_ahead_of_a_hint),
	    cmocka_unit_test(test_list_ahead_of_a_hint),
	    cmocka_unit_test(test_sweep_offers_what_was_heard),
	    cmocka_unit_test(test_cursor_needs_both_heads),
	    cmocka_unit_test(test_broadcast_while_unknown),
	    cmocka_unit_test(test_lost_broadcast),
	    cmocka_unit_test(test_recount),
	    cmocka_unit_test(test_unread_against_a_model),
	    cmocka_unit_test(test_unread_is_not_negative),
	    cmocka_unit_test(test_later_counts),
	    cmocka_unit_test(test_forgotten_rows),
	    cmocka_unit_test(test_forgotten_broadcasts),
	    cmocka_unit_test(test_out_of_memory),
	    cmocka_unit_test(test_broadcast_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
