/* The n-th allocation fails, SQLite's own included, for every n: the request says so or succeeds,
 * the others go on, nothing half-done stays, and nothing leaks. Of the thousands that opening
 * takes, most are made by the same few lines, statement by statement: beyond EVERY a sample of
 * them. */
#include "base/random.h"
#include "lib/failing_allocator.h"
#include "unit/store/folder.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVERY = 400, SAMPLE = 6 };

static unsigned next_n(struct random *random, unsigned n)
{
	return n < EVERY ? n + 1 : n + 1 + (unsigned)random_below(random, 2 * SAMPLE - 1);
}

/* SQLite wants to know sizes, so each block says its own. */
enum { HEADER = 16 };

static void *allocate(int size)
{
	char *block = malloc((size_t)size + HEADER);

	if (block == NULL)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + HEADER;
}

static void release(void *memory)
{
	free((char *)memory - HEADER);
}

static void *resize(void *memory, int size)
{
	char *block = realloc((char *)memory - HEADER, (size_t)size + HEADER);

	if (block == NULL)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + HEADER;
}

static int size_of(void *memory)
{
	int size;

	memcpy(&size, (char *)memory - HEADER, sizeof(size));
	return size;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int start(void *context)
{
	(void)context;
	return SQLITE_OK;
}

static void stop(void *context)
{
	(void)context;
}

static const sqlite3_mem_methods methods = {allocate, release, resize, size_of,
					    round_up, start,   stop,   NULL};

static int call_mark(struct folder *folder)
{
	int64_t id = 1;
	struct store_mark mark;
	int result;

	memset(&mark, 0, sizeof(mark));
	store_request_init(&mark.request, STORE_MARK, NULL, NULL);
	mark.user = SLICE("user-0");
	mark.state = NOTIFICATION_READ;
	mark.ids = &id;
	mark.id_count = 1;
	result = folder_call(folder, &mark.request);
	store_request_finish(&mark.request);
	return result;
}

static int call_mark_all(struct folder *folder)
{
	struct store_mark mark;
	int result;

	memset(&mark, 0, sizeof(mark));
	store_request_init(&mark.request, STORE_MARK, NULL, NULL);
	mark.user = SLICE("user-0");
	mark.state = NOTIFICATION_SEEN;
	mark.all = true;
	result = folder_call(folder, &mark.request);
	store_request_finish(&mark.request);
	return result;
}

static int call_withdraw(struct folder *folder)
{
	struct store_withdraw withdraw;
	int result;

	memset(&withdraw, 0, sizeof(withdraw));
	store_request_init(&withdraw.request, STORE_WITHDRAW, NULL, NULL);
	withdraw.id = 2;
	result = folder_call(folder, &withdraw.request);
	store_request_finish(&withdraw.request);
	return result;
}

static int call_list(struct folder *folder)
{
	struct store_list list;
	int result;

	memset(&list, 0, sizeof(list));
	store_request_init(&list.request, STORE_LIST, NULL, NULL);
	list.user = SLICE("user-0");
	list.before = 1000000;
	list.limit = 20;
	result = folder_call(folder, &list.request);
	if (result == 0)
		assert_true(list.notification_count > 0);
	store_request_finish(&list.request);
	return result;
}

static int call_replay(struct folder *folder)
{
	struct store_replay replay;
	int result;

	memset(&replay, 0, sizeof(replay));
	store_request_init(&replay.request, STORE_REPLAY, NULL, NULL);
	replay.user = SLICE("user-0");
	replay.after.epoch = store_epoch(folder->store);
	replay.limit = 1000;
	result = folder_call(folder, &replay.request);
	if (result == 0)
		assert_true(replay.change_count > 0);
	store_request_finish(&replay.request);
	return result;
}

static int call_sweep(struct folder *folder)
{
	struct store_sweep sweep;
	int result;

	memset(&sweep, 0, sizeof(sweep));
	store_request_init(&sweep.request, STORE_SWEEP, NULL, NULL);
	sweep.position = SLICE("1");
	result = folder_call(folder, &sweep.request);
	if (result == 0)
		assert_true(sweep.hint_count > 0);
	store_request_finish(&sweep.request);
	return result;
}

/* By hand, because what the test needs must not be what fails. */
static int call_publish(struct folder *folder)
{
	struct slice user = SLICE("user-0");
	struct store_item item = {.users = &user, .user_count = 1};
	struct store_publish publish;
	int result;

	item.content = (struct notification_content){.type = SLICE("t"), .title = SLICE("t")};
	memset(&publish, 0, sizeof(publish));
	store_request_init(&publish.request, STORE_PUBLISH, NULL, NULL);
	publish.items = &item;
	publish.item_count = 1;
	result = folder_call(folder, &publish.request);
	store_request_finish(&publish.request);
	return result;
}

static int call_subscribe(struct folder *folder)
{
	struct slice users[] = {SLICE("user-0"), SLICE("user-1")};
	struct store_subscribe subscribe;
	int result;

	memset(&subscribe, 0, sizeof(subscribe));
	store_request_init(&subscribe.request, STORE_SUBSCRIBE, NULL, NULL);
	subscribe.topic = SLICE("news");
	subscribe.users = users;
	subscribe.user_count = 2;
	result = folder_call(folder, &subscribe.request);
	store_request_finish(&subscribe.request);
	return result;
}

static int call_publish_to_topic(struct folder *folder)
{
	struct store_item item = {.topic = SLICE("news")};
	struct store_publish publish;
	int result;

	item.content = (struct notification_content){.type = SLICE("t"), .title = SLICE("t")};
	memset(&publish, 0, sizeof(publish));
	store_request_init(&publish.request, STORE_PUBLISH, NULL, NULL);
	publish.items = &item;
	publish.item_count = 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = SLICE("key");
	result = folder_call(folder, &publish.request);
	if (result == 0)
		assert_int_equal(
		    publish.replay.is_set ? publish.replay.topics[0].count : item.user_count, 2);
	store_request_finish(&publish.request);
	return result;
}

static int call_topics(struct folder *folder)
{
	struct store_topics topics;
	int result;

	memset(&topics, 0, sizeof(topics));
	store_request_init(&topics.request, STORE_TOPICS, NULL, NULL);
	topics.topic = SLICE("news");
	topics.limit = 10;
	result = folder_call(folder, &topics.request);
	if (result == 0)
		assert_int_equal(topics.row_count, 2);
	store_request_finish(&topics.request);
	return result;
}

static int call_probe(struct folder *folder)
{
	struct store_probe probe;
	int result;

	store_request_init(&probe.request, STORE_PROBE, NULL, NULL);
	result = folder_call(folder, &probe.request);
	store_request_finish(&probe.request);
	return result;
}

static int call_bury(struct folder *folder)
{
	const struct store_dead_letter letters[2] = {
	    {.source = SLICE("kafka:orders"), .position = SLICE("0/1"), .body = SLICE("{}")},
	    {.source = SLICE("kafka:orders"), .position = SLICE("0/2"), .body = SLICE("{}")},
	};
	struct store_bury bury;
	int result;

	memset(&bury, 0, sizeof(bury));
	store_request_init(&bury.request, STORE_BURY, NULL, NULL);
	bury.letters = letters;
	bury.letter_count = 2;
	result = folder_call(folder, &bury.request);
	store_request_finish(&bury.request);
	return result;
}

static int call_bury_again(struct folder *folder)
{
	struct store_bury_again again;
	int result;

	memset(&again, 0, sizeof(again));
	store_request_init(&again.request, STORE_BURY_AGAIN, NULL, NULL);
	again.id = 1;
	again.reason = SLICE("still not");
	result = folder_call(folder, &again.request);
	store_request_finish(&again.request);
	return result;
}

static int look(struct folder *folder, int64_t id, size_t expected)
{
	struct store_dead_letters letters;
	int result;

	memset(&letters, 0, sizeof(letters));
	store_request_init(&letters.request, STORE_DEAD_LETTERS, NULL, NULL);
	letters.id = id;
	letters.limit = 20;
	result = folder_call(folder, &letters.request);
	if (result == 0)
		assert_int_equal(letters.letter_count, expected);
	store_request_finish(&letters.request);
	return result;
}

static int call_dead_letters(struct folder *folder)
{
	return look(folder, 0, 2);
}

static int call_dead_letter(struct folder *folder)
{
	return look(folder, 2, 1);
}

static int call_exhume(struct folder *folder)
{
	struct store_exhume exhume;
	int result;

	memset(&exhume, 0, sizeof(exhume));
	store_request_init(&exhume.request, STORE_EXHUME, NULL, NULL);
	exhume.limit = 1;
	result = folder_call(folder, &exhume.request);
	store_request_finish(&exhume.request);
	return result;
}

/* Two messages, the first of them twice. What was refused before has taken no key. */
static int publish_message(struct folder *folder, unsigned number, bool is_repeated)
{
	struct slice user = SLICE("user-0");
	char keys[2][24];
	struct store_item items[3];
	struct store_publish publish;
	int result;

	memset(&publish, 0, sizeof(publish));
	store_request_init(&publish.request, STORE_PUBLISH, NULL, NULL);
	for (size_t i = 0; i < 3; i++) {
		snprintf(keys[i % 2], sizeof(keys[0]), "message-%u-%zu", number, i % 2);
		items[i] = (struct store_item){
		    .users = &user,
		    .user_count = 1,
		    .content = {.type = SLICE("t"), .title = SLICE("t")},
		    .key = slice_from_string(keys[i % 2]),
		};
	}
	publish.items = items;
	publish.item_count = 3;
	publish.publisher = SLICE("kafka:orders");
	result = folder_call(folder, &publish.request);
	if (result == 0) {
		assert_int_equal(items[0].is_repeated, is_repeated);
		assert_int_equal(items[1].is_repeated, is_repeated);
		assert_true(items[2].is_repeated);
	}
	store_request_finish(&publish.request);
	return result;
}

static int call_publish_message(struct folder *folder)
{
	static unsigned messages;
	int result = publish_message(folder, messages, false);

	messages += result == 0;
	return result;
}

static int call_publish_message_again(struct folder *folder)
{
	return publish_message(folder, 0, true);
}

static int64_t audited; /* batches of two records */

static int call_audit(struct folder *folder)
{
	static const struct store_audit_record records[2] = {
	    {.time = 1, .event = {"read", 4}, .user = {"anna", 4}, .line = {"{}", 2}},
	    {.time = 2, .event = {"publish", 7}, .user = {"bo", 2}, .line = {"{}", 2}},
	};
	struct store_audit audit;
	int result;

	memset(&audit, 0, sizeof(audit));
	store_request_init(&audit.request, STORE_AUDIT, NULL, NULL);
	audit.node = 1;
	audit.batch = audited + 1;
	audit.records = records;
	audit.record_count = 2;
	result = folder_call(folder, &audit.request);
	audited += result == 0;
	store_request_finish(&audit.request);
	return result;
}

/* Each batch is there once. */
static int read_audit(struct folder *folder, struct slice user, int64_t since, int64_t expected)
{
	struct store_audit_read page;
	int result;

	memset(&page, 0, sizeof(page));
	store_request_init(&page.request, STORE_AUDIT_READ, NULL, NULL);
	page.user = user;
	page.since = since;
	page.limit = 1000;
	result = folder_call(folder, &page.request);
	if (result == 0)
		assert_int_equal(page.record_count, expected);
	store_request_finish(&page.request);
	return result;
}

static int call_audit_read(struct folder *folder)
{
	return read_audit(folder, SLICE(""), 0, 2 * audited);
}

static int call_audit_read_user(struct folder *folder)
{
	return read_audit(folder, SLICE("anna"), 1, audited);
}

static int (*const calls[])(struct folder *folder) = {
    call_publish,
    call_list,
    call_replay,
    call_sweep,
    call_mark,
    call_publish,
    call_list,
    call_probe,
    call_mark_all,
    call_withdraw,
    call_bury,
    call_bury_again,
    call_dead_letters,
    call_dead_letter,
    call_exhume,
    call_subscribe,
    call_publish_to_topic,
    call_publish_to_topic,
    call_topics,
    call_publish_message,
    call_publish_message_again,
    call_audit,
    call_audit_read,
    call_audit_read_user,
};

static void try_every_n(struct folder *folder, int (*call)(struct folder *folder))
{
	for (unsigned n = 1;; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = call(folder);
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			return;
		}
		assert_true(result == 0 || result == -ENOMEM);
	}
}

static void test_operations(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.retention_count = 20};
	struct error error;

	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(folder_publish(folder, 30, 3, 100), 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		try_every_n(folder, calls[i]);
		if (store_check(folder->store, &error) < 0)
			fail_msg("%s", error.text);
	}
	folder_close(folder);
	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(store_check(folder->store, &error), 0);
}

/* Those that share a commit with one that fails are done all the same. */
static void test_batches(void **state)
{
	enum { BATCH = 12, USERS = 3 };
	static const char *const names[USERS] = {"user-0", "user-1", "user-2"};
	struct folder *folder = *state;
	struct error error;
	int64_t published = 0;
	bool failed = true;

	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	for (unsigned n = 1; failed; n++) {
		struct slice users[BATCH];
		struct store_item items[BATCH];
		struct store_publish publishes[BATCH];

		memset(publishes, 0, sizeof(publishes));
		memset(items, 0, sizeof(items));
		failing_allocator_fail_at(n);
		for (int i = 0; i < BATCH; i++) {
			users[i] = slice_from_string(names[i % USERS]);
			items[i].users = &users[i];
			items[i].user_count = 1;
			items[i].content.type = SLICE("t");
			items[i].content.title = SLICE("t");
			store_request_init(&publishes[i].request, STORE_PUBLISH, NULL, NULL);
			publishes[i].items = &items[i];
			publishes[i].item_count = 1;
			folder_submit(folder, &publishes[i].request);
		}
		folder_wait(folder);
		failed = failing_allocator_reset();
		for (int i = 0; i < BATCH; i++) {
			int result = publishes[i].request.result;

			assert_true(result == 0 || (failed && result == -ENOMEM));
			published += result == 0;
			store_request_finish(&publishes[i].request);
		}
		assert_int_equal(folder_heads(folder, USERS), published);
	}
	if (store_check(folder->store, &error) < 0)
		fail_msg("%s", error.text);
}

static void test_opening(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.location = NULL};
	struct error error = {.text = ""};
	struct random random;

	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(folder_publish(folder, 40, 4, 100), 0);
	folder_close(folder);
	random_init(&random, 17);
	for (unsigned n = 1;; n = next_n(&random, n)) {
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result = folder_open(folder, options, &error);
		failed = failing_allocator_reset();
		if (result < 0) {
			assert_true(failed);
			assert_true(error.text[0] != '\0');
			continue;
		}
		assert_int_equal(folder_heads(folder, 4), 40);
		folder_close(folder);
		if (!failed)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_operations, folder_setup, folder_teardown),
	    cmocka_unit_test_setup_teardown(test_batches, folder_setup, folder_teardown),
	    cmocka_unit_test_setup_teardown(test_opening, folder_setup, folder_teardown),
	};

	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
