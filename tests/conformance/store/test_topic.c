/* Topics: who is on one, whom a publish to it reaches, and that both hold together. */
#include "conformance/store/conformance.h"

#include <errno.h>
#include <stdlib.h>

enum { CROWD = 10000, NAME_BYTES = 16 };

static int subscribe(struct conformance *c, const char *topic, const char *user, bool ends,
		     size_t *ret_changed)
{
	struct slice name = slice_from_string(user);
	int result;

	CONFORMANCE_REQUEST(store_subscribe, request, STORE_SUBSCRIBE);
	request.topic = slice_from_string(topic);
	request.users = &name;
	request.user_count = 1;
	request.ends = ends;
	result = conformance_call(c, &request.request);
	if (ret_changed != NULL)
		*ret_changed = request.changed;
	store_request_finish(&request.request);
	return result;
}

static void put_on(struct conformance *c, const char *topic, const char *user)
{
	assert_int_equal(subscribe(c, topic, user, false, NULL), 0);
}

static void take_off(struct conformance *c, const char *topic, const char *user)
{
	assert_int_equal(subscribe(c, topic, user, true, NULL), 0);
}

static struct store_item item_to(const char *topic)
{
	return (struct store_item){.topic = slice_from_string(topic),
				   .content = conformance_content(topic)};
}

/* Finish the request. */
static int publish(struct conformance *c, struct store_publish *publish, struct store_item *items,
		   size_t count)
{
	memset(publish, 0, sizeof(*publish));
	conformance_prepare(&publish->request, STORE_PUBLISH);
	publish->items = items;
	publish->item_count = count;
	return conformance_call(c, &publish->request);
}

/* As "anna=12 bo=3": the names of a page and their numbers, where `with_numbers`. */
static void assert_page(struct conformance *c, struct store_topics *topics, bool with_numbers,
			const char *expected)
{
	struct buffer text = BUFFER_EMPTY;

	conformance_prepare(&topics->request, STORE_TOPICS);
	if (topics->limit == 0)
		topics->limit = 100;
	assert_int_equal(conformance_call(c, &topics->request), 0);
	for (size_t i = 0; i < topics->row_count; i++) {
		buffer_append_string(&text, i == 0 ? "" : " ");
		buffer_append(&text, topics->rows[i].name);
		if (with_numbers)
			buffer_append_format(&text, "=%lld", (long long)topics->rows[i].number);
		else
			assert_true(topics->rows[i].number > 0);
	}
	assert_slice(buffer_slice(&text), expected);
	buffer_finish(&text);
	store_request_finish(&topics->request);
}

static void assert_topics(struct conformance *c, const char *expected)
{
	struct store_topics topics = {.limit = 100};

	assert_page(c, &topics, true, expected);
}

static void assert_topics_of(struct conformance *c, const char *user, const char *expected)
{
	struct store_topics topics = {.user = slice_from_string(user)};

	assert_page(c, &topics, false, expected);
}

static void assert_members(struct conformance *c, const char *topic, const char *expected)
{
	struct store_topics topics = {.topic = slice_from_string(topic)};

	assert_page(c, &topics, false, expected);
}

static void test_twice_is_once(void **state)
{
	struct conformance *c = *state;
	size_t changed;

	assert_int_equal(subscribe(c, "news", "anna", false, &changed), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(subscribe(c, "news", "anna", false, &changed), 0);
	assert_int_equal(changed, 0);
	put_on(c, "news", "bo");
	put_on(c, "alerts", "anna");
	assert_topics(c, "alerts=1 news=2");
	assert_topics_of(c, "anna", "alerts news");
	assert_topics_of(c, "bo", "news");
	assert_topics_of(c, "cleo", "");
	assert_members(c, "news", "anna bo");
	assert_members(c, "nothing", "");
	conformance_reopen(c);
	assert_int_equal(subscribe(c, "news", "anna", true, &changed), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(subscribe(c, "news", "anna", true, &changed), 0);
	assert_int_equal(changed, 0);
	take_off(c, "alerts", "anna");
	take_off(c, "nothing", "anna");
	assert_topics(c, "news=1");
	assert_int_equal(c->hint_count, 0);
	conformance_check(c);
}

static void test_several_users_at_once(void **state)
{
	struct conformance *c = *state;
	struct slice users[] = {SLICE("bo"), SLICE("anna"), SLICE("bo"), SLICE("cleo")};

	CONFORMANCE_REQUEST(store_subscribe, request, STORE_SUBSCRIBE);
	request.topic = SLICE("news");
	request.users = users;
	request.user_count = 4;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(request.changed, 3);
	assert_members(c, "news", "anna bo cleo");
	store_request_finish(&request.request);

	conformance_prepare(&request.request, STORE_SUBSCRIBE);
	request.ends = true;
	request.users = users + 1;
	request.user_count = 2;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(request.changed, 2);
	assert_topics(c, "news=1");
	store_request_finish(&request.request);

	conformance_prepare(&request.request, STORE_SUBSCRIBE);
	users[2] = SLICE("");
	assert_int_equal(conformance_call(c, &request.request), -ENOENT);
	store_request_finish(&request.request);
	assert_members(c, "news", "cleo");
	conformance_check(c);
}

static void test_pages(void **state)
{
	struct conformance *c = *state;
	struct store_topics page = {.limit = 2};

	put_on(c, "a", "anna");
	put_on(c, "b", "anna");
	put_on(c, "B", "anna");
	put_on(c, "c", "anna");
	assert_page(c, &page, true, "B=1 a=1");
	assert_true(page.more);
	page.after = SLICE("a");
	assert_page(c, &page, true, "b=1 c=1");
	assert_false(page.more);
	page.user = SLICE("anna");
	page.limit = 1;
	assert_page(c, &page, false, "b");
	assert_true(page.more);
	page = (struct store_topics){.topic = SLICE("a"), .after = SLICE("anna")};
	assert_page(c, &page, false, "");
	assert_false(page.more);
}

static void test_limits_leave_nothing_behind(void **state)
{
	struct conformance *c = *state;
	struct slice users[] = {SLICE("anna"), SLICE("bo"), SLICE("cleo")};

	put_on(c, "one", "bo");
	put_on(c, "two", "bo");
	CONFORMANCE_REQUEST(store_subscribe, request, STORE_SUBSCRIBE);
	request.topic = SLICE("news");
	request.users = users;
	request.user_count = 3;
	request.topic_limit = 2;
	assert_int_equal(conformance_call(c, &request.request), -E2BIG);
	assert_slice(request.full_user, "bo");
	assert_int_equal(request.changed, 0);
	store_request_finish(&request.request);
	assert_topics(c, "one=1 two=1");

	conformance_prepare(&request.request, STORE_SUBSCRIBE);
	request.topic_limit = 3;
	request.member_limit = 2;
	assert_int_equal(conformance_call(c, &request.request), -E2BIG);
	assert_slice(request.full_user, "");
	store_request_finish(&request.request);
	assert_topics(c, "one=1 two=1");

	conformance_prepare(&request.request, STORE_SUBSCRIBE);
	request.member_limit = 3;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(request.changed, 3);
	store_request_finish(&request.request);
	/* Who is on it already is not one more, whatever the limits are now. */
	conformance_prepare(&request.request, STORE_SUBSCRIBE);
	request.member_limit = 1;
	request.topic_limit = 1;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(request.changed, 0);
	store_request_finish(&request.request);
	conformance_check(c);
}

static void test_a_publish_reaches_the_members(void **state)
{
	struct conformance *c = *state;
	struct store_item item = item_to("news");
	struct store_publish request;

	put_on(c, "news", "bo");
	put_on(c, "news", "anna");
	put_on(c, "other", "cleo");
	assert_int_equal(publish(c, &request, &item, 1), 0);
	assert_int_equal(item.user_count, 2);
	assert_slice(item.users[0], "anna");
	assert_slice(item.users[1], "bo");
	assert_true(item.ids[0] > 0 && item.ids[0] != item.ids[1]);
	assert_true(request.created_at > 0);
	assert_int_equal(c->hint_count, 2);
	assert_string_equal(c->hints[0].user, "anna");
	assert_int_equal(c->hints[0].id, item.ids[0]);
	assert_int_equal(c->hints[0].seq, 1);
	store_request_finish(&request.request);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_unread(c, "bo"), 1);
	assert_int_equal(conformance_unread(c, "cleo"), 0);
	assert_int_equal(conformance_head(c, "").seq, 0);

	take_off(c, "news", "anna");
	assert_int_equal(publish(c, &request, &item, 1), 0);
	assert_int_equal(item.user_count, 1);
	assert_slice(item.users[0], "bo");
	store_request_finish(&request.request);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_unread(c, "bo"), 2);
	conformance_check(c);
}

static void test_a_topic_without_members(void **state)
{
	struct conformance *c = *state;
	struct slice name = SLICE("anna");
	struct store_item items[] = {
	    item_to("nobody"),
	    {.users = &name, .user_count = 1, .content = conformance_content("to anna")},
	    item_to("nobody"),
	};
	struct store_publish request;

	assert_int_equal(publish(c, &request, items, 1), 0);
	assert_int_equal(items[0].user_count, 0);
	store_request_finish(&request.request);
	assert_int_equal(c->hint_count, 0);
	assert_int_equal(publish(c, &request, items, 3), 0);
	assert_int_equal(items[2].user_count, 0);
	assert_int_equal(store_publish_receivers(&request), 1);
	store_request_finish(&request.request);
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_head(c, "").seq, 0);
	conformance_check(c);
}

/* As with names: one notification for each item and user. */
static void test_topics_that_overlap(void **state)
{
	struct conformance *c = *state;
	struct slice name = SLICE("anna");
	struct store_item items[] = {
	    item_to("one"),
	    item_to("two"),
	    {.users = &name, .user_count = 1, .content = conformance_content("to anna")},
	    {.content = conformance_content("to everyone")},
	};
	struct store_publish request;

	put_on(c, "one", "anna");
	put_on(c, "two", "anna");
	put_on(c, "two", "bo");
	assert_int_equal(publish(c, &request, items, 4), 0);
	assert_int_equal(store_publish_receivers(&request), 5);
	assert_true(items[0].ids[0] < items[1].ids[0] && items[1].ids[1] < items[2].ids[0]);
	store_request_finish(&request.request);
	assert_int_equal(conformance_head(c, "anna").seq, 3);
	assert_int_equal(conformance_head(c, "bo").seq, 1);
	assert_int_equal(conformance_unread(c, "anna"), 4);
	conformance_check(c);
}

static int publish_with_key(struct conformance *c, struct store_publish *request,
			    struct store_item *items, size_t count, size_t limit, const char *key)
{
	memset(request, 0, sizeof(*request));
	conformance_prepare(&request->request, STORE_PUBLISH);
	request->items = items;
	request->item_count = count;
	request->limit = limit;
	request->publisher = SLICE("app");
	request->idempotency_key = slice_from_string(key);
	request->note = SLICE("a note");
	return conformance_call(c, &request->request);
}

static void test_too_many_notifications(void **state)
{
	static const char *const keys[] = {"", "key"};
	struct conformance *c = *state;
	struct store_item items[] = {item_to("news"), item_to("news")};
	struct store_publish request;

	put_on(c, "news", "anna");
	put_on(c, "news", "bo");
	for (size_t i = 0; i < 2; i++) {
		int64_t before = conformance_head(c, "anna").seq;

		assert_int_equal(publish_with_key(c, &request, items, 2, 3, keys[i]), -E2BIG);
		store_request_finish(&request.request);
		assert_int_equal(conformance_head(c, "anna").seq, before);
		conformance_check(c);
		/* The key is still new. */
		assert_int_equal(publish_with_key(c, &request, items, 1, 3, keys[i]), 0);
		assert_false(request.replay.is_set);
		store_request_finish(&request.request);
		assert_int_equal(conformance_head(c, "anna").seq, before + 1);
	}
	conformance_check(c);
}

static void test_a_replay_tells_whom_it_reached(void **state)
{
	struct conformance *c = *state;
	struct slice name = SLICE("dora");
	struct store_item items[] = {
	    item_to("news"),
	    {.users = &name, .user_count = 1, .content = conformance_content("to dora")},
	    item_to("nobody"),
	    item_to("more"),
	};
	struct store_publish request;
	int64_t ids[4];

	put_on(c, "news", "우리:2");
	put_on(c, "news", "anna");
	put_on(c, "more", "bo");
	assert_int_equal(publish_with_key(c, &request, items, 4, 100, "key"), 0);
	assert_false(request.replay.is_set);
	ids[0] = items[0].ids[0];
	ids[1] = items[0].ids[1];
	ids[2] = items[1].ids[0];
	ids[3] = items[3].ids[0];
	store_request_finish(&request.request);
	take_off(c, "news", "anna");
	put_on(c, "nobody", "cleo");
	conformance_reopen(c);
	/* Once as it was, and once by who only asks. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(publish_with_key(c, &request, items, i == 0 ? 4 : 0, 100, "key"),
				 0);
		assert_true(request.replay.is_set);
		assert_int_equal(request.replay.id_count, 4);
		assert_memory_equal(request.replay.ids, ids, sizeof(ids));
		assert_slice(request.replay.note, "a note");
		assert_int_equal(request.replay.topic_count, 3);
		assert_int_equal(request.replay.topics[0].count, 2);
		assert_slice(request.replay.topics[0].users[0], "anna");
		assert_slice(request.replay.topics[0].users[1], "우리:2");
		assert_int_equal(request.replay.topics[1].count, 0);
		assert_int_equal(request.replay.topics[2].count, 1);
		assert_slice(request.replay.topics[2].users[0], "bo");
		store_request_finish(&request.request);
	}
	assert_int_equal(conformance_head(c, "anna").seq, 1);
	assert_int_equal(conformance_head(c, "cleo").seq, 0);
	conformance_check(c);
}

/* What reached nobody the first time reaches nobody the second time. */
static void test_a_replay_of_what_reached_nobody(void **state)
{
	struct conformance *c = *state;
	struct store_item item = item_to("news");
	struct store_publish request;

	assert_int_equal(publish_with_key(c, &request, &item, 1, 100, "key"), 0);
	assert_false(request.replay.is_set);
	store_request_finish(&request.request);
	put_on(c, "news", "anna");
	assert_int_equal(publish_with_key(c, &request, &item, 1, 100, "key"), 0);
	assert_true(request.replay.is_set);
	assert_slice(request.replay.note, "a note");
	assert_int_equal(request.replay.topic_count, 1);
	assert_int_equal(request.replay.topics[0].count, 0);
	store_request_finish(&request.request);
	assert_int_equal(conformance_head(c, "anna").seq, 0);
	request.fingerprint[0] = 1;
	conformance_prepare(&request.request, STORE_PUBLISH);
	assert_int_equal(conformance_call(c, &request.request), -EEXIST);
	store_request_finish(&request.request);
	conformance_check(c);
}

/* Also a topic that has become too large since is replayed. */
static void test_a_replay_of_a_topic_that_grew(void **state)
{
	struct conformance *c = *state;
	struct store_item item = item_to("news");
	struct store_publish request;

	put_on(c, "news", "anna");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(publish_with_key(c, &request, &item, 1, 1, "key"), 0);
		assert_int_equal(request.replay.is_set, i == 1);
		store_request_finish(&request.request);
		put_on(c, "news", "bo");
	}
	assert_int_equal(conformance_head(c, "bo").seq, 0);
	conformance_check(c);
}

/* Those that a source hands over again are left out. */
static void test_items_with_keys_of_their_own(void **state)
{
	struct conformance *c = *state;
	struct store_item items[] = {item_to("news"), item_to("news")};

	items[0].key = SLICE("message-1");
	items[1].key = SLICE("message-2");
	put_on(c, "news", "anna");
	put_on(c, "news", "bo");
	for (int64_t turn = 1; turn < 4; turn++) {
		CONFORMANCE_REQUEST(store_publish, request, STORE_PUBLISH);
		request.items = items;
		request.item_count = turn == 1 ? 1 : 2;
		request.publisher = SLICE("source");
		assert_int_equal(conformance_call(c, &request.request), 0);
		assert_int_equal(items[0].is_repeated, turn > 1);
		assert_int_equal(items[1].is_repeated, turn > 2);
		store_request_finish(&request.request);
		assert_int_equal(conformance_head(c, "anna").seq, turn < 3 ? turn : 2);
		assert_int_equal(conformance_head(c, "bo").seq, turn < 3 ? turn : 2);
		conformance_check(c);
	}
}

/* Requests take effect in their order, though they share a commit. */
static void test_in_the_order_of_requests(void **state)
{
	enum { TURNS = 40 };
	struct conformance *c = *state;
	struct store_publish publishes[TURNS];
	struct store_subscribe subscribes[TURNS];
	struct store_item items[TURNS];
	struct slice name = SLICE("anna");

	memset(publishes, 0, sizeof(publishes));
	memset(subscribes, 0, sizeof(subscribes));
	for (size_t i = 0; i < TURNS; i++) {
		conformance_prepare(&subscribes[i].request, STORE_SUBSCRIBE);
		subscribes[i].topic = SLICE("news");
		subscribes[i].users = &name;
		subscribes[i].user_count = 1;
		subscribes[i].ends = i % 2 == 1;
		conformance_submit(c, &subscribes[i].request);
		items[i] = item_to("news");
		conformance_prepare(&publishes[i].request, STORE_PUBLISH);
		publishes[i].items = &items[i];
		publishes[i].item_count = 1;
		conformance_submit(c, &publishes[i].request);
	}
	conformance_wait(c);
	for (size_t i = 0; i < TURNS; i++) {
		assert_int_equal(publishes[i].request.result, 0);
		assert_int_equal(subscribes[i].request.result, 0);
		assert_int_equal(subscribes[i].changed, 1);
		assert_int_equal(items[i].user_count, i % 2 == 0 ? 1 : 0);
		store_request_finish(&publishes[i].request);
		store_request_finish(&subscribes[i].request);
	}
	assert_int_equal(conformance_head(c, "anna").seq, TURNS / 2);
	conformance_check(c);
}

/* Puts all of a crowd on one topic. */
static void gather(struct conformance *c)
{
	char(*names)[NAME_BYTES] = calloc(CROWD, sizeof(*names));
	struct slice *users = calloc(CROWD, sizeof(*users));

	assert_non_null(names);
	assert_non_null(users);
	for (size_t i = 0; i < CROWD; i++) {
		snprintf(names[i], sizeof(names[i]), "user-%05zu", i);
		users[i] = slice_from_string(names[i]);
	}
	CONFORMANCE_REQUEST(store_subscribe, request, STORE_SUBSCRIBE);
	request.topic = SLICE("crowd");
	request.users = users;
	request.user_count = CROWD;
	request.member_limit = CROWD;
	request.topic_limit = 1;
	assert_int_equal(conformance_call(c, &request.request), 0);
	assert_int_equal(request.changed, CROWD);
	store_request_finish(&request.request);
	free(names);
	free(users);
}

static void test_a_crowd(void **state)
{
	struct conformance *c = *state;
	struct store_item item = item_to("crowd");
	struct store_publish request;

	gather(c);
	assert_topics(c, "crowd=10000");
	assert_int_equal(publish(c, &request, &item, 1), 0);
	assert_int_equal(item.user_count, CROWD);
	assert_slice(item.users[0], "user-00000");
	assert_slice(item.users[CROWD - 1], "user-09999");
	store_request_finish(&request.request);
	assert_int_equal(c->hint_count, CROWD);
	assert_int_equal(conformance_head(c, "user-00000").seq, 1);
	assert_int_equal(conformance_head(c, "user-09999").seq, 1);
	conformance_check(c);
}

/* A crash right behind the answer takes neither subscriptions nor what was published to them. */
static void test_a_crash(void **state)
{
	struct conformance *c = *state;
	struct store_item item = item_to("news");
	struct store_publish request;

	put_on(c, "news", "anna");
	put_on(c, "news", "bo");
	assert_int_equal(publish_with_key(c, &request, &item, 1, 100, "key"), 0);
	store_request_finish(&request.request);
	conformance_crash(c);
	assert_members(c, "news", "anna bo");
	assert_int_equal(conformance_unread(c, "anna"), 1);
	assert_int_equal(conformance_unread(c, "bo"), 1);
	assert_int_equal(publish_with_key(c, &request, &item, 1, 100, "key"), 0);
	assert_true(request.replay.is_set);
	assert_int_equal(request.replay.topics[0].count, 2);
	store_request_finish(&request.request);
	conformance_check(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_twice_is_once),
	    CONFORMANCE_TEST(test_several_users_at_once),
	    CONFORMANCE_TEST(test_pages),
	    CONFORMANCE_TEST(test_limits_leave_nothing_behind),
	    CONFORMANCE_TEST(test_a_publish_reaches_the_members),
	    CONFORMANCE_TEST(test_a_topic_without_members),
	    CONFORMANCE_TEST(test_topics_that_overlap),
	    CONFORMANCE_TEST(test_too_many_notifications),
	    CONFORMANCE_TEST(test_a_replay_tells_whom_it_reached),
	    CONFORMANCE_TEST(test_a_replay_of_what_reached_nobody),
	    CONFORMANCE_TEST(test_a_replay_of_a_topic_that_grew),
	    CONFORMANCE_TEST(test_items_with_keys_of_their_own),
	    CONFORMANCE_TEST(test_in_the_order_of_requests),
	    CONFORMANCE_TEST(test_a_crowd),
	    CONFORMANCE_TEST(test_a_crash),
	};

	return conformance_run("topics", tests, sizeof(tests) / sizeof(tests[0]));
}
