/* What the store lets go by itself, and that those who need it are told. */
#include "conformance/store/conformance.h"

#include "base/clock.h"

static int64_t publish_expiring(struct conformance *c, const char *user, int64_t expires_at)
{
	struct slice name = slice_from_string(user);
	struct store_item item = {.users = &name,
				  .user_count = user == NULL ? 0 : 1,
				  .content = conformance_content("short-lived")};
	int64_t id;

	item.content.expires_at = expires_at;
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	id = item.ids[0];
	store_request_finish(&publish.request);
	return id;
}

static size_t count_listed(struct conformance *c, const char *user)
{
	struct store_list list;
	size_t count;

	conformance_list(c, user, STORE_FILTER_ALL, 0, 1000, &list);
	count = list.notification_count;
	store_request_finish(&list.request);
	return count;
}

static bool is_reset(struct conformance *c, const char *user, int64_t seq)
{
	struct store_replay replay;
	bool reset;

	conformance_replay(c, user, seq, conformance_head(c, "").seq, 1000, &replay);
	reset = replay.reset;
	store_request_finish(&replay.request);
	return reset;
}

static void test_an_inbox_keeps_only_so_many(void **state)
{
	struct conformance *c = *state;
	struct store_head head;

	c->options.retention_count = 16;
	store_reconfigure(c->store, &c->options);
	for (int i = 0; i < 100; i++) {
		conformance_publish(c, "anna", "many");
		head = conformance_head(c, "anna");
		assert_true(head.seq - head.floor <= 16 + 16 / 8 + 1);
		assert_int_equal(head.counts.unread, head.seq - head.floor);
	}
	assert_true(head.floor >= 100 - 19);
	assert_int_equal(count_listed(c, "anna"), head.seq - head.floor);
	assert_false(is_reset(c, "anna", head.floor));
	assert_true(is_reset(c, "anna", head.floor - 1));
	conformance_check(c);
	conformance_reopen(c);
	assert_int_equal(conformance_head(c, "anna").seq, 100);
	conformance_check(c);
}

static void test_what_changed_lately_stays(void **state)
{
	struct conformance *c = *state;
	int64_t first = conformance_publish(c, "anna", "first");
	struct store_list list;

	for (int i = 0; i < 10; i++)
		conformance_publish(c, "anna", "more");
	conformance_mark_one(c, "anna", NOTIFICATION_READ, first);
	c->options.retention_count = 3;
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "anna").floor == 9);
	conformance_list(c, "anna", STORE_FILTER_ALL, 0, 100, &list);
	assert_int_equal(list.notification_count, 3);
	assert_int_equal(list.notifications[2].id, first);
	assert_int_equal(list.counts.unread, 2);
	store_request_finish(&list.request);
	conformance_check(c);
}

static void test_old_ones_go(void **state)
{
	struct conformance *c = *state;
	struct store_statistics statistics;

	conformance_publish(c, "anna", "old");
	conformance_publish(c, "anna", "old");
	conformance_publish(c, NULL, "old");
	c->options.retention_age = 1;
	c->options.maintenance_interval = 5;
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "anna").floor == 2);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "").floor == 1);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	assert_int_equal(count_listed(c, "anna"), 0);
	assert_true(is_reset(c, "anna", 0));
	assert_false(is_reset(c, "anna", 2));
	/* Counted a moment after it can be seen. */
	CONFORMANCE_WAIT_FOR(
	    (store_statistics(c->store, &statistics), statistics.rows_forgotten >= 3));
	assert_int_equal(statistics.rows_forgotten, 3);
	conformance_check(c);
}

/* More than is forgotten in one go. */
static void test_many_old_ones_go(void **state)
{
	struct conformance *c = *state;
	struct slice users[1000];
	struct store_item items[3];

	for (size_t i = 0; i < 1000; i++)
		users[i] = i % 3 == 0 ? SLICE("minjun") : SLICE("anna");
	for (size_t i = 0; i < 3; i++)
		items[i] = (struct store_item){
		    .users = users, .user_count = 1000, .content = conformance_content("old")};
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 3;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	store_request_finish(&publish.request);
	c->options.retention_age = 1;
	c->options.maintenance_interval = 5;
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "anna").floor == 1998);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "minjun").floor == 1002);
	conformance_publish(c, "anna", "new");
	assert_int_equal(conformance_head(c, "anna").seq, 1999);
	conformance_check(c);
}

static void test_states_of_a_forgotten_broadcast_go_too(void **state)
{
	struct conformance *c = *state;
	int64_t id = conformance_publish(c, NULL, "old");

	conformance_mark_one(c, "anna", NOTIFICATION_READ, id);
	c->options.retention_age = 1;
	c->options.maintenance_interval = 5;
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "").floor == 1);
	assert_int_equal(conformance_head(c, "anna").counts.broadcasts_handled, 0);
	assert_int_equal(conformance_unread(c, "anna"), 0);
	conformance_check(c);
}

static void test_expired_ones_are_withdrawn(void **state)
{
	struct conformance *c = *state;
	struct store_replay replay;
	struct store_statistics statistics;
	int64_t soon;

	publish_expiring(c, "anna", clock_wall() + INT64_C(3600000000));
	publish_expiring(c, NULL, clock_wall() + INT64_C(3600000000));
	soon = publish_expiring(c, "anna", clock_wall() + 1);
	publish_expiring(c, NULL, clock_wall() + 1);
	conformance_pause();
	/* Hidden at once, ... */
	assert_int_equal(count_listed(c, "anna"), 2);
	/* ... and withdrawn in the next round. */
	c->options.maintenance_interval = 5;
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "anna").seq == 3);
	CONFORMANCE_WAIT_FOR(conformance_head(c, "").seq == 3);
	assert_int_equal(conformance_unread(c, "anna"), 2);
	conformance_replay(c, "anna", 2, 2, 10, &replay);
	assert_int_equal(replay.change_count, 1);
	assert_int_equal(replay.changes[0].notification.id, soon);
	assert_true(replay.changes[0].notification.withdrawn_at != 0);
	assert_int_equal(replay.broadcast_count, 1);
	store_request_finish(&replay.request);
	store_statistics(c->store, &statistics);
	assert_true(statistics.rows_expired <= 2);
	conformance_check(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_an_inbox_keeps_only_so_many),
	    CONFORMANCE_TEST(test_what_changed_lately_stays),
	    CONFORMANCE_TEST(test_old_ones_go),
	    CONFORMANCE_TEST(test_many_old_ones_go),
	    CONFORMANCE_TEST(test_states_of_a_forgotten_broadcast_go_too),
	    CONFORMANCE_TEST(test_expired_ones_are_withdrawn),
	};

	return conformance_run("retention", tests, sizeof(tests) / sizeof(tests[0]));
}
