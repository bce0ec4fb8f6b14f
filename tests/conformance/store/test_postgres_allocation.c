/* The n-th allocation of ours fails, for every n: the request says so or succeeds, the others of
 * its transaction are done, nothing half-done stays, the session goes on, and nothing leaks. What
 * libpq allocates is its own. */
#include "conformance/store/postgres_node.h"

#include "lib/failing_allocator.h"

#include <errno.h>

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static struct conformance node;

/* More than an array's first block holds. */
enum { BATCH = 40, KEYS_FROM = BATCH / 2 };

static int call_publish(void)
{
	return postgres_node_publish(&node, "anna", "title", NULL);
}

static unsigned keys; /* used so far */

static int publish_under(unsigned key, bool asks, bool *ret_is_replay)
{
	struct slice users[2] = {SLICE("anna"), SLICE("minjun")};
	struct store_item item = {
	    .users = users, .user_count = 2, .content = conformance_content("once")};
	char name[16];
	int result;

	snprintf(name, sizeof(name), "key-%u", key);
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = asks ? 0 : 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = slice_from_string(name);
	publish.note = SLICE("note");
	result = conformance_call(&node, &publish.request);
	*ret_is_replay = publish.replay.is_set;
	if (result == 0 && publish.replay.is_set) {
		assert_int_equal(publish.replay.id_count, 2);
		assert_slice(publish.replay.note, "note");
	}
	store_request_finish(&publish.request);
	return result;
}

static int call_publish_new_key(void)
{
	bool is_replay;
	int result = publish_under(keys, false, &is_replay);

	assert_false(is_replay);
	keys += result == 0;
	return result;
}

static int call_publish_again(void)
{
	bool is_replay;
	int result = publish_under(0, false, &is_replay);

	assert_int_equal(is_replay, result == 0);
	return result;
}

static int call_recall(void)
{
	bool is_replay;
	int result = publish_under(0, true, &is_replay);

	assert_int_equal(is_replay, result == 0);
	return result;
}

static int subscribe(bool ends)
{
	struct slice users[2] = {SLICE("anna"), SLICE("minjun")};
	int result;

	CONFORMANCE_REQUEST(store_subscribe, subscribe, STORE_SUBSCRIBE);
	subscribe.topic = SLICE("news");
	subscribe.users = users;
	subscribe.user_count = 2;
	subscribe.ends = ends;
	result = conformance_call(&node, &subscribe.request);
	store_request_finish(&subscribe.request);
	return result;
}

static int call_subscribe(void)
{
	return subscribe(false);
}

static int call_unsubscribe(void)
{
	return subscribe(true);
}

static int publish_to_topic(const char *key, bool *ret_is_replay)
{
	struct store_item item = {.topic = SLICE("news"),
				  .content = conformance_content("to all of them")};
	int result;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = slice_from_string(key);
	result = conformance_call(&node, &publish.request);
	*ret_is_replay = publish.replay.is_set;
	if (result == 0 && publish.replay.is_set)
		assert_int_equal(publish.replay.topics[0].count, 2);
	else if (result == 0)
		assert_int_equal(item.user_count, 2);
	store_request_finish(&publish.request);
	return result;
}

static int call_publish_to_topic(void)
{
	bool is_replay;
	char key[24];

	snprintf(key, sizeof(key), "topic-%u", keys++);
	return publish_to_topic(key, &is_replay);
}

static int call_publish_to_topic_again(void)
{
	bool is_replay;

	return publish_to_topic("topic", &is_replay);
}

static int call_topics(void)
{
	int result;

	CONFORMANCE_REQUEST(store_topics, topics, STORE_TOPICS);
	topics.topic = SLICE("news");
	topics.limit = 10;
	result = conformance_call(&node, &topics.request);
	if (result == 0)
		assert_int_equal(topics.row_count, 2);
	store_request_finish(&topics.request);
	return result;
}

static int call_list(void)
{
	int result;

	CONFORMANCE_REQUEST(store_list, list, STORE_LIST);
	list.user = SLICE("anna");
	list.filter = STORE_FILTER_ALL;
	list.limit = 20;
	result = conformance_call(&node, &list.request);
	if (result == 0)
		assert_true(list.notification_count > 0);
	store_request_finish(&list.request);
	return result;
}

static int call_replay(void)
{
	int result;

	CONFORMANCE_REQUEST(store_replay, replay, STORE_REPLAY);
	replay.user = SLICE("anna");
	replay.after.epoch = store_epoch(node.store);
	replay.limit = 1000;
	result = conformance_call(&node, &replay.request);
	if (result == 0)
		assert_true(replay.change_count > 0 && replay.broadcast_count > 0);
	store_request_finish(&replay.request);
	return result;
}

static int call_heads(void)
{
	struct store_head head = {.user = SLICE("anna")};
	int result;

	CONFORMANCE_REQUEST(store_heads, heads, STORE_HEADS);
	heads.heads = &head;
	heads.head_count = 1;
	heads.want_broadcasts = true;
	result = conformance_call(&node, &heads.request);
	if (result == 0)
		assert_true(head.seq > 0 && heads.broadcast_count > 0);
	store_request_finish(&heads.request);
	return result;
}

static int call_sweep(void)
{
	int result;

	CONFORMANCE_REQUEST(store_sweep, sweep, STORE_SWEEP);
	sweep.position = SLICE("3:3:");
	sweep.want_changes = true;
	result = conformance_call(&node, &sweep.request);
	if (result == 0)
		assert_true(sweep.hint_count > 0);
	store_request_finish(&sweep.request);
	return result;
}

static int call_mark(void)
{
	int64_t ids[2] = {1, 2};

	return conformance_mark(&node, "anna", NOTIFICATION_READ, ids, 2, NULL);
}

static int call_mark_all(void)
{
	return conformance_mark_all(&node, "anna", NOTIFICATION_SEEN, NULL);
}

static int call_correct(void)
{
	int result;

	CONFORMANCE_REQUEST(store_correct, correct, STORE_CORRECT);
	correct.id = 2;
	correct.correction = (struct notification_content){.given = 1 << NOTIFICATION_TITLE,
							   .title = SLICE("corrected")};
	result = conformance_call(&node, &correct.request);
	store_request_finish(&correct.request);
	return result;
}

static int call_withdraw(void)
{
	return conformance_withdraw(&node, 3);
}

static int call_probe(void)
{
	int result;

	CONFORMANCE_REQUEST(store_probe, probe, STORE_PROBE);
	result = conformance_call(&node, &probe.request);
	store_request_finish(&probe.request);
	return result;
}

static int call_bury(void)
{
	const struct store_dead_letter letters[2] = {
	    {.source = SLICE("kafka:orders"), .position = SLICE("0/1"), .body = SLICE("{}")},
	    {.source = SLICE("kafka:orders"), .position = SLICE("0/2"), .body = SLICE("{}")},
	};
	int result;

	CONFORMANCE_REQUEST(store_bury, bury, STORE_BURY);
	bury.letters = letters;
	bury.letter_count = 2;
	result = conformance_call(&node, &bury.request);
	store_request_finish(&bury.request);
	return result;
}

static int look(int64_t id, size_t *ret_count, int64_t *ret_newest)
{
	int result;

	CONFORMANCE_REQUEST(store_dead_letters, letters, STORE_DEAD_LETTERS);
	letters.id = id;
	letters.limit = 20;
	result = conformance_call(&node, &letters.request);
	if (result == 0) {
		*ret_count = letters.letter_count;
		*ret_newest = letters.letter_count == 0 ? 0 : letters.letters[0].id;
	}
	store_request_finish(&letters.request);
	return result;
}

static int64_t newest_letter; /* as the page says */

static int call_dead_letters(void)
{
	size_t count;
	int result = look(0, &count, &newest_letter);

	if (result == 0)
		assert_int_equal(count, 2);
	return result;
}

static int call_dead_letter(void)
{
	size_t count;
	int64_t id;
	int result = look(newest_letter, &count, &id);

	if (result == 0)
		assert_int_equal(count, 1);
	return result;
}

static int call_bury_again(void)
{
	int result;

	CONFORMANCE_REQUEST(store_bury_again, again, STORE_BURY_AGAIN);
	again.id = newest_letter;
	again.reason = SLICE("still not");
	result = conformance_call(&node, &again.request);
	store_request_finish(&again.request);
	return result;
}

static int exhume(const int64_t *ids, size_t id_count)
{
	int result;

	CONFORMANCE_REQUEST(store_exhume, request, STORE_EXHUME);
	request.ids = ids;
	request.id_count = id_count;
	request.limit = 1;
	result = conformance_call(&node, &request.request);
	store_request_finish(&request.request);
	return result;
}

static int call_exhume(void)
{
	return exhume(&newest_letter, 1);
}

static int call_exhume_oldest(void)
{
	return exhume(NULL, 0);
}

/* Two messages, the first of them twice. What was refused before has taken no key. */
static int publish_message(unsigned number, bool is_repeated)
{
	struct slice user = SLICE("anna");
	char names[2][24];
	struct store_item items[3];
	int result;

	for (size_t i = 0; i < 3; i++) {
		snprintf(names[i % 2], sizeof(names[0]), "message-%u-%zu", number, i % 2);
		items[i] = (struct store_item){
		    .users = &user,
		    .user_count = 1,
		    .content = conformance_content("a message"),
		    .key = slice_from_string(names[i % 2]),
		};
	}
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 3;
	publish.publisher = SLICE("kafka:orders");
	result = conformance_call(&node, &publish.request);
	if (result == 0) {
		assert_int_equal(items[0].is_repeated, is_repeated);
		assert_int_equal(items[1].is_repeated, is_repeated);
		assert_true(items[2].is_repeated);
	}
	store_request_finish(&publish.request);
	return result;
}

static int call_publish_message(void)
{
	static unsigned messages;
	int result = publish_message(messages, false);

	messages += result == 0;
	return result;
}

static int call_publish_message_again(void)
{
	return publish_message(0, true);
}

static int64_t audited; /* batches of two records */

static int call_audit(void)
{
	static const struct store_audit_record records[2] = {
	    {.time = 1, .event = {"read", 4}, .user = {"anna", 4}, .line = {"{}", 2}},
	    {.time = 2, .event = {"publish", 7}, .user = {"bo", 2}, .line = {"{}", 2}},
	};
	int result;

	CONFORMANCE_REQUEST(store_audit, audit, STORE_AUDIT);
	audit.node = 1;
	audit.batch = audited + 1;
	audit.records = records;
	audit.record_count = 2;
	result = conformance_call(&node, &audit.request);
	audited += result == 0;
	store_request_finish(&audit.request);
	return result;
}

/* Each batch is there once. */
static int read_audit(struct slice user, int64_t since, int64_t expected)
{
	int result;

	CONFORMANCE_REQUEST(store_audit_read, page, STORE_AUDIT_READ);
	page.user = user;
	page.since = since;
	page.limit = 1000;
	result = conformance_call(&node, &page.request);
	if (result == 0)
		assert_int_equal(page.record_count, expected);
	store_request_finish(&page.request);
	return result;
}

static int call_audit_read(void)
{
	return read_audit(SLICE(""), 0, 2 * audited);
}

static int call_audit_read_user(void)
{
	return read_audit(SLICE("anna"), 1, audited);
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
    {"publish", call_publish},
    {"publish a new key", call_publish_new_key},
    {"publish again", call_publish_again},
    {"recall", call_recall},
    {"subscribe", call_subscribe},
    {"publish to a topic", call_publish_to_topic},
    {"publish to a topic again", call_publish_to_topic_again},
    {"topics", call_topics},
    {"unsubscribe", call_unsubscribe},
    {"list", call_list},
    {"replay", call_replay},
    {"heads", call_heads},
    {"sweep", call_sweep},
    {"mark", call_mark},
    {"mark all", call_mark_all},
    {"correct", call_correct},
    {"withdraw", call_withdraw},
    {"probe", call_probe},
    {"bury", call_bury},
    {"dead letters", call_dead_letters},
    {"dead letter", call_dead_letter},
    {"bury again", call_bury_again},
    {"exhume", call_exhume},
    {"exhume the oldest", call_exhume_oldest},
    {"publish a message", call_publish_message},
    {"publish a message again", call_publish_message_again},
    {"audit", call_audit},
    {"audit read", call_audit_read},
    {"audit read of a user", call_audit_read_user},
};

static void try_every_n(const char *name, int (*call)(void))
{
	for (unsigned n = 1;; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = call();
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			print_message("%s: %u allocations\n", name, n - 1);
			return;
		}
		if (result != 0 && result != -ENOMEM)
			fail_msg("%s: allocation %u: %d", name, n, result);
	}
}

static void test_operations(void **state)
{
	char query[256];

	(void)state;
	for (int i = 0; i < 3; i++)
		conformance_publish(&node, "anna", "first");
	conformance_publish(&node, NULL, "to everyone");
	assert_int_equal(call_publish_new_key(), 0);
	snprintf(query, sizeof(query), "SELECT count(*) FROM pg_stat_activity WHERE pid IN (%s)",
		 postgres_server_ask(server, url,
				     "SELECT string_agg(pid::text, ',') FROM pg_stat_activity "
				     "WHERE application_name = 'allim'"));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		try_every_n(calls[i].name, calls[i].call);
		conformance_check(&node);
	}
	/* No session was lost over it. */
	assert_int_equal(postgres_node_number(server, url, query), node.options.connections);
}

struct batch {
	struct slice users[BATCH];
	struct store_item items[BATCH];
	struct store_publish publishes[BATCH];
	char keys[BATCH][16];
};

static void fill_batch(struct batch *batch)
{
	static const char *const names[] = {"anna", "minjun", "sofia"};

	memset(batch->publishes, 0, sizeof(batch->publishes));
	for (unsigned i = 0; i < BATCH; i++) {
		struct store_publish *publish = &batch->publishes[i];

		batch->users[i] = slice_from_string(names[i % 3]);
		batch->items[i] = (struct store_item){.users = &batch->users[i],
						      .user_count = 1,
						      .content = conformance_content("batch")};
		conformance_prepare(&publish->request, STORE_PUBLISH);
		publish->items = &batch->items[i];
		publish->item_count = 1;
		if (i < KEYS_FROM)
			continue;
		snprintf(batch->keys[i], sizeof(batch->keys[i]), "batch-%u", keys++);
		publish->publisher = SLICE("shop");
		publish->idempotency_key = slice_from_string(batch->keys[i]);
	}
}

/* Those that share a transaction with one that fails are done all the same. */
static void test_batches(void **state)
{
	static struct batch batch;
	int64_t published = 0;
	unsigned refused = 0;
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		fill_batch(&batch);
		failing_allocator_fail_at(n);
		for (int i = 0; i < BATCH; i++)
			conformance_submit(&node, &batch.publishes[i].request);
		conformance_wait(&node);
		failed = failing_allocator_reset();
		for (int i = 0; i < BATCH; i++) {
			int result = batch.publishes[i].request.result;

			assert_true(result == 0 || (failed && result == -ENOMEM));
			published += result == 0;
			refused += result != 0;
			store_request_finish(&batch.publishes[i].request);
		}
	}
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT count(*) FROM allim.notification"),
	    published);
	print_message("%d published, %u refused\n", (int)published, refused);
	conformance_check(&node);
}

static void test_opening(void **state)
{
	(void)state;
	conformance_close(&node);
	for (unsigned n = 1;; n++) {
		struct error error = {.text = ""};
		bool failed;
		int result;

		failing_allocator_fail_at(n);
		result = store_open(&node.options, &node.store, &error);
		failed = failing_allocator_reset();
		if (result < 0) {
			assert_true(failed);
			assert_int_equal(result, -ENOMEM);
			assert_true(error.text[0] != '\0');
			continue;
		}
		assert_int_equal(call_publish(), 0);
		if (!failed)
			break;
		conformance_close(&node);
	}
	conformance_check(&node);
}

static int setup(void **state)
{
	server = *state;
	keys = 0;
	postgres_server_create_database(server, url);
	postgres_node_init(&node, url);
	conformance_open(&node);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	postgres_node_finish(&node);
	postgres_server_drop_database(server, url);
	return 0;
}

#define ALLOCATION(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ALLOCATION(test_operations),
	    ALLOCATION(test_batches),
	    ALLOCATION(test_opening),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
