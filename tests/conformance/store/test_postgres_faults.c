/* A database that goes away, freezes, refuses, fills up or comes back as another one. What was
 * acknowledged is there afterwards; what failed is there wholly or not at all; whoever asks
 * meanwhile is told so in time; and everything works again by itself. */
#include "conformance/store/postgres_node.h"

#include "base/clock.h"
#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TIMEOUT = 1500,
	MARGIN = 1000, /* what a busy machine adds */
	THREADS = 3,
	KILLS = 4,
	MOST_PAIRS = 100000,
};

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static struct conformance node;

/* Two notifications at a time, so that half a publish would show. */
static int publish_pair(struct conformance *thread, const char *user, const char *title,
			int64_t ids[static 2])
{
	struct slice users[2] = {slice_from_string(user), SLICE("pair")};
	struct store_item items[2] = {{.users = users, .user_count = 1},
				      {.users = users + 1, .user_count = 1}};
	int result;

	items[0].content = items[1].content = conformance_content(title);
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 2;
	result = conformance_call(thread, &publish.request);
	if (result == 0) {
		ids[0] = items[0].ids[0];
		ids[1] = items[1].ids[0];
	}
	store_request_finish(&publish.request);
	return result;
}

static int read_head(struct conformance *thread, const char *user)
{
	struct store_head head = {.user = slice_from_string(user)};
	int result;

	CONFORMANCE_REQUEST(store_heads, heads, STORE_HEADS);
	heads.heads = &head;
	heads.head_count = 1;
	result = conformance_call(thread, &heads.request);
	store_request_finish(&heads.request);
	return result;
}

struct publisher {
	pthread_t thread;
	struct conformance node;
	char user[16];
	_Atomic bool *is_over;
	unsigned acknowledged;
	unsigned failed;
	unsigned unexpected;
	int64_t slowest; /* milliseconds */
	int64_t ids[MOST_PAIRS][2];
};

static void *publish_until_over(void *context)
{
	struct publisher *publisher = context;

	while (!atomic_load(publisher->is_over) && publisher->acknowledged < MOST_PAIRS) {
		int64_t began = clock_monotonic(), took;
		int result = publish_pair(&publisher->node, publisher->user, "pair",
					  publisher->ids[publisher->acknowledged]);

		took = clock_monotonic() - began;
		if (took > publisher->slowest)
			publisher->slowest = took;
		publisher->acknowledged += result == 0;
		publisher->failed += result == -EAGAIN;
		publisher->unexpected += result != 0 && result != -EAGAIN;
		if (result != 0)
			conformance_pause();
	}
	return NULL;
}

static bool is_there(PGconn *connection, int64_t id)
{
	char sql[128];
	PGresult *result;
	bool found;

	snprintf(sql, sizeof(sql), "SELECT FROM allim.notification WHERE id = %lld", (long long)id);
	result = PQexec(connection, sql);
	found = PQntuples(result) == 1;
	PQclear(result);
	return found;
}

static void assert_acknowledged_are_there(const struct publisher *publisher)
{
	PGconn *connection = postgres_server_connect(server, url);

	for (unsigned i = 0; i < publisher->acknowledged; i++) {
		assert_true(is_there(connection, publisher->ids[i][0]));
		assert_true(is_there(connection, publisher->ids[i][1]));
	}
	PQfinish(connection);
}

static struct publisher *start_publisher(unsigned number, _Atomic bool *is_over)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	assert_non_null(publisher);
	publisher->is_over = is_over;
	snprintf(publisher->user, sizeof(publisher->user), "user-%u", number % 2);
	postgres_node_share(&publisher->node, &node);
	assert_int_equal(pthread_create(&publisher->thread, NULL, publish_until_over, publisher),
			 0);
	return publisher;
}

static void test_killed_at_random_moments(void **state)
{
	struct publisher *publishers[THREADS];
	_Atomic bool is_over = false;
	struct random random;
	unsigned acknowledged = 0, failed = 0;

	(void)state;
	random_init(&random, random_system_seed());
	for (unsigned i = 0; i < THREADS; i++)
		publishers[i] = start_publisher(i, &is_over);
	for (int i = 0; i < KILLS; i++) {
		usleep((unsigned)random_below(&random, 300000));
		postgres_server_kill(server);
		assert_true(postgres_node_publish(&node, "anna", "refused", NULL) == -EAGAIN);
		assert_true(read_head(&node, "anna") == -EAGAIN);
		postgres_server_start(server);
		postgres_node_recover(&node, "anna");
		WAIT_UNTIL(read_head(&node, "anna") == 0);
	}
	atomic_store(&is_over, true);
	for (unsigned i = 0; i < THREADS; i++) {
		struct publisher *publisher = publishers[i];

		pthread_join(publisher->thread, NULL);
		postgres_node_finish(&publisher->node);
		assert_acknowledged_are_there(publisher);
		assert_int_equal(publisher->unexpected, 0);
		assert_true(publisher->slowest < 2 * TIMEOUT + MARGIN);
		acknowledged += publisher->acknowledged;
		failed += publisher->failed;
		free(publisher);
	}
	print_message("%d kills, %u pairs acknowledged, %u failed\n", KILLS, acknowledged, failed);
	assert_true(acknowledged > 0 && failed > 0);
	/* No half of a pair. */
	assert_int_equal(postgres_node_number(server, url,
					      "SELECT count(*) FROM allim.notification n JOIN "
					      "allim.inbox i ON i.id = n.inbox_id WHERE "
					      "i.name LIKE 'user-%'"),
			 postgres_node_number(server, url,
					      "SELECT count(*) FROM allim.notification n JOIN "
					      "allim.inbox i ON i.id = n.inbox_id WHERE "
					      "i.name = 'pair'"));
	conformance_check(&node);
}

static int64_t took(int (*work)(struct conformance *thread), int expected)
{
	int64_t began = clock_monotonic();

	assert_int_equal(work(&node), expected);
	return clock_monotonic() - began;
}

static int publish_one(struct conformance *thread)
{
	return postgres_node_publish(thread, "anna", "one", NULL);
}

static int read_one(struct conformance *thread)
{
	return read_head(thread, "anna");
}

/* Each of the sessions may wait for its own timeout, one after the other, before all are lost. */
static void test_a_frozen_server(void **state)
{
	int64_t acknowledged;

	(void)state;
	assert_int_equal(publish_one(&node), 0);
	acknowledged = conformance_head(&node, "anna").seq;
	postgres_server_freeze(server);
	assert_true(took(publish_one, -EAGAIN) < 2 * TIMEOUT + MARGIN);
	assert_true(took(read_one, -EAGAIN) < 2 * TIMEOUT + MARGIN);
	(void)took(publish_one, -EAGAIN);
	(void)took(read_one, -EAGAIN);
	/* All sessions know by now. */
	for (int i = 0; i < 20; i++) {
		assert_true(took(publish_one, -EAGAIN) < TIMEOUT / 3);
		assert_true(took(read_one, -EAGAIN) < TIMEOUT / 3);
	}
	postgres_server_thaw(server);
	postgres_node_recover(&node, "anna");
	WAIT_UNTIL(read_one(&node) == 0);
	/* The first was sent and nobody knows. */
	assert_true(conformance_head(&node, "anna").seq > acknowledged);
	conformance_check(&node);
}

static void test_sessions_that_are_terminated(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(publish_one(&node), 0);
		assert_int_equal(read_one(&node), 0);
		postgres_server_run(server, url,
				    "SELECT pg_terminate_backend(pid, 10000) FROM "
				    "pg_stat_activity WHERE application_name = 'allim' AND "
				    "datname = current_database()");
		/* Nothing was under way, so nobody need notice. */
		assert_int_equal(publish_one(&node), 0);
		assert_int_equal(read_one(&node), 0);
	}
	conformance_check(&node);
}

static void test_an_orderly_restart_while_idle(void **state)
{
	(void)state;
	assert_int_equal(publish_one(&node), 0);
	postgres_server_stop(server);
	postgres_server_start(server);
	assert_int_equal(publish_one(&node), 0);
	assert_int_equal(read_one(&node), 0);
	assert_int_equal(conformance_head(&node, "anna").seq, 2);
}

/* An application holds anna's inbox, in a transaction of its own. Whoever is published to in the
 * same batches is served. */
static void test_an_inbox_that_is_held(void **state)
{
	struct conformance thread;
	PGconn *holder = postgres_server_connect(server, url);
	struct store_item items[6];
	struct store_publish publishes[6];
	struct slice users[6] = {SLICE("anna"), SLICE("minjun"), SLICE("sofia"),
				 SLICE("hugo"), SLICE("jiwoo"),	 SLICE("emma")};

	(void)state;
	postgres_node_share(&thread, &node);
	assert_int_equal(publish_one(&node), 0);
	PQclear(PQexec(holder, "BEGIN; SELECT allim.lock_inboxes('{anna}', '{}', '{}')"));
	memset(publishes, 0, sizeof(publishes));
	for (int i = 0; i < 6; i++) {
		items[i] = (struct store_item){
		    .users = &users[i], .user_count = 1, .content = conformance_content("batch")};
		conformance_prepare(&publishes[i].request, STORE_PUBLISH);
		publishes[i].items = &items[i];
		publishes[i].item_count = 1;
		conformance_submit(&thread, &publishes[i].request);
	}
	conformance_wait(&thread);
	assert_int_equal(publishes[0].request.result, -EAGAIN);
	for (int i = 1; i < 6; i++)
		assert_int_equal(publishes[i].request.result, 0);
	for (int i = 0; i < 6; i++)
		store_request_finish(&publishes[i].request);
	PQclear(PQexec(holder, "ROLLBACK"));
	assert_int_equal(publish_one(&node), 0);
	assert_int_equal(conformance_head(&node, "anna").seq, 2);
	conformance_check(&node);
	postgres_node_finish(&thread);
	PQfinish(holder);
}

static void test_the_schema_is_dropped(void **state)
{
	(void)state;
	assert_int_equal(publish_one(&node), 0);
	postgres_server_run(server, url,
			    "SET client_min_messages = error; DROP SCHEMA allim CASCADE");
	assert_int_equal(publish_one(&node), -EIO);
	assert_int_equal(read_one(&node), -EIO);
	conformance_reopen(&node);
	assert_int_equal(publish_one(&node), 0);
	assert_int_equal(conformance_head(&node, "anna").seq, 1);
}

static _Atomic uint64_t told_epoch;
static _Atomic unsigned told_epochs;

static void on_epoch(void *context, uint64_t epoch)
{
	(void)context;
	atomic_store(&told_epoch, epoch);
	atomic_fetch_add(&told_epochs, 1);
}

/* A copy of yesterday takes the place of the database: the same name, another identity. */
/* By somebody else's hand, while a node runs, and another node makes it anew. */
static void test_the_schema_is_made_anew(void **state)
{
	uint64_t before = store_epoch(node.store);
	struct conformance other;

	(void)state;
	assert_int_equal(publish_one(&node), 0);
	postgres_server_run(server, url,
			    "SET client_min_messages = error; DROP SCHEMA allim CASCADE");
	postgres_node_init(&other, url);
	conformance_open(&other);
	CONFORMANCE_REQUEST(store_sweep, sweep, STORE_SWEEP);
	assert_int_equal(conformance_call(&node, &sweep.request), -EAGAIN);
	store_request_finish(&sweep.request);
	WAIT_UNTIL(store_epoch(node.store) != before);
	assert_true(store_epoch(node.store) == store_epoch(other.store));
	postgres_node_finish(&other);
}

static void test_an_older_copy_takes_the_place(void **state)
{
	const char *name = strrchr(url, '/') + 1;
	uint64_t before;
	char sql[256];

	(void)state;
	node.options.on_epoch = on_epoch;
	conformance_reopen(&node);
	before = store_epoch(node.store);
	assert_int_equal(publish_one(&node), 0);
	conformance_close(&node);
	snprintf(sql, sizeof(sql), "CREATE DATABASE copy TEMPLATE %s", name);
	postgres_server_run(server, NULL, sql);
	conformance_open(&node);
	assert_true(store_epoch(node.store) == before);
	assert_int_equal(publish_one(&node), 0);
	assert_int_equal(publish_one(&node), 0);
	postgres_server_drop_database(server, url);
	snprintf(sql, sizeof(sql), "ALTER DATABASE copy RENAME TO %s", name);
	postgres_server_run(server, NULL, sql);
	postgres_node_recover(&node, "minjun");
	WAIT_UNTIL(read_one(&node) == 0);
	assert_true(store_epoch(node.store) != before);
	assert_true(atomic_load(&told_epoch) == store_epoch(node.store));
	assert_int_equal(atomic_load(&told_epochs), 1);
	assert_int_equal(conformance_head(&node, "anna").seq, 1);
	/* The one that has not looked yet. */
	conformance_reopen(&node);
	assert_true(store_epoch(node.store) == atomic_load(&told_epoch));
	conformance_check(&node);
}

static size_t count_refusals(FILE *file)
{
	char line[1024];
	size_t count = 0;

	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, "refused a statement") != NULL;
	return count;
}

static void set_read_only(bool is_read_only)
{
	PGconn *connection = postgres_server_connect(server, NULL);

	PQclear(PQexec(connection, "SET default_transaction_read_only = off"));
	PQclear(PQexec(connection, is_read_only
				       ? "ALTER SYSTEM SET default_transaction_read_only = on"
				       : "ALTER SYSTEM RESET default_transaction_read_only"));
	PQclear(PQexec(connection, "SELECT pg_reload_conf()"));
	PQfinish(connection);
}

static void test_a_server_that_becomes_read_only(void **state)
{
	FILE *log = tmpfile();
	int kept = dup(STDERR_FILENO);
	size_t refusals;

	(void)state;
	assert_non_null(log);
	assert_int_equal(publish_one(&node), 0);
	set_read_only(true);
	dup2(fileno(log), STDERR_FILENO);
	WAIT_UNTIL(publish_one(&node) == -EROFS);
	for (int i = 0; i < 50; i++)
		assert_int_equal(publish_one(&node), -EROFS);
	assert_int_equal(read_one(&node), 0);
	dup2(kept, STDERR_FILENO);
	close(kept);
	refusals = count_refusals(log);
	fclose(log);
	assert_true(refusals >= 1 && refusals <= 2); /* one for each writing session */
	/* One that starts now reads as well. */
	conformance_reopen(&node);
	assert_int_equal(publish_one(&node), -EROFS);
	assert_int_equal(read_one(&node), 0);
	set_read_only(false);
	postgres_node_recover(&node, "anna");
	conformance_check(&node);
}

/* Another isolation than the store needs, as the default of the database. */
static void test_a_database_that_isolates_more(void **state)
{
	struct publisher *publishers[THREADS];
	_Atomic bool is_over = false;
	char sql[160];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "ALTER DATABASE %s SET default_transaction_isolation = 'serializable'",
		 strrchr(url, '/') + 1);
	postgres_server_run(server, NULL, sql);
	conformance_reopen(&node);
	for (unsigned i = 0; i < THREADS; i++)
		publishers[i] = start_publisher(i, &is_over);
	usleep(300000);
	atomic_store(&is_over, true);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(publishers[i]->thread, NULL);
		postgres_node_finish(&publishers[i]->node);
		assert_true(publishers[i]->acknowledged > 0);
		assert_int_equal(publishers[i]->failed, 0);
		assert_int_equal(publishers[i]->unexpected, 0);
		free(publishers[i]);
	}
	conformance_check(&node);
}

/* Puts it forward by so many hours. */
static void set_clock(int hours)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "CREATE OR REPLACE FUNCTION allim.now() RETURNS bigint LANGUAGE sql VOLATILE AS "
		 "'SELECT (extract(epoch FROM clock_timestamp() + interval ''%d hours'') * "
		 "1000000)::bigint'",
		 hours);
	postgres_server_run(server, url, sql);
}

/* A write that seems to come too late is not committed, and the one behind it is: by then the clock
 * was read anew. */
static void test_a_clock_that_is_set(void **state)
{
	struct conformance single;
	int64_t id;

	(void)state;
	postgres_node_init(&single, url);
	single.options.connections = 2; /* of which one writes */
	conformance_open(&single);
	assert_int_equal(postgres_node_publish(&single, "anna", "before", &id), 0);
	for (int hours = 1; hours >= -1; hours -= 2) {
		int64_t rows =
		    postgres_node_number(server, url, "SELECT count(*) FROM allim.notification");
		int refused = hours > 0;

		set_clock(hours);
		assert_int_equal(postgres_node_publish(&single, "anna", "set", &id),
				 refused ? -EAGAIN : 0);
		assert_int_equal(postgres_node_publish(&single, "anna", "after", &id), 0);
		assert_int_equal(
		    postgres_node_number(server, url, "SELECT count(*) FROM allim.notification"),
		    rows + 2 - refused);
	}
	conformance_check(&single);
	postgres_node_finish(&single);
}

static int setup(void **state)
{
	server = *state;
	postgres_server_create_database(server, url);
	postgres_node_init(&node, url);
	node.options.connections = 4;
	node.options.timeout = TIMEOUT;
	conformance_open(&node);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	postgres_server_thaw(server); /* a test that failed may have left it so */
	postgres_node_finish(&node);
	postgres_server_drop_database(server, url);
	return 0;
}

/* Without fsync: a kill of the server loses nothing that it wrote. */
#define FAULT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FAULT(test_killed_at_random_moments),
	    FAULT(test_a_frozen_server),
	    FAULT(test_sessions_that_are_terminated),
	    FAULT(test_an_orderly_restart_while_idle),
	    FAULT(test_an_inbox_that_is_held),
	    FAULT(test_the_schema_is_dropped),
	    FAULT(test_the_schema_is_made_anew),
	    FAULT(test_an_older_copy_takes_the_place),
	    FAULT(test_a_server_that_becomes_read_only),
	    FAULT(test_a_database_that_isolates_more),
	    FAULT(test_a_clock_that_is_set),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
