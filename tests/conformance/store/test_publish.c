/* What a publish promises: durable, numbered without gaps, told once, done once. */
#include "conformance/store/conformance.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void test_seqs_rise_by_one_for_each_user(void **state)
{
	struct conformance *c = *state;
	int64_t first = conformance_publish(c, "anna", "one");
	int64_t second = conformance_publish(c, "minjun", "two");
	int64_t third = conformance_publish(c, "anna", "three");
	int64_t fourth = conformance_publish(c, NULL, "four");

	assert_true(first > 0 && first < second && second < third && third < fourth);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
	assert_int_equal(conformance_head(c, "minjun").seq, 1);
	assert_int_equal(conformance_head(c, "").seq, 1);
	assert_int_equal(conformance_head(c, "nobody").seq, 0);
	assert_int_equal(c->hint_count, 4);
	assert_string_equal(c->hints[2].user, "anna");
	assert_int_equal(c->hints[2].seq, 2);
	assert_int_equal(c->hints[2].id, third);
	assert_int_equal(c->hints[2].unread, 2);
	assert_string_equal(c->hints[3].user, "");
	conformance_check(c);
}

static void test_one_item_reaches_several_users(void **state)
{
	struct conformance *c = *state;
	struct slice users[] = {SLICE("anna"), SLICE("minjun"), SLICE("sofia")};
	struct store_item items[] = {
	    {.users = users, .user_count = 3, .content = conformance_content("to three")},
	    {.content = conformance_content("to everyone")},
	};

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 2;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	assert_true(items[0].ids[0] < items[0].ids[1] && items[0].ids[1] < items[0].ids[2]);
	assert_true(items[1].ids[0] > items[0].ids[2]);
	assert_true(publish.created_at > 0);
	store_request_finish(&publish.request);
	assert_int_equal(conformance_unread(c, "sofia"), 2);
	assert_int_equal(conformance_unread(c, "nobody"), 1);
}

static void test_the_empty_name_does_not_reach_everyone(void **state)
{
	struct conformance *c = *state;
	struct slice users[] = {SLICE("anna"), SLICE("")};
	struct store_item item = {
	    .users = users, .user_count = 2, .content = conformance_content("x")};

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(c, &publish.request), -ENOENT);
	store_request_finish(&publish.request);
	assert_int_equal(conformance_head(c, "").seq, 0);
	assert_int_equal(conformance_head(c, "anna").seq, 0);
}

static void test_every_byte_comes_back(void **state)
{
	struct conformance *c = *state;
	struct slice name = SLICE("우리\x1F모두");
	size_t length = 300000;
	char *body = malloc(length);
	struct store_item item = {.users = &name, .user_count = 1};
	struct store_list list = {.limit = 10, .user = name};

	assert_non_null(body);
	memset(body, 'b', length);
	item.content = (struct notification_content){.type = SLICE("t"),
						     .title = SLICE("a\x01"
								    "b\n\"'"),
						     .body = slice_from_bytes(body, length),
						     .data = SLICE("[1,\"\\u0000\"]"),
						     .priority = NOTIFICATION_URGENT,
						     .expires_at = INT64_C(4000000000000000)};
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	conformance_reopen(c);
	conformance_prepare(&list.request, STORE_LIST);
	assert_int_equal(conformance_call(c, &list.request), 0);
	assert_int_equal(list.notification_count, 1);
	assert_slices(list.notifications[0].content.title, item.content.title);
	assert_slices(list.notifications[0].content.body, item.content.body);
	assert_slices(list.notifications[0].content.data, item.content.data);
	assert_slices(list.notifications[0].content.link, SLICE(""));
	assert_int_equal(list.notifications[0].content.priority, NOTIFICATION_URGENT);
	assert_int_equal(list.notifications[0].content.expires_at, item.content.expires_at);
	assert_int_equal(list.notifications[0].created_at, publish.created_at);
	store_request_finish(&publish.request);
	store_request_finish(&list.request);
	free(body);
}

static int64_t digest_of(const int64_t *ids)
{
	return ids[0] * 1000000 + ids[1] * 1000 + ids[2];
}

static int publish_with_key(struct conformance *c, const char *publisher, const char *key,
			    unsigned char fingerprint, bool *ret_replayed, int64_t *ret_id)
{
	struct slice users[] = {SLICE("anna"), SLICE("minjun")};
	struct store_item items[] = {
	    {.users = users, .user_count = 2, .content = conformance_content("once")},
	    {.content = conformance_content("to all")},
	};
	int result;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 2;
	publish.publisher = slice_from_string(publisher);
	publish.idempotency_key = slice_from_string(key);
	publish.fingerprint[0] = fingerprint;
	publish.note = SLICE("a note");
	result = conformance_call(c, &publish.request);
	*ret_replayed = publish.replay.is_set;
	if (result == 0 && publish.replay.is_set) {
		assert_int_equal(publish.replay.id_count, 3);
		assert_slice(publish.replay.note, "a note");
		*ret_id = digest_of(publish.replay.ids);
	} else if (result == 0) {
		int64_t ids[] = {items[0].ids[0], items[0].ids[1], items[1].ids[0]};

		*ret_id = digest_of(ids);
	}
	store_request_finish(&publish.request);
	return result;
}

static void test_a_key_publishes_once(void **state)
{
	struct conformance *c = *state;
	bool replayed = true;
	int64_t ids = 0, again = 0;

	assert_int_equal(publish_with_key(c, "shop", "k1", 1, &replayed, &ids), 0);
	assert_false(replayed);
	assert_int_equal(publish_with_key(c, "shop", "k1", 1, &replayed, &again), 0);
	assert_true(replayed);
	assert_int_equal(ids, again);
	assert_int_equal(publish_with_key(c, "shop", "k1", 2, &replayed, &again), -EEXIST);
	assert_int_equal(conformance_head(c, "anna").seq, 1);
	assert_int_equal(c->hint_count, 3);
	conformance_reopen(c);
	assert_int_equal(publish_with_key(c, "shop", "k1", 1, &replayed, &again), 0);
	assert_true(replayed);
	assert_int_equal(ids, again);
	assert_int_equal(publish_with_key(c, "other", "k1", 2, &replayed, &again), 0);
	assert_false(replayed);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
}

/* What was acceptable then may not be now; the answer is that of then. */
static void test_a_key_answers_without_items(void **state)
{
	struct conformance *c = *state;
	bool replayed;
	int64_t ids = 0;

	assert_int_equal(publish_with_key(c, "shop", "k1", 1, &replayed, &ids), 0);
	for (unsigned char fingerprint = 1; fingerprint <= 2; fingerprint++) {
		CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
		publish.publisher = SLICE("shop");
		publish.idempotency_key = SLICE("k1");
		publish.fingerprint[0] = fingerprint;
		assert_int_equal(conformance_call(c, &publish.request),
				 fingerprint == 1 ? 0 : -EEXIST);
		assert_int_equal(publish.replay.is_set, fingerprint == 1);
		if (publish.replay.is_set)
			assert_int_equal(digest_of(publish.replay.ids), ids);
		store_request_finish(&publish.request);
	}
	for (int again = 0; again < 2; again++) {
		CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
		publish.publisher = SLICE("shop");
		publish.idempotency_key = SLICE("new");
		assert_int_equal(conformance_call(c, &publish.request), 0);
		assert_false(publish.replay.is_set);
		store_request_finish(&publish.request);
	}
}

/* A request of which nothing was to be published. */
static int keep_key(struct conformance *c, unsigned char fingerprint, bool *ret_replayed)
{
	int result;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.publisher = SLICE("shop");
	publish.idempotency_key = SLICE("kept");
	publish.fingerprint[0] = fingerprint;
	publish.note = SLICE("nothing");
	publish.keeps_key = true;
	result = conformance_call(c, &publish.request);
	*ret_replayed = publish.replay.is_set;
	if (result == 0 && publish.replay.is_set) {
		assert_int_equal(publish.replay.id_count, 0);
		assert_slice(publish.replay.note, "nothing");
	}
	store_request_finish(&publish.request);
	return result;
}

static void test_a_key_is_kept_without_items(void **state)
{
	struct conformance *c = *state;
	bool replayed = true;
	int64_t ids = 0;

	assert_int_equal(keep_key(c, 1, &replayed), 0);
	assert_false(replayed);
	assert_int_equal(keep_key(c, 1, &replayed), 0);
	assert_true(replayed);
	conformance_reopen(c);
	assert_int_equal(keep_key(c, 1, &replayed), 0);
	assert_true(replayed);
	assert_int_equal(keep_key(c, 2, &replayed), -EEXIST);
	assert_int_equal(publish_with_key(c, "shop", "kept", 2, &replayed, &ids), -EEXIST);
	assert_int_equal(publish_with_key(c, "other", "kept", 2, &replayed, &ids), 0);
	assert_false(replayed);
	assert_int_equal(conformance_head(c, "anna").seq, 1);
}

/* A request with items asks the same: what is kept is the answer, whatever would be published. */
static void test_a_kept_key_publishes_nothing_later(void **state)
{
	struct conformance *c = *state;
	struct store_item item = {.content = conformance_content("late")};
	bool replayed;

	assert_int_equal(keep_key(c, 1, &replayed), 0);
	for (int i = 0; i < 2; i++) {
		CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
		publish.items = &item;
		publish.item_count = 1;
		publish.publisher = SLICE("shop");
		publish.idempotency_key = SLICE("kept");
		publish.fingerprint[0] = 1;
		assert_int_equal(conformance_call(c, &publish.request), 0);
		assert_true(publish.replay.is_set);
		assert_int_equal(publish.replay.id_count, 0);
		store_request_finish(&publish.request);
	}
	assert_int_equal(c->hint_count, 0);
	c->options.idempotency_age = 1;
	store_reconfigure(c->store, &c->options);
	conformance_pause();
	assert_int_equal(keep_key(c, 2, &replayed), 0);
	assert_false(replayed);
}

/* Those that came together: some publish, some only keep their key. */
static void test_keys_are_kept_beside_publishes(void **state)
{
	enum { EACH_KIND = 8 };
	struct conformance *c = *state;
	struct store_publish requests[2 * EACH_KIND];
	struct store_item items[2 * EACH_KIND];
	struct slice user = SLICE("anna");
	char keys[2 * EACH_KIND][8];

	for (size_t i = 0; i < 2 * EACH_KIND; i++) {
		struct store_publish *publish = &requests[i];

		snprintf(keys[i], sizeof(keys[i]), "key%zu", i);
		items[i] = (struct store_item){
		    .users = &user, .user_count = 1, .content = conformance_content("beside")};
		*publish = (struct store_publish){.items = &items[i],
						  .item_count = i % 2,
						  .keeps_key = i % 2 == 0,
						  .publisher = SLICE("shop"),
						  .idempotency_key = slice_from_string(keys[i]),
						  .note = SLICE("note")};
		conformance_prepare(&publish->request, STORE_PUBLISH);
		conformance_submit(c, &publish->request);
	}
	conformance_wait(c);
	for (size_t i = 0; i < 2 * EACH_KIND; i++) {
		assert_int_equal(requests[i].request.result, 0);
		assert_false(requests[i].replay.is_set);
		if (i % 2 == 1)
			assert_true(items[i].ids[0] > 0);
		store_request_finish(&requests[i].request);
	}
	assert_int_equal(conformance_head(c, "anna").seq, EACH_KIND);
}

static void test_a_key_is_forgotten_in_time(void **state)
{
	struct conformance *c = *state;
	bool replayed = true;
	int64_t ids = 0;

	assert_int_equal(publish_with_key(c, "shop", "k1", 1, &replayed, &ids), 0);
	c->options.idempotency_age = 1;
	store_reconfigure(c->store, &c->options);
	conformance_pause();
	assert_int_equal(publish_with_key(c, "shop", "k1", 2, &replayed, &ids), 0);
	assert_false(replayed);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
}

/* Publishes an item to anna for each key; an empty one is none. Returns which of them were left
 * out, as bits. */
static unsigned publish_items(struct conformance *c, const char *publisher, const char *const *keys,
			      size_t count)
{
	struct slice user = SLICE("anna");
	struct store_item items[8] = {0};
	unsigned repeated = 0;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct store_item){
		    .users = &user,
		    .user_count = 1,
		    .content = conformance_content(keys[i]),
		    .key = slice_from_string(keys[i]),
		};
	publish.items = items;
	publish.item_count = count;
	publish.publisher = slice_from_string(publisher);
	assert_int_equal(conformance_call(c, &publish.request), 0);
	for (size_t i = 0; i < count; i++) {
		repeated |= items[i].is_repeated ? 1U << i : 0;
		if (!items[i].is_repeated)
			assert_true(items[i].ids[0] > 0);
	}
	store_request_finish(&publish.request);
	return repeated;
}

static void test_items_with_keys_are_published_once(void **state)
{
	struct conformance *c = *state;
	const char *first[] = {"0/1", "0/2", "0/3"};
	const char *again[] = {"0/2", "0/3", "0/4", "0/4", "", ""};
	struct store_list list;

	assert_int_equal(publish_items(c, "kafka:t", first, 3), 0);
	assert_int_equal(publish_items(c, "kafka:t", again, 6), 1 | 2 | 8);
	assert_int_equal(c->hint_count, 6);
	conformance_crash(c);
	assert_int_equal(publish_items(c, "kafka:t", again, 6), 1 | 2 | 4 | 8);
	assert_int_equal(publish_items(c, "kafka:t", first, 3), 7);
	assert_int_equal(publish_items(c, "kafka:u", first, 3), 0);
	conformance_list(c, "anna", STORE_FILTER_ALL, 0, 20, &list);
	assert_int_equal(list.notification_count, 11);
	assert_slice(list.notifications[0].content.title, "0/3");
	assert_slice(list.notifications[7].content.title, "0/4");
	store_request_finish(&list.request);
	assert_int_equal(conformance_head(c, "anna").seq, 11);
	conformance_check(c);
}

/* However many requests share a commit, and whoever else uses the keys. */
static void test_keys_of_items_hold_between_requests(void **state)
{
	struct conformance *c = *state;
	enum { REQUESTS = 50 };
	struct slice user = SLICE("anna");
	struct store_publish publishes[REQUESTS] = {0};
	struct store_item items[REQUESTS];
	unsigned repeated = 0;

	for (size_t i = 0; i < REQUESTS; i++) {
		items[i] = (struct store_item){
		    .users = &user,
		    .user_count = 1,
		    .content = conformance_content("x"),
		    .key = i % 2 == 0 ? SLICE("even") : SLICE("odd"),
		};
		conformance_prepare(&publishes[i].request, STORE_PUBLISH);
		publishes[i].items = &items[i];
		publishes[i].item_count = 1;
		publishes[i].publisher = SLICE("kafka:t");
		conformance_submit(c, &publishes[i].request);
	}
	conformance_wait(c);
	for (size_t i = 0; i < REQUESTS; i++) {
		assert_int_equal(publishes[i].request.result, 0);
		repeated += items[i].is_repeated;
		store_request_finish(&publishes[i].request);
	}
	assert_int_equal(repeated, REQUESTS - 2);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
}

static void test_keys_of_items_are_forgotten_in_time(void **state)
{
	struct conformance *c = *state;
	const char *keys[] = {"0/1"};

	assert_int_equal(publish_items(c, "kafka:t", keys, 1), 0);
	c->options.idempotency_age = 1;
	store_reconfigure(c->store, &c->options);
	conformance_pause();
	assert_int_equal(publish_items(c, "kafka:t", keys, 1), 0);
	assert_int_equal(conformance_head(c, "anna").seq, 2);
}

static void test_a_ticket_is_used_once(void **state)
{
	struct conformance *c = *state;

	for (int i = 0; i < 2; i++) {
		CONFORMANCE_REQUEST(store_redeem, redeem, STORE_REDEEM);
		memset(redeem.ticket, 7, sizeof(redeem.ticket));
		redeem.expires_at = INT64_C(4000000000000000);
		assert_int_equal(conformance_call(c, &redeem.request), i == 0 ? 0 : -EEXIST);
		store_request_finish(&redeem.request);
		conformance_reopen(c);
	}
}

enum { PUBLISHERS = 100, EACH = 20, USERS = 7 };

struct publisher {
	struct store *store;
	struct mailbox mailbox;
	pthread_t thread;
	int number;
	int64_t ids[EACH];
	size_t answered;
};

static void on_published(struct mailbox_message *message)
{
	struct publisher *publisher = store_request_of(message)->context;

	publisher->answered++;
}

static void *publish_some(void *context)
{
	struct publisher *publisher = context;

	for (size_t i = 0; i < EACH; i++) {
		char name[24];
		struct slice user = slice_from_string(name);
		struct store_item item = {.content = conformance_content("together")};
		struct store_publish publish = {.items = &item, .item_count = 1};

		snprintf(name, sizeof(name), "user-%d", (publisher->number + (int)i) % USERS);
		user = slice_from_string(name);
		item.users = &user;
		item.user_count = 1;
		store_request_init(&publish.request, STORE_PUBLISH, &publisher->mailbox,
				   on_published);
		publish.request.context = publisher;
		store_submit(publisher->store, &publish.request);
		while (publisher->answered == i) {
			mailbox_wait(&publisher->mailbox, -1);
			mailbox_receive(&publisher->mailbox);
		}
		publisher->ids[i] = publish.request.result == 0 ? item.ids[0] : -1;
		store_request_finish(&publish.request);
	}
	return NULL;
}

static void assert_told_in_order(const struct conformance *c)
{
	for (int user = 0; user < USERS; user++) {
		char name[24];
		int64_t seq = 0;

		snprintf(name, sizeof(name), "user-%d", user);
		for (size_t i = 0; i < c->hint_count; i++) {
			if (strcmp(c->hints[i].user, name) == 0)
				assert_int_equal(c->hints[i].seq, ++seq);
		}
		assert_true(seq > 0);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const int64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

static void test_a_hundred_publish_at_once(void **state)
{
	struct conformance *c = *state;
	struct publisher *publishers = calloc(PUBLISHERS, sizeof(*publishers));
	int64_t ids[PUBLISHERS * EACH];
	int64_t heads = 0;

	assert_non_null(publishers);
	for (int i = 0; i < PUBLISHERS; i++) {
		publishers[i].store = c->store;
		publishers[i].number = i;
		assert_int_equal(mailbox_init(&publishers[i].mailbox), 0);
		assert_int_equal(
		    pthread_create(&publishers[i].thread, NULL, publish_some, &publishers[i]), 0);
	}
	for (int i = 0; i < PUBLISHERS; i++) {
		pthread_join(publishers[i].thread, NULL);
		mailbox_finish(&publishers[i].mailbox);
		memcpy(&ids[i * EACH], publishers[i].ids, sizeof(publishers[i].ids));
	}
	qsort(ids, PUBLISHERS * EACH, sizeof(ids[0]), compare_numbers);
	for (int i = 1; i < PUBLISHERS * EACH; i++)
		assert_true(ids[i - 1] > 0 && ids[i - 1] < ids[i]);
	assert_int_equal(c->hint_count, PUBLISHERS * EACH);
	assert_told_in_order(c);
	for (int user = 0; user < USERS; user++) {
		char name[24];

		snprintf(name, sizeof(name), "user-%d", user);
		heads += conformance_head(c, name).seq;
	}
	assert_int_equal(heads, PUBLISHERS * EACH);
	conformance_check(c);
	free(publishers);
}

static void test_a_probe_comes_back(void **state)
{
	struct conformance *c = *state;

	CONFORMANCE_REQUEST(store_probe, probe, STORE_PROBE);
	assert_int_equal(conformance_call(c, &probe.request), 0);
	store_request_finish(&probe.request);
}

static void test_the_epoch_stays_over_a_restart(void **state)
{
	struct conformance *c = *state;
	uint64_t epoch = store_epoch(c->store);

	assert_true(epoch != 0);
	conformance_reopen(c);
	assert_true(store_epoch(c->store) == epoch);
}

static void test_ids_are_never_used_again(void **state)
{
	struct conformance *c = *state;
	int64_t last = 0;

	c->options.retention_count = 1;
	conformance_reopen(c);
	for (int i = 0; i < 5; i++) {
		int64_t id = conformance_publish(c, "anna", "short-lived");

		assert_true(id > last);
		last = id;
	}
	conformance_withdraw(c, last);
	conformance_reopen(c);
	assert_true(conformance_publish(c, "minjun", "next") > last);
}

static void test_statistics_count(void **state)
{
	struct conformance *c = *state;
	struct store_statistics statistics;

	conformance_publish(c, "anna", "one");
	conformance_head(c, "anna");
	store_statistics(c->store, &statistics);
	assert_true(statistics.commits >= 1);
	assert_int_equal(statistics.writes, 1);
	assert_int_equal(statistics.reads, 1);
	assert_true(statistics.bytes > 0);
	assert_int_equal(statistics.queue, 0);
	assert_int_equal(conformance_withdraw(c, 12345), -ENOENT);
	store_statistics(c->store, &statistics);
	assert_int_equal(statistics.writes, 1); /* what is refused is neither */
	assert_int_equal(statistics.failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_seqs_rise_by_one_for_each_user),
	    CONFORMANCE_TEST(test_one_item_reaches_several_users),
	    CONFORMANCE_TEST(test_the_empty_name_does_not_reach_everyone),
	    CONFORMANCE_TEST(test_every_byte_comes_back),
	    CONFORMANCE_TEST(test_a_key_publishes_once),
	    CONFORMANCE_TEST(test_a_key_answers_without_items),
	    CONFORMANCE_TEST(test_a_key_is_kept_without_items),
	    CONFORMANCE_TEST(test_a_kept_key_publishes_nothing_later),
	    CONFORMANCE_TEST(test_keys_are_kept_beside_publishes),
	    CONFORMANCE_TEST(test_a_key_is_forgotten_in_time),
	    CONFORMANCE_TEST(test_items_with_keys_are_published_once),
	    CONFORMANCE_TEST(test_keys_of_items_hold_between_requests),
	    CONFORMANCE_TEST(test_keys_of_items_are_forgotten_in_time),
	    CONFORMANCE_TEST(test_a_ticket_is_used_once),
	    CONFORMANCE_TEST(test_a_hundred_publish_at_once),
	    CONFORMANCE_TEST(test_a_probe_comes_back),
	    CONFORMANCE_TEST(test_the_epoch_stays_over_a_restart),
	    CONFORMANCE_TEST(test_ids_are_never_used_again),
	    CONFORMANCE_TEST(test_statistics_count),
	};

	return conformance_run("publish", tests, sizeof(tests) / sizeof(tests[0]));
}
