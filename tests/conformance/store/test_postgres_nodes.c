/* Three nodes on one database, each with two writing sessions, and four threads on each that
 * publish to the same few users, mark, correct and withdraw, all at once.
 *
 * Every change has exactly one number and is told exactly once, by the node that made it and before
 * that node answers; no two transactions wait for each other; and what is published under a key is
 * published once, whichever nodes are asked. */
#include "conformance/store/postgres_node.h"

#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	NODES = 3,
	THREADS = 4, /* on each node */
	ROUNDS = 120,
	USERS = 8,
	RECEIVERS = 5, /* of an item, at most */
	KEYS = 60,
	KEY_RECEIVERS = 3,
	MOST_SEQS = 20000,
	MOST_IDS = 40000,
	EVERYONE = USERS,
};

static const char *const names[USERS + 1] = {"anna", "minjun", "sofia",	  "hugo", "jiwoo",
					     "emma", "lukas",  "seoyeon", ""};

struct told {
	pthread_mutex_t mutex;
	bool ids[MOST_IDS]; /* those whose coming was told */
};

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static struct conformance nodes[NODES];
static struct told told[NODES];
static _Atomic unsigned changes[USERS + 1][MOST_SEQS];
static _Atomic int64_t key_ids[KEYS];
static _Atomic int64_t newest_id;
static _Atomic unsigned failures;

struct thread {
	pthread_t thread;
	unsigned number;
	struct conformance node;
	struct random random;
	struct told *told;
};

/* A thread cannot fail the test; it says why, and the test looks at the count. */
static void expect(bool holds, const char *what)
{
	if (!holds && atomic_fetch_add(&failures, 1) < 20)
		print_error("not so: %s\n", what);
}

static unsigned user_of(struct slice name)
{
	unsigned user = 0;

	while (user < EVERYONE && !slice_equals(name, slice_from_string(names[user])))
		user++;
	return user;
}

/* On both of a node's writing sessions. */
static void on_commit(void *context, struct hint_batch *batch)
{
	struct told *node = context;

	pthread_mutex_lock(&node->mutex);
	for (size_t i = 0; i < batch->count; i++) {
		const struct hint *hint = &batch->hints[i];
		const struct notification *row = &hint->change.notification;

		expect(hint->has_change, "a hint carries its change");
		expect(hint->seq > 0 && hint->seq < MOST_SEQS, "a seq is in range");
		atomic_fetch_add(&changes[user_of(hint->user)][hint->seq % MOST_SEQS], 1);
		if (hint->change.kind == CHANGE_ROW && row->seq == row->first_seq)
			node->ids[row->id % MOST_IDS] = true;
	}
	pthread_mutex_unlock(&node->mutex);
}

static void expect_told(const struct thread *thread, int64_t id)
{
	expect(id > 0 && id < MOST_IDS, "an id is in range");
	pthread_mutex_lock(&thread->told->mutex);
	expect(thread->told->ids[id % MOST_IDS], "a publish is told before it is answered");
	pthread_mutex_unlock(&thread->told->mutex);
}

static const char *any_user(struct thread *thread)
{
	return names[random_below(&thread->random, USERS)];
}

static enum notification_state any_state(struct thread *thread)
{
	return (enum notification_state)random_below(&thread->random, NOTIFICATION_STATES);
}

/* Any users in any order, perhaps one twice; now and then everyone. */
static void fill_item(struct thread *thread, struct store_item *item, struct slice *users)
{
	item->content = conformance_content("plain");
	item->users = users;
	item->user_count = random_below(&thread->random, RECEIVERS + 1);
	for (size_t i = 0; i < item->user_count; i++)
		users[i] = slice_from_string(any_user(thread));
}

static void publish_items(struct thread *thread)
{
	struct slice users[2][RECEIVERS];
	struct store_item items[2] = {0};

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 1 + random_below(&thread->random, 2);
	for (size_t i = 0; i < publish.item_count; i++)
		fill_item(thread, &items[i], users[i]);
	expect(conformance_call(&thread->node, &publish.request) == 0, "a publish works");
	for (size_t i = 0; i < publish.item_count && publish.request.result == 0; i++) {
		for (size_t k = 0; k < store_item_receivers(&items[i]); k++)
			expect_told(thread, items[i].ids[k]);
		atomic_store(&newest_id, items[i].ids[0]);
	}
	store_request_finish(&publish.request);
}

/* All threads ask for the same keys; one of them publishes, all hear of the same ids. */
static void publish_with_key(struct thread *thread)
{
	unsigned key = (unsigned)random_below(&thread->random, KEYS);
	char name[16];
	struct slice users[KEY_RECEIVERS] = {SLICE("anna"), SLICE("sofia"), SLICE("anna")};
	struct store_item item = {.users = users, .user_count = KEY_RECEIVERS};
	int64_t before = 0, id;

	snprintf(name, sizeof(name), "key-%u", key);
	item.content = conformance_content(name);
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = slice_from_string(name);
	publish.note = SLICE("note");
	expect(conformance_call(&thread->node, &publish.request) == 0, "a publish with key works");
	if (publish.request.result == 0 && publish.replay.is_set) {
		expect(publish.replay.id_count == KEY_RECEIVERS, "a replay has all ids");
		expect(slice_equals(publish.replay.note, publish.note), "a replay has the note");
	} else if (publish.request.result == 0) {
		expect_told(thread, item.ids[0]);
	}
	id = publish.replay.is_set ? publish.replay.ids[0] : item.ids[0];
	if (publish.request.result == 0 &&
	    !atomic_compare_exchange_strong(&key_ids[key], &before, id))
		expect(before == id, "a key always answers the same ids");
	store_request_finish(&publish.request);
}

/* Mostly of another user. */
static void mark_by_chance(struct thread *thread)
{
	int64_t id = atomic_load(&newest_id);
	int result =
	    conformance_mark(&thread->node, any_user(thread), any_state(thread), &id, 1, NULL);

	expect(result == 0 || result == -ENOENT, "a mark works");
}

static void mark_all(struct thread *thread)
{
	expect(conformance_mark_all(&thread->node, any_user(thread), any_state(thread), NULL) == 0,
	       "a mark of everything works");
}

static void mark_listed(struct thread *thread)
{
	const char *user = any_user(thread);
	struct store_list list;
	int64_t ids[6];
	size_t count = 0;

	conformance_list(&thread->node, user, STORE_FILTER_ALL, 0, 6, &list);
	for (; count < list.notification_count; count++)
		ids[count] = list.notifications[count].id;
	store_request_finish(&list.request);
	if (count > 0)
		expect(conformance_mark(&thread->node, user, any_state(thread), ids, count, NULL) ==
			   0,
		       "what was listed can be marked");
}

static void correct(struct thread *thread)
{
	int result;

	CONFORMANCE_REQUEST(store_correct, request, STORE_CORRECT);
	request.id = atomic_load(&newest_id);
	request.correction = (struct notification_content){.given = 1 << NOTIFICATION_TITLE,
							   .title = SLICE("corrected")};
	result = conformance_call(&thread->node, &request.request);
	expect(result == 0 || result == -ENOENT, "a correction works");
	store_request_finish(&request.request);
}

static void withdraw(struct thread *thread)
{
	int result = conformance_withdraw(&thread->node, atomic_load(&newest_id));

	expect(result == 0 || result == -ENOENT, "a withdrawal works");
}

static void *work(void *context)
{
	struct thread *thread = context;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned chance = (unsigned)random_below(&thread->random, 20);

		if (chance < 8)
			publish_items(thread);
		else if (chance < 12)
			publish_with_key(thread);
		else if (chance < 13)
			mark_by_chance(thread);
		else if (chance < 14)
			mark_all(thread);
		else if (chance < 17)
			mark_listed(thread);
		else if (chance < 19)
			correct(thread);
		else
			withdraw(thread);
	}
	return NULL;
}

static void run_threads(void)
{
	static struct thread threads[NODES * THREADS];

	for (unsigned i = 0; i < NODES * THREADS; i++) {
		struct thread *thread = &threads[i];

		thread->number = i;
		thread->told = &told[i % NODES];
		random_init(&thread->random, i + 1);
		postgres_node_share(&thread->node, &nodes[i % NODES]);
		assert_int_equal(pthread_create(&thread->thread, NULL, work, thread), 0);
	}
	for (unsigned i = 0; i < NODES * THREADS; i++) {
		pthread_join(threads[i].thread, NULL);
		postgres_node_finish(&threads[i].node);
	}
}

static void assert_numbered_without_gaps(void)
{
	unsigned all = 0;

	for (unsigned user = 0; user <= EVERYONE; user++) {
		int64_t head = conformance_head(&nodes[0], names[user]).seq;

		assert_true(head > 0);
		all += (unsigned)head;
		for (int64_t seq = 1; seq < MOST_SEQS; seq++) {
			if (atomic_load(&changes[user][seq]) != (seq <= head))
				fail_msg("%s's change %lld of %lld was told %u times", names[user],
					 (long long)seq, (long long)head,
					 atomic_load(&changes[user][seq]));
		}
	}
	print_message("%u changes\n", all);
}

static void assert_published_once(void)
{
	for (unsigned key = 0; key < KEYS; key++) {
		char query[128];

		snprintf(query, sizeof(query),
			 "SELECT count(*) FROM allim.notification WHERE title = 'key-%u'", key);
		assert_int_equal(postgres_node_number(server, url, query),
				 atomic_load(&key_ids[key]) == 0 ? 0 : KEY_RECEIVERS);
	}
}

static void test_several_nodes_at_once(void **state)
{
	(void)state;
	run_threads();
	assert_int_equal(atomic_load(&failures), 0);
	for (int i = 0; i < NODES; i++)
		conformance_check(&nodes[i]);
	assert_numbered_without_gaps();
	assert_published_once();
}

static int setup(void **state)
{
	server = *state;
	postgres_server_create_database(server, url);
	for (int i = 0; i < NODES; i++) {
		pthread_mutex_init(&told[i].mutex, NULL);
		postgres_node_init(&nodes[i], url);
		nodes[i].options.connections = 4;
		nodes[i].options.on_commit = on_commit;
		nodes[i].options.on_commit_context = &told[i];
		conformance_open(&nodes[i]);
	}
	return 0;
}

/* What a session counted is seen by others once it has ended. */
static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++) {
		postgres_node_finish(&nodes[i]);
		pthread_mutex_destroy(&told[i].mutex);
	}
	WAIT_UNTIL(postgres_node_number(server, NULL,
					"SELECT count(*) FROM pg_stat_activity WHERE "
					"application_name = 'allim'") == 0);
	assert_int_equal(
	    postgres_node_number(server, NULL, "SELECT sum(deadlocks) FROM pg_stat_database"), 0);
	postgres_server_drop_database(server, url);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_several_nodes_at_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
