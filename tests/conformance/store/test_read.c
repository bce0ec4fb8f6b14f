/* Lists, replays, heads and sweeps: what leaves the store fits together and is complete. */
#include "conformance/store/conformance.h"

#include <errno.h>

static void assert_ids(const struct store_list *list, const int64_t *ids, size_t count)
{
	assert_int_equal(list->notification_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list->notifications[i].id, ids[i]);
}

static void test_a_list_mixes_broadcasts_in(void **state)
{
	struct conformance *c = *state;
	int64_t ids[6];
	struct store_list list;

	for (int i = 5; i >= 0; i--)
		ids[i] = conformance_publish(c, i % 2 == 0 ? "anna" : NULL, "mixed");
	conformance_publish(c, "minjun", "not hers");
	conformance_list(c, "anna", STORE_FILTER_INBOX, 0, 10, &list);
	assert_ids(&list, ids, 6);
	assert_false(list.more);
	assert_int_equal(list.cursor.seq, 3);
	assert_int_equal(list.cursor.broadcast_seq, 3);
	assert_true(list.notifications[1].to_everyone);
	assert_slice(list.notifications[0].content.title, "mixed");
	store_request_finish(&list.request);
	conformance_list(c, "nobody", STORE_FILTER_INBOX, 0, 10, &list);
	assert_int_equal(list.notification_count, 3);
	store_request_finish(&list.request);
}

static void assert_pages(struct conformance *c, const int64_t *ids, size_t count, size_t size)
{
	int64_t before = 0;
	bool more = true;

	for (size_t i = 0; more; i += size) {
		size_t expected = count - i < size ? count - i : size;
		struct store_list list;

		assert_true(i < count);
		conformance_list(c, "anna", STORE_FILTER_ALL, before, size, &list);
		assert_ids(&list, ids + i, expected);
		assert_int_equal(list.more, i + expected < count);
		more = list.more;
		before = list.notifications[expected - 1].id;
		store_request_finish(&list.request);
	}
}

static void test_pages_follow_each_other(void **state)
{
	struct conformance *c = *state;
	int64_t ids[30];

	for (int i = 29; i >= 0; i--)
		ids[i] = conformance_publish(c, i % 3 == 0 ? NULL : "anna", "paged");
	/* Moved rows keep their place in the list. */
	conformance_mark_one(c, "anna", NOTIFICATION_READ, ids[20]);
	conformance_mark_one(c, "anna", NOTIFICATION_READ, ids[21]);
	for (size_t size = 1; size < 32; size += 5)
		assert_pages(c, ids, 30, size);
	conformance_reopen(c);
	assert_pages(c, ids, 30, 7);
}

static void test_a_page_is_bounded_in_bytes(void **state)
{
	struct conformance *c = *state;
	char title[1001];
	int64_t last = 0;
	size_t pages = 0, rows = 0;
	bool more = true;

	memset(title, 'x', 1000);
	title[1000] = '\0';
	for (int i = 0; i < 10; i++)
		conformance_publish(c, i % 3 == 0 ? NULL : "anna", title);
	while (more) {
		CONFORMANCE_REQUEST(store_list, list, STORE_LIST);
		list.user = SLICE("anna");
		list.before = last;
		list.limit = 100;
		list.limit_bytes = pages == 0 ? 1 : 3500;
		assert_int_equal(conformance_call(c, &list.request), 0);
		assert_int_equal(list.notification_count, pages == 0 ? 1 : 3);
		rows += list.notification_count;
		last = list.notifications[list.notification_count - 1].id;
		more = list.more;
		pages++;
		store_request_finish(&list.request);
	}
	assert_int_equal(rows, 10);
	assert_int_equal(pages, 4);
}

static void test_a_page_may_begin_at_any_id(void **state)
{
	struct conformance *c = *state;
	int64_t first = conformance_publish(c, "anna", "first");
	int64_t between = conformance_publish(c, "minjun", "not hers");
	int64_t last = conformance_publish(c, "anna", "last");
	int64_t newest_first[] = {last, first};
	struct store_list list;

	conformance_list(c, "anna", STORE_FILTER_ALL, between, 10, &list);
	assert_ids(&list, &first, 1);
	store_request_finish(&list.request);
	conformance_list(c, "anna", STORE_FILTER_ALL, last + 1000, 10, &list);
	assert_ids(&list, newest_first, 2);
	store_request_finish(&list.request);
	conformance_list(c, "anna", STORE_FILTER_ALL, first, 10, &list);
	assert_int_equal(list.notification_count, 0);
	store_request_finish(&list.request);
}

static void test_filters(void **state)
{
	struct conformance *c = *state;
	int64_t unread = conformance_publish(c, "anna", "unread");
	int64_t read = conformance_publish(c, "anna", "read");
	int64_t archived = conformance_publish(c, NULL, "archived");
	int64_t inbox[] = {read, unread};
	int64_t all[] = {archived, read, unread};
	struct store_list list;

	conformance_mark_one(c, "anna", NOTIFICATION_READ, read);
	conformance_mark_one(c, "anna", NOTIFICATION_ARCHIVED, archived);
	conformance_list(c, "anna", STORE_FILTER_INBOX, 0, 10, &list);
	assert_ids(&list, inbox, 2);
	store_request_finish(&list.request);
	conformance_list(c, "anna", STORE_FILTER_UNREAD, 0, 10, &list);
	assert_ids(&list, &unread, 1);
	store_request_finish(&list.request);
	conformance_list(c, "anna", STORE_FILTER_ARCHIVED, 0, 10, &list);
	assert_ids(&list, &archived, 1);
	store_request_finish(&list.request);
	conformance_list(c, "anna", STORE_FILTER_ALL, 0, 10, &list);
	assert_ids(&list, all, 3);
	store_request_finish(&list.request);
}

static void test_an_empty_page(void **state)
{
	struct conformance *c = *state;
	struct store_list list;

	conformance_list(c, "anna", STORE_FILTER_ALL, 0, 0, &list);
	assert_int_equal(list.notification_count, 0);
	assert_false(list.more);
	store_request_finish(&list.request);
	conformance_publish(c, "anna", "one");
	conformance_list(c, "anna", STORE_FILTER_ALL, 0, 0, &list);
	assert_int_equal(list.notification_count, 0);
	assert_true(list.more);
	assert_int_equal(list.counts.unread, 1);
	store_request_finish(&list.request);
}

static void test_a_replay_goes_on_where_it_was_cut(void **state)
{
	struct conformance *c = *state;
	struct store_replay replay;
	int64_t seq = 0, broadcast_seq = 0;
	int steps = 0;

	for (int i = 0; i < 10; i++)
		conformance_publish(c, i % 2 == 0 ? "anna" : NULL, "cut");
	conformance_mark_all(c, "anna", NOTIFICATION_SEEN, NULL);
	do {
		conformance_replay(c, "anna", seq, broadcast_seq, 3, &replay);
		assert_false(replay.reset);
		assert_true(replay.change_count + replay.broadcast_count <= 3);
		for (size_t i = 0; i < replay.change_count; i++)
			assert_int_equal(replay.changes[i].seq, ++seq);
		for (size_t i = 0; i < replay.broadcast_count; i++)
			assert_int_equal(replay.broadcasts[i].seq, ++broadcast_seq);
		assert_int_equal(replay.cursor.seq, 6);
		steps++;
		store_request_finish(&replay.request);
	} while (replay.more);
	assert_int_equal(seq, 6);
	assert_int_equal(broadcast_seq, 5);
	assert_int_equal(steps, 4);
}

static void test_a_replay_is_bounded_in_bytes(void **state)
{
	struct conformance *c = *state;

	for (int i = 0; i < 10; i++)
		conformance_publish(c, "anna", "heavy");
	CONFORMANCE_REQUEST(store_replay, replay, STORE_REPLAY);
	replay.user = SLICE("anna");
	replay.after.epoch = store_epoch(c->store);
	replay.limit = 100;
	replay.limit_bytes = 1;
	assert_int_equal(conformance_call(c, &replay.request), 0);
	assert_int_equal(replay.change_count, 1);
	assert_true(replay.more);
	store_request_finish(&replay.request);
}

static void test_a_replay_shows_each_row_once(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, "anna", "busy");
	struct store_replay replay;

	conformance_publish(c, "anna", "quiet");
	conformance_mark_one(c, "anna", NOTIFICATION_SEEN, id);
	conformance_mark_one(c, "anna", NOTIFICATION_READ, id);
	conformance_mark_one(c, "anna", NOTIFICATION_ARCHIVED, id);
	conformance_replay(c, "anna", 0, 0, 10, &replay);
	assert_int_equal(replay.change_count, 2);
	assert_int_equal(replay.changes[0].seq, 2);
	assert_int_equal(replay.changes[1].seq, 5);
	assert_int_equal(replay.changes[1].notification.id, id);
	assert_int_equal(replay.changes[1].notification.seq, 5);
	assert_int_equal(replay.changes[1].notification.first_seq, 1);
	store_request_finish(&replay.request);
}

static void test_a_replay_of_nothing_tells_the_heads(void **state)
{
	struct conformance *c = *state;
	struct store_replay replay;

	conformance_publish(c, "anna", "one");
	conformance_publish(c, NULL, "two");
	conformance_replay(c, "anna", 0, 0, 0, &replay);
	assert_int_equal(replay.change_count + replay.broadcast_count, 0);
	assert_int_equal(replay.cursor.seq, 1);
	assert_int_equal(replay.cursor.broadcast_seq, 1);
	assert_int_equal(replay.counts.unread, 1);
	assert_false(replay.more);
	store_request_finish(&replay.request);
}

static bool is_reset(struct conformance *c, uint64_t epoch, int64_t seq, int64_t broadcast_seq)
{
	bool reset;

	CONFORMANCE_REQUEST(store_replay, replay, STORE_REPLAY);
	replay.user = SLICE("anna");
	replay.after = (struct cursor){epoch, seq, broadcast_seq};
	replay.limit = 10;
	assert_int_equal(conformance_call(c, &replay.request), 0);
	reset = replay.reset;
	if (reset)
		assert_int_equal(replay.change_count + replay.broadcast_count, 0);
	assert_true(replay.cursor.epoch == store_epoch(c->store));
	store_request_finish(&replay.request);
	return reset;
}

static void test_void_cursors_are_told(void **state)
{
	struct conformance *c = *state;
	uint64_t epoch = store_epoch(c->store);

	conformance_publish(c, "anna", "one");
	conformance_publish(c, NULL, "two");
	assert_false(is_reset(c, epoch, 1, 1));
	assert_false(is_reset(c, epoch, 0, 0));
	assert_true(is_reset(c, epoch + 1, 0, 0));
	assert_true(is_reset(c, epoch, 2, 0));
	assert_true(is_reset(c, epoch, 0, 2));
}

static void test_heads_of_many(void **state)
{
	struct conformance *c = *state;
	struct store_head heads[] = {
	    {.user = SLICE("nobody")}, {.user = SLICE("anna")}, {.user = SLICE("minjun")}};
	int64_t first = conformance_publish(c, NULL, "first");
	int64_t second = conformance_publish(c, NULL, "second");

	conformance_publish(c, "anna", "one");
	conformance_publish(c, "anna", "two");
	conformance_withdraw(c, first);
	CONFORMANCE_REQUEST(store_heads, request, STORE_HEADS);
	request.heads = heads;
	request.head_count = 3;
	request.want_broadcasts = true;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(heads[0].seq, 0);
	assert_int_equal(heads[1].seq, 2);
	assert_int_equal(heads[1].counts.unread, 2);
	assert_int_equal(heads[2].seq, 0);
	assert_int_equal(request.everyone.seq, 3);
	assert_int_equal(request.broadcast_count, 1);
	assert_int_equal(request.broadcast_ids[0], second);
	store_request_finish(&request.request);
}

/* The next sweep begins where this one ended, which is copied into `position`. */
static void sweep(struct conformance *c, struct buffer *position, struct store_sweep *ret_sweep)
{
	CONFORMANCE_REQUEST(store_sweep, request, STORE_SWEEP);
	request.position = buffer_slice(position);
	request.want_changes = true;
	assert_int_equal(conformance_call(c, &request.request), 0);
	*ret_sweep = request;
	buffer_clear(position);
	buffer_append(position, request.position);
	assert_false(buffer_failed(position));
}

/* The last one of that user's, which must stand together and rise; NULL where there is none. */
static const struct hint *head_of(const struct store_sweep *sweep, const char *user)
{
	const struct hint *found = NULL;

	for (size_t i = 0; i < sweep->hint_count; i++) {
		const struct hint *hint = &sweep->hints[i];

		if (!slice_equals(hint->user, slice_from_string(user)))
			continue;
		assert_true(found == NULL || (found == hint - 1 && found->seq < hint->seq));
		if (hint->has_change)
			assert_int_equal(hint->change.seq, hint->seq);
		found = hint;
	}
	return found;
}

static void test_a_sweep_finds_what_changed(void **state)
{
	struct conformance *c = *state;
	struct buffer position = BUFFER_EMPTY, first = BUFFER_EMPTY;
	struct store_sweep found;

	conformance_publish(c, "before", "x");
	sweep(c, &position, &found);
	assert_int_equal(found.hint_count, 0);
	store_request_finish(&found.request);
	buffer_append(&first, buffer_slice(&position));
	conformance_publish(c, "anna", "x");
	conformance_publish(c, "anna", "x");
	conformance_publish(c, NULL, "x");
	conformance_mark_all(c, "minjun", NOTIFICATION_READ, NULL);
	sweep(c, &position, &found);
	assert_int_equal(head_of(&found, "anna")->seq, 2);
	assert_int_equal(head_of(&found, "anna")->counts.unread, 2);
	assert_int_equal(head_of(&found, "")->seq, 1);
	assert_int_equal(head_of(&found, "minjun")->seq, 1);
	assert_null(head_of(&found, "before"));
	store_request_finish(&found.request);
	sweep(c, &position, &found);
	assert_int_equal(found.hint_count, 0);
	store_request_finish(&found.request);
	/* An old position still works after a restart. */
	conformance_reopen(c);
	conformance_publish(c, "sofia", "x");
	sweep(c, &first, &found);
	assert_int_equal(head_of(&found, "anna")->seq, 2);
	assert_int_equal(head_of(&found, "sofia")->seq, 1);
	assert_int_equal(head_of(&found, "minjun")->seq, 1);
	assert_int_equal(head_of(&found, "")->seq, 1);
	assert_null(head_of(&found, "before"));
	store_request_finish(&found.request);
	buffer_finish(&position);
	buffer_finish(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_a_list_mixes_broadcasts_in),
	    CONFORMANCE_TEST(test_pages_follow_each_other),
	    CONFORMANCE_TEST(test_a_page_is_bounded_in_bytes),
	    CONFORMANCE_TEST(test_a_page_may_begin_at_any_id),
	    CONFORMANCE_TEST(test_filters),
	    CONFORMANCE_TEST(test_an_empty_page),
	    CONFORMANCE_TEST(test_a_replay_goes_on_where_it_was_cut),
	    CONFORMANCE_TEST(test_a_replay_is_bounded_in_bytes),
	    CONFORMANCE_TEST(test_a_replay_shows_each_row_once),
	    CONFORMANCE_TEST(test_a_replay_of_nothing_tells_the_heads),
	    CONFORMANCE_TEST(test_void_cursors_are_told),
	    CONFORMANCE_TEST(test_heads_of_many),
	    CONFORMANCE_TEST(test_a_sweep_finds_what_changed),
	};

	return conformance_run("read", tests, sizeof(tests) / sizeof(tests[0]));
}
