/* Two sessions in orders that chance brings about once in a million: one waits for the other's
 * transaction, and must act on what it finds afterwards. */
#include "conformance/store/postgres_node.h"

#include "base/clock.h"

#include <stdlib.h>

enum { FAR = 1000 /* seconds */ };

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static struct conformance node;

static void run(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
}

/* Begins a statement and returns when it waits for a lock, or has done without. */
static void begin(PGconn *connection, const char *sql)
{
	char query[128];

	assert_true(PQsendQuery(connection, sql));
	snprintf(query, sizeof(query),
		 "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND "
		 "(wait_event_type = 'Lock' OR state <> 'active')",
		 PQbackendPID(connection));
	WAIT_UNTIL(postgres_node_number(server, url, query) == 1);
}

static void end(PGconn *connection)
{
	PGresult *result;

	while ((result = PQgetResult(connection)) != NULL) {
		ExecStatusType status = PQresultStatus(result);

		if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
			fail_msg("%s", PQerrorMessage(connection));
		PQclear(result);
	}
}

static int publish_with_key(bool *ret_is_replay)
{
	struct slice name = SLICE("anna");
	struct store_item item = {
	    .users = &name, .user_count = 1, .content = conformance_content("once")};
	int result;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = SLICE("key");
	result = conformance_call(&node, &publish.request);
	*ret_is_replay = publish.replay.is_set;
	store_request_finish(&publish.request);
	return result;
}

/* Whether a key is new must not hang on the clock: two nodes may look at it in one microsecond. */
static void test_a_key_is_known_in_the_same_microsecond(void **state)
{
	bool is_replay = true;

	(void)state;
	postgres_server_run(server, url,
			    "CREATE OR REPLACE FUNCTION allim.now() RETURNS bigint LANGUAGE sql "
			    "VOLATILE AS 'SELECT 1700000000000000'");
	node.options.idempotency_age = 0;
	store_reconfigure(node.store, &node.options);
	assert_int_equal(publish_with_key(&is_replay), 0);
	assert_false(is_replay);
	assert_int_equal(publish_with_key(&is_replay), 0);
	assert_true(is_replay);
	assert_int_equal(conformance_head(&node, "anna").seq, 1);
}

/* An old key that is used again is forgotten no more, also where pruning came first. */
static void test_a_key_that_is_used_again_is_not_pruned(void **state)
{
	PGconn *publisher = postgres_server_connect(server, url);
	PGconn *keeper = postgres_server_connect(server, url);
	bool is_replay;

	(void)state;
	assert_int_equal(publish_with_key(&is_replay), 0);
	postgres_server_run(server, url, "UPDATE allim.idempotency SET created_at = 1");
	run(publisher, "BEGIN; SELECT allim.claim('{shop}', '{key}', "
		       "ARRAY[decode(repeat('00', 32), 'hex')], 1000)");
	run(publisher,
	    "SELECT allim.lock_inboxes('{anna}', '{}', '{}'); "
	    "SELECT allim.append('{1}', '{anna}', '{t}', '{again}', '{b}', ARRAY[''], "
	    "ARRAY[''], '{1}', '{0}', NULL, '{shop}', '{key}', ARRAY[''], '{1}', '{1}')");
	begin(keeper, "SELECT allim.prune(1000, 100)");
	run(publisher, "COMMIT");
	end(keeper);
	assert_int_equal(publish_with_key(&is_replay), 0);
	assert_true(is_replay);
	assert_int_equal(conformance_head(&node, "anna").seq, 2);
	conformance_check(&node);
	PQfinish(publisher);
	PQfinish(keeper);
}

static int64_t publish_expiring(int64_t expires_at)
{
	struct slice name = SLICE("anna");
	struct store_item item = {
	    .users = &name, .user_count = 1, .content = conformance_content("short-lived")};
	int64_t id;

	item.content.expires_at = expires_at;
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(&node, &publish.request), 0);
	id = item.ids[0];
	store_request_finish(&publish.request);
	return id;
}

static void test_what_is_given_more_time_does_not_expire(void **state)
{
	PGconn *publisher = postgres_server_connect(server, url);
	PGconn *keeper = postgres_server_connect(server, url);
	int64_t id = publish_expiring(clock_wall() - 1);
	char sql[256];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "BEGIN; SELECT allim.lock_inboxes('{}', '{}', '{%lld}'); "
		 "SELECT allim.correct(%lld, NULL, NULL, NULL, NULL, NULL, NULL, 4000000000000000)",
		 (long long)id, (long long)id);
	run(publisher, sql);
	begin(keeper, "SELECT allim.expire(100)");
	run(publisher, "COMMIT");
	end(keeper);
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT max(withdrawn_at) FROM allim.notification"),
	    0);
	conformance_check(&node);
	PQfinish(publisher);
	PQfinish(keeper);
}

/* An application may hold an inbox for long; the others must not wait for it. */
static void test_housekeeping_passes_by_what_is_locked(void **state)
{
	PGconn *holder = postgres_server_connect(server, url);
	PGconn *keeper = postgres_server_connect(server, url);

	(void)state;
	publish_expiring(clock_wall() - 2);
	conformance_publish(&node, "minjun", "old");
	postgres_server_run(server, url,
			    "UPDATE allim.notification SET expires_at = 1 "
			    "WHERE title = 'old'");
	run(holder, "BEGIN; SELECT allim.lock_inboxes('{anna}', '{}', '{}')");
	run(keeper, "SET lock_timeout = 100");
	run(keeper, "SELECT allim.expire(100)");
	assert_int_equal(postgres_node_number(server, url,
					      "SELECT count(*) FROM allim.notification "
					      "WHERE withdrawn_at > 0"),
			 1);
	run(keeper, "SELECT allim.walk(-1, 100, NULL, 4000000000000000, 100)");
	assert_int_equal(conformance_head(&node, "minjun").floor, 2);
	assert_int_equal(conformance_head(&node, "anna").floor, 0);
	run(holder, "ROLLBACK");
	run(keeper, "SELECT allim.expire(100)");
	run(keeper, "SELECT allim.walk(-1, 100, NULL, 4000000000000000, 100)");
	assert_int_equal(conformance_head(&node, "anna").floor, 2);
	conformance_check(&node);
	PQfinish(holder);
	PQfinish(keeper);
}

/* The broadcast goes while a user marks it: the state of it must go as well, sooner or later. */
static void test_a_broadcast_is_forgotten_while_it_is_marked(void **state)
{
	PGconn *marker = postgres_server_connect(server, url);
	PGconn *keeper = postgres_server_connect(server, url);
	int64_t id = conformance_publish(&node, NULL, "to everyone");
	char sql[256];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "BEGIN; SELECT allim.lock_inboxes('{}', '{anna}', '{}'); "
		 "SELECT allim.mark('anna', 1::smallint, '{%lld}')",
		 (long long)id);
	run(marker, sql);
	run(keeper, "SELECT allim.walk(-1, 100, NULL, 4000000000000000, 100)");
	run(keeper, "SELECT allim.prune(0, 100)");
	run(keeper, "SELECT allim.prune(0, 100)");
	run(marker, "COMMIT");
	run(keeper, "SELECT allim.prune(0, 100)");
	run(keeper, "SELECT allim.prune(0, 100)");
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT count(*) FROM allim.broadcast_state"), 0);
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT count(*) FROM allim.forgotten_broadcast"), 0);
	conformance_check(&node);
	PQfinish(marker);
	PQfinish(keeper);
}

static size_t sweep(struct buffer *position)
{
	size_t count;

	CONFORMANCE_REQUEST(store_sweep, request, STORE_SWEEP);
	request.position = buffer_slice(position);
	request.want_changes = true;
	assert_int_equal(conformance_call(&node, &request.request), 0);
	count = request.hint_count;
	buffer_finish(position);
	*position = BUFFER_EMPTY;
	buffer_append(position, request.position);
	store_request_finish(&request.request);
	return count;
}

/* Rows that were restored from an older cluster have numbers of transactions that are still to come
 * here. */
static void test_the_tail_of_a_restored_database(void **state)
{
	struct buffer position = BUFFER_EMPTY;

	(void)state;
	for (int i = 0; i < 10; i++)
		conformance_publish(&node, "anna", "restored");
	postgres_server_run(server, url,
			    "UPDATE allim.notification SET xid = '4000000000';"
			    "UPDATE allim.stirred SET xid = '4000000000'");
	sweep(&position);
	assert_int_equal(sweep(&position), 0);
	conformance_publish(&node, "anna", "new");
	assert_int_equal(sweep(&position), 1);
	assert_int_equal(sweep(&position), 0);
	buffer_finish(&position);
}

/* Nothing may be acknowledged that was not written. */
static void test_an_inbox_that_was_deleted_by_hand(void **state)
{
	PGconn *connection = postgres_server_connect(server, url);
	PGresult *result;

	(void)state;
	result = PQexec(connection,
			"SELECT allim.append('{1,1}', '{anna,nobody}', '{t}', '{a}', '{b}', "
			"ARRAY[''], ARRAY[''], '{1}', '{0}', NULL, '{}', '{}', '{}', '{}', '{}')");
	assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
	PQclear(result);
	PQfinish(connection);
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT count(*) FROM allim.notification"), 0);
}

/* PostgreSQL's own account of the rows that it compared in vain. */
static void count_in_vain(void *context, const char *message)
{
	static const char *const words = "Rows Removed by Join Filter: ";
	int64_t *count = context;

	while ((message = strstr(message, words)) != NULL) {
		message += strlen(words);
		*count += strtoll(message, NULL, 10);
	}
}

/* The plan of a session that began with three inboxes, of which PostgreSQL knows that they are
 * three. */
static void test_a_plan_for_three_does_for_thousands(void **state)
{
	static const char *const publish_many =
	    "SELECT allim.publish(array_agg('bulk' || i), 't', 'x') "
	    "FROM generate_series(1, 1000) i";
	PGconn *connection;
	int64_t in_vain = 0;

	(void)state;
	postgres_server_run(server, url, "SELECT allim.publish(ARRAY['a', 'b'], 't', 'x')");
	postgres_server_run(server, url, "VACUUM (ANALYZE) allim.inbox");
	connection = postgres_server_connect(server, url);
	PQsetNoticeProcessor(connection, count_in_vain, &in_vain);
	PQclear(PQexec(connection, "LOAD 'auto_explain'; SET client_min_messages = log;"
				   "SET auto_explain.log_min_duration = 0;"
				   "SET auto_explain.log_analyze = on;"
				   "SET auto_explain.log_nested_statements = on"));
	PQclear(PQexec(connection, "SELECT allim.publish('one', 't', 'x')"));
	PQclear(PQexec(connection, publish_many));
	PQclear(PQexec(connection, publish_many));
	PQfinish(connection);
	assert_int_equal(postgres_node_number(server, url, "SELECT sum(head) FROM allim.inbox"),
			 2003);
	assert_true(in_vain < 1000);
}

/* What has not expired is not looked at, however much of it there is. */
static void test_expiry_reads_only_what_is_due(void **state)
{
	char sql[256];

	(void)state;
	conformance_publish(&node, "anna", "plain");
	snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO allim.notification SELECT 1000000 + g, 1000, g, g, '3', 1, %lld, %lld, 0, "
	    "0, 0, 0, %lld, 't', 't', 'b', '', '' FROM generate_series(1, 20000) g",
	    1LL, 1LL, (long long)(clock_wall() + FAR * INT64_C(1000000)));
	postgres_server_run(server, url, sql);
	postgres_server_run(server, url, "ANALYZE allim.notification");
	postgres_server_run(server, url, "SELECT count(*) FROM allim.expire(100)");
	/* A session tells what it read when it has ended. */
	WAIT_UNTIL(postgres_node_number(server, url,
					"SELECT idx_scan FROM pg_stat_user_indexes "
					"WHERE indexrelname = 'notification_expiry'") > 0);
	assert_true(postgres_node_number(server, url,
					 "SELECT idx_tup_read FROM pg_stat_user_indexes "
					 "WHERE indexrelname = 'notification_expiry'") < 100);
	assert_true(postgres_node_number(server, url,
					 "SELECT seq_tup_read FROM pg_stat_user_tables "
					 "WHERE relname = 'notification'") < 100);
}

static struct store_publish *publish_to_topic(struct store_item *item)
{
	static struct store_publish publish;

	*item = (struct store_item){.topic = SLICE("news"),
				    .content = conformance_content("to members")};
	memset(&publish, 0, sizeof(publish));
	conformance_prepare(&publish.request, STORE_PUBLISH);
	publish.items = item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(&node, &publish.request), 0);
	return &publish;
}

/* Who subscribes while another does finds what that one left. */
static void test_the_members_of_a_topic_are_limited_together(void **state)
{
	PGconn *first = postgres_server_connect(server, url);
	PGconn *second = postgres_server_connect(server, url);

	(void)state;
	run(first, "BEGIN; SELECT * FROM allim.subscribe('news', '{anna}', 1, 10)");
	begin(second, "SELECT * FROM allim.subscribe('news', '{bo}', 1, 10)");
	run(first, "COMMIT");
	end(second);
	run(first, "BEGIN; SELECT * FROM allim.subscribe('one', '{anna}', 10, 2)");
	begin(second, "SELECT * FROM allim.subscribe('two', '{anna}', 10, 2)");
	run(first, "COMMIT");
	end(second);
	assert_int_equal(
	    postgres_node_number(server, url, "SELECT count(*) FROM allim.subscription"), 2);
	conformance_check(&node);
	run(first, "BEGIN; SELECT allim.unsubscribe('news', '{anna}')");
	begin(second, "SELECT * FROM allim.subscribe('news', '{anna,bo}', 2, 2)");
	run(first, "COMMIT");
	end(second);
	assert_int_equal(postgres_node_number(
			     server, url, "SELECT members FROM allim.topic WHERE name = 'news'"),
			 2);
	conformance_check(&node);
	PQfinish(first);
	PQfinish(second);
}

/* A publish waits for nobody who subscribes, and reaches whoever had done so before. */
static void test_a_publish_does_not_wait_for_subscriptions(void **state)
{
	PGconn *subscriber = postgres_server_connect(server, url);
	struct store_item item;
	struct store_publish *publish;

	(void)state;
	run(subscriber, "SELECT * FROM allim.subscribe('news', '{anna}', 10, 10)");
	run(subscriber, "BEGIN; SELECT * FROM allim.subscribe('news', '{bo}', 10, 10)");
	run(subscriber, "SELECT allim.unsubscribe('news', '{anna}')");
	publish = publish_to_topic(&item);
	assert_int_equal(item.user_count, 1);
	assert_slice(item.users[0], "anna");
	store_request_finish(&publish->request);
	run(subscriber, "COMMIT");
	publish = publish_to_topic(&item);
	assert_int_equal(item.user_count, 1);
	assert_slice(item.users[0], "bo");
	store_request_finish(&publish->request);
	conformance_check(&node);
	PQfinish(subscriber);
}

static int setup(void **state)
{
	server = *state;
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

#define RACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RACE(test_a_key_is_known_in_the_same_microsecond),
	    RACE(test_a_key_that_is_used_again_is_not_pruned),
	    RACE(test_what_is_given_more_time_does_not_expire),
	    RACE(test_housekeeping_passes_by_what_is_locked),
	    RACE(test_a_broadcast_is_forgotten_while_it_is_marked),
	    RACE(test_the_members_of_a_topic_are_limited_together),
	    RACE(test_a_publish_does_not_wait_for_subscriptions),
	    RACE(test_the_tail_of_a_restored_database),
	    RACE(test_an_inbox_that_was_deleted_by_hand),
	    RACE(test_a_plan_for_three_does_for_thousands),
	    RACE(test_expiry_reads_only_what_is_due),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
