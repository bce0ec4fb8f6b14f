/* Seen, read, archived; corrected and withdrawn; and the badge that must follow. */
#include "conformance/store/conformance.h"

#include <errno.h>

/* Without its texts, which end with the answer. */
static struct notification find(struct conformance *c, const char *user, int64_t id)
{
	struct notification found = {.id = 0};
	struct store_list list;

	conformance_list(c, user, STORE_FILTER_ALL, 0, 100, &list);
	for (size_t i = 0; i < list.notification_count; i++) {
		if (list.notifications[i].id == id)
			found = list.notifications[i];
	}
	store_request_finish(&list.request);
	return found;
}

static void assert_title(struct conformance *c, const char *user, const char *title)
{
	struct store_list list;

	conformance_list(c, user, STORE_FILTER_ALL, 0, 1, &list);
	assert_int_equal(list.notification_count, 1);
	assert_slice(list.notifications[0].content.title, title);
	store_request_finish(&list.request);
}

static int64_t publish_body(struct conformance *c, const char *user, struct slice body)
{
	struct slice name = slice_from_string(user);
	struct store_item item = {
	    .users = &name, .user_count = 1, .content = conformance_content("large")};
	int64_t id;

	item.content.body = body;
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	id = item.ids[0];
	store_request_finish(&publish.request);
	return id;
}

static void test_reading_one_moves_it(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "one");
	struct store_mark mark;

	conformance_publish(c, "anna", "two");
	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_READ, &id, 1, &mark), 0);
	assert_int_equal(mark.marked, 1);
	assert_int_equal(mark.counts.unread, 1);
	assert_int_equal(mark.cursor.seq, 3);
	assert_true(mark.cursor.epoch == store_epoch(c->store));
	store_request_finish(&mark.request);
	assert_int_equal(find(c, "anna", id).seq, 3);
	assert_int_equal(find(c, "anna", id).first_seq, 1);
	assert_true(find(c, "anna", id).state_at[NOTIFICATION_READ] != 0);
	assert_true(find(c, "anna", id).state_at[NOTIFICATION_SEEN] == 0);
	assert_int_equal(c->hints[2].seq, 3);
	assert_int_equal(c->hints[2].id, id);
	assert_int_equal(c->hints[2].unread, 1);
	conformance_check(c);
}

static void test_marking_again_changes_nothing(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "one");
	int64_t twice[] = {id, id};
	struct store_mark mark;

	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_SEEN, twice, 2, &mark), 0);
	assert_int_equal(mark.marked, 1);
	store_request_finish(&mark.request);
	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_SEEN, &id, 1, &mark), 0);
	assert_int_equal(mark.marked, 0);
	assert_int_equal(mark.cursor.seq, 2);
	assert_int_equal(mark.counts.unread, 1);
	store_request_finish(&mark.request);
	assert_int_equal(c->hint_count, 2);
}

static void test_a_foreign_id_fails_all(void **state)
{
	struct conformance *c = *state;
	int64_t own = conformance_publish(c, "anna", "hers");
	int64_t foreign = conformance_publish(c, "minjun", "his");
	int64_t ids[] = {own, foreign};
	int64_t unknown = foreign + 1000;
	struct store_mark mark;

	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_READ, ids, 2, &mark), -ENOENT);
	assert_int_equal(mark.missing_id, foreign);
	store_request_finish(&mark.request);
	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_READ, &unknown, 1, NULL),
			 -ENOENT);
	assert_int_equal(conformance_mark(c, "nobody", NOTIFICATION_READ, &own, 1, NULL), -ENOENT);
	assert_int_equal(conformance_mark(c, "", NOTIFICATION_READ, &own, 1, NULL), -ENOENT);
	assert_int_equal(conformance_head(c, "anna").seq, 1);
	assert_int_equal(conformance_unread(c, "anna"), 1);
}

static void test_archiving_counts_as_reading(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "one");

	conformance_mark_one(c, "anna", NOTIFICATION_ARCHIVED, id);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	conformance_mark_one(c, "anna", NOTIFICATION_READ, id);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	conformance_check(c);
}

static void test_all_takes_one_seq(void **state)
{
	struct conformance *c = *state;
	struct store_mark mark;
	int64_t last = 0;

	for (int i = 0; i < 10; i++)
		last = conformance_publish(c, "anna", "many");
	conformance_publish(c, NULL, "broadcast");
	assert_int_equal(conformance_mark_all(c, "anna", NOTIFICATION_READ, &mark), 0);
	assert_int_equal(mark.marked, 1);
	assert_int_equal(mark.cursor.seq, 11);
	assert_int_equal(mark.cursor.broadcast_seq, 1);
	assert_int_equal(mark.counts.unread, 0);
	store_request_finish(&mark.request);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	assert_int_equal(conformance_unread(c, "minjun"), 1);
	assert_int_equal(c->hint_count, 12);
	assert_int_equal(c->hints[11].kind, CHANGE_ALL);
	assert_true(find(c, "anna", last).state_at[NOTIFICATION_READ] != 0);
	assert_int_equal(find(c, "anna", last).seq, 10);
	conformance_publish(c, "anna", "after");
	assert_int_equal(conformance_unread(c, "anna"), 1);
	conformance_publish(c, NULL, "after");
	assert_int_equal(conformance_unread(c, "anna"), 2);
	conformance_check(c);
}

static void test_all_again_changes_nothing(void **state)
{
	struct conformance *c = *state;
	struct store_mark mark;

	conformance_publish(c, "anna", "one");
	assert_int_equal(conformance_mark_all(c, "anna", NOTIFICATION_READ, NULL), 0);
	assert_int_equal(conformance_mark_all(c, "anna", NOTIFICATION_SEEN, NULL), 0);
	assert_int_equal(conformance_mark_all(c, "anna", NOTIFICATION_READ, &mark), 0);
	assert_int_equal(mark.marked, 0);
	assert_int_equal(mark.cursor.seq, 3);
	store_request_finish(&mark.request);
	assert_int_equal(conformance_mark_all(c, "nobody", NOTIFICATION_READ, &mark), 0);
	assert_int_equal(mark.marked, 0);
	assert_int_equal(mark.cursor.seq, 0);
	store_request_finish(&mark.request);
}

static void test_a_row_keeps_what_all_did_to_it(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "one");
	struct store_replay replay;
	int64_t read_at;

	conformance_mark_all(c, "anna", NOTIFICATION_READ, NULL);
	read_at = find(c, "anna", id).state_at[NOTIFICATION_READ];
	assert_true(read_at != 0);
	conformance_mark_one(c, "anna", NOTIFICATION_ARCHIVED, id);
	conformance_reopen(c);
	assert_int_equal(find(c, "anna", id).state_at[NOTIFICATION_READ], read_at);
	conformance_replay(c, "anna", 0, 0, 10, &replay);
	assert_int_equal(replay.change_count, 2);
	assert_int_equal(replay.changes[0].kind, CHANGE_ALL);
	assert_int_equal(replay.changes[0].seq, 2);
	assert_int_equal(replay.changes[0].state, NOTIFICATION_READ);
	assert_int_equal(replay.changes[0].marked_at, read_at);
	assert_int_equal(replay.changes[1].seq, 3);
	assert_int_equal(replay.changes[1].notification.state_at[NOTIFICATION_READ], read_at);
	store_request_finish(&replay.request);
	conformance_check(c);
}

static void test_a_broadcast_is_marked_by_each_user(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, NULL, "to all");
	struct store_replay replay;

	conformance_mark_one(c, "anna", NOTIFICATION_READ, id);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	assert_int_equal(conformance_unread(c, "minjun"), 1);
	assert_int_equal(conformance_head(c, "anna").seq, 1);
	assert_int_equal(conformance_head(c, "").seq, 1);
	assert_true(find(c, "anna", id).state_at[NOTIFICATION_READ] != 0);
	assert_true(find(c, "minjun", id).state_at[NOTIFICATION_READ] == 0);
	conformance_replay(c, "anna", 0, 0, 10, &replay);
	assert_int_equal(replay.change_count, 1);
	assert_int_equal(replay.changes[0].notification.id, id);
	assert_int_equal(replay.changes[0].notification.first_seq, 0);
	assert_true(replay.changes[0].notification.to_everyone);
	assert_slice(replay.changes[0].notification.content.title, "to all");
	assert_int_equal(replay.broadcast_count, 1);
	assert_int_equal(replay.broadcasts[0].notification.first_seq, 1);
	assert_true(replay.broadcasts[0].notification.state_at[NOTIFICATION_READ] != 0);
	store_request_finish(&replay.request);
	conformance_check(c);
}

static void test_handled_broadcasts_count_while_they_live(void **state)
{
	struct conformance *c = *state;
	int64_t first = conformance_publish(c, NULL, "first");
	int64_t second = conformance_publish(c, NULL, "second");

	conformance_mark_one(c, "anna", NOTIFICATION_READ, first);
	conformance_mark_one(c, "anna", NOTIFICATION_ARCHIVED, first);
	conformance_mark_one(c, "anna", NOTIFICATION_SEEN, second);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_head(c, "anna").counts.broadcasts_handled, 1);
	assert_int_equal(conformance_withdraw(c, first), 0);
	assert_int_equal(conformance_head(c, "anna").counts.broadcasts_handled, 0);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_withdraw(c, second), 0);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	conformance_check(c);
}

static int correct_title(struct conformance *c, int64_t id, const char *title)
{
	int result;

	CONFORMANCE_REQUEST(store_correct, request, STORE_CORRECT);
	request.id = id;
	request.correction = (struct notification_content){.given = 1u << NOTIFICATION_TITLE,
							   .title = slice_from_string(title)};
	result = conformance_call(c, &request.request);
	store_request_finish(&request.request);
	return result;
}

static void test_a_correction_is_a_change(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "wrong");

	conformance_mark_one(c, "anna", NOTIFICATION_SEEN, id);
	assert_int_equal(correct_title(c, id, "right"), 0);
	assert_int_equal(find(c, "anna", id).seq, 3);
	assert_title(c, "anna", "right");
	assert_true(find(c, "anna", id).state_at[NOTIFICATION_SEEN] != 0);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_slice(find(c, "anna", id).content.body, "a body");
	assert_int_equal(find(c, "anna", id).content.priority, NOTIFICATION_HIGH);
	assert_int_equal(correct_title(c, id + 1000, "right"), -ENOENT);
	conformance_check(c);
}

static void test_withdrawing_leaves_a_tombstone(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "wrong");
	struct store_replay replay;
	struct store_mark mark;

	assert_int_equal(conformance_withdraw(c, id), 0);
	assert_int_equal(conformance_withdraw(c, id), 0);
	assert_int_equal(conformance_withdraw(c, id + 1000), -ENOENT);
	assert_int_equal(correct_title(c, id, "right"), -ENOENT);
	assert_int_equal(find(c, "anna", id).id, 0);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	assert_int_equal(c->hint_count, 2);
	assert_true(c->hints[1].is_withdrawn);
	conformance_replay(c, "anna", 1, 0, 10, &replay);
	assert_int_equal(replay.change_count, 1);
	assert_true(replay.changes[0].notification.withdrawn_at != 0);
	store_request_finish(&replay.request);
	/* Who marks what was just taken back is not told off. */
	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_READ, &id, 1, &mark), 0);
	assert_int_equal(mark.marked, 0);
	store_request_finish(&mark.request);
	conformance_check(c);
}

/* However much a request touches, memory holds little of it: neither the answer nor the hints carry
 * all the texts, and who hears of a head alone finds the change in the store. */
static void test_marking_large_rows_takes_little_memory(void **state)
{
	enum { ROWS = 400, BODY = 60000, MOST_BYTES = 12 << 20 };
	struct conformance *c = *state;
	static char body[BODY];
	static int64_t ids[ROWS];
	struct store_replay replay;
	struct store_mark mark;
	size_t bytes = 0;

	memset(body, 'x', sizeof(body));
	for (size_t i = 0; i < ROWS; i++)
		ids[i] = publish_body(c, "anna", slice_from_bytes(body, sizeof(body)));
	c->hint_count = 0;
	assert_int_equal(conformance_mark(c, "anna", NOTIFICATION_SEEN, ids, ROWS, &mark), 0);
	assert_int_equal(mark.marked, ROWS);
	assert_null(mark.request.arena.blocks);
	store_request_finish(&mark.request);
	assert_int_equal(c->hint_count, ROWS);
	assert_true(c->hints[0].has_change);
	assert_int_equal(c->hints[0].body_length, BODY);
	assert_false(c->hints[ROWS - 1].has_change);
	for (int64_t i = 0; i < ROWS; i++) {
		assert_int_equal(c->hints[i].seq, ROWS + i + 1);
		assert_int_equal(c->hints[i].unread, ROWS);
		bytes += c->hints[i].body_length;
	}
	assert_true(bytes <= MOST_BYTES);
	conformance_replay(c, "anna", 2 * ROWS - 1, 0, 10, &replay);
	assert_int_equal(replay.change_count, 1);
	assert_true(replay.changes[0].notification.state_at[NOTIFICATION_SEEN] != 0);
	assert_int_equal(replay.changes[0].notification.content.body.length, BODY);
	store_request_finish(&replay.request);
	/* The next commit begins anew. */
	conformance_mark_one(c, "anna", NOTIFICATION_READ, ids[0]);
	assert_true(c->hints[ROWS].has_change);
	conformance_check(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_reading_one_moves_it),
	    CONFORMANCE_TEST(test_marking_again_changes_nothing),
	    CONFORMANCE_TEST(test_a_foreign_id_fails_all),
	    CONFORMANCE_TEST(test_archiving_counts_as_reading),
	    CONFORMANCE_TEST(test_all_takes_one_seq),
	    CONFORMANCE_TEST(test_all_again_changes_nothing),
	    CONFORMANCE_TEST(test_a_row_keeps_what_all_did_to_it),
	    CONFORMANCE_TEST(test_a_broadcast_is_marked_by_each_user),
	    CONFORMANCE_TEST(test_handled_broadcasts_count_while_they_live),
	    CONFORMANCE_TEST(test_a_correction_is_a_change),
	    CONFORMANCE_TEST(test_withdrawing_leaves_a_tombstone),
	    CONFORMANCE_TEST(test_marking_large_rows_takes_little_memory),
	};

	return conformance_run("mark", tests, sizeof(tests) / sizeof(tests[0]));
}
