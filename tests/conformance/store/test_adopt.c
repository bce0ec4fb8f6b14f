/* What an application inserts into a table of its own arrives, whatever its transactions do. */
#include "conformance/store/adopting.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { MANY = 10000, WRITERS = 8, TURNS = 40, USERS = 6 };

static void test_an_insert_is_a_publish(void **state)
{
	struct adopting a;
	struct store_list list;

	adopting_init(&a, state, NULL);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'before')");
	adopting_adopt_guide(&a);
	adopting_run(
	    a.application,
	    "INSERT INTO notification (user_id, type, title, message, data, created_at) VALUES "
	    "('anna', 'comment', 'one', 'text', '{\"a\": \"b c\", \"d\": [1, 2]}', "
	    "'2020-01-02 03:04:05+00'), ('anna', NULL, '', NULL, NULL, NULL), "
	    "('bo', '', 'other', '', 'null', 'infinity')");
	conformance_list(a.store, "anna", STORE_FILTER_INBOX, 0, 10, &list);
	assert_int_equal(list.notification_count, 2);
	assert_int_equal(list.counts.unread, 2);
	assert_slice(list.notifications[1].content.type, "comment");
	assert_slice(list.notifications[1].content.title, "one");
	assert_slice(list.notifications[1].content.body, "text");
	assert_slice(list.notifications[1].content.link, "");
	assert_slice(list.notifications[1].content.data, "{\"a\":\"b c\",\"d\":[1,2]}");
	assert_int_equal(list.notifications[1].created_at, INT64_C(1577934245000000));
	/* What is missing is made up. */
	assert_slice(list.notifications[0].content.type, "notification");
	assert_slice(list.notifications[0].content.title, "notification");
	assert_slice(list.notifications[0].content.data, "");
	assert_true(list.notifications[0].created_at > INT64_C(1700000000000000));
	store_request_finish(&list.request);
	assert_string_equal(adopting_inbox(&a, "anna"), "one notification");
	assert_string_equal(adopting_inbox(&a, "bo"), "other");
	assert_string_equal(a.warnings, "");
	adopting_finish(&a);
}

/* Ids that are numbers, as the guide's, are users whose names are digits. */
static void test_users_may_be_numbers(void **state)
{
	const struct postgres_adopt_mapping mapping = {.user = "user_id", .fixed_type = "it's new"};
	struct adopting a;
	struct store_list list;

	adopting_init(&a, state, "CREATE TABLE note (user_id integer, title varchar(20))");
	assert_int_equal(adopting_adopt(&a, "note", &mapping), 0);
	adopting_run(a.application, "INSERT INTO note VALUES (42, 'hello'), (NULL, 'nobody')");
	conformance_list(a.store, "42", STORE_FILTER_INBOX, 0, 10, &list);
	assert_int_equal(list.notification_count, 1);
	assert_slice(list.notifications[0].content.type, "it's new");
	store_request_finish(&list.request);
	adopting_finish(&a);
}

static void test_ten_thousand_rows_at_once(void **state)
{
	struct adopting a;
	char text[64];

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) "
		     "SELECT 'user ' || g % 500, g FROM generate_series(1, 10000) g");
	adopting_run(a.application, "COPY notification (user_id, title) FROM STDIN");
	for (int i = 1; i <= MANY; i++) {
		int length = snprintf(text, sizeof(text), "user %d\t%d\n", i % 500, MANY + i);

		assert_int_equal(PQputCopyData(a.application, text, length), 1);
	}
	assert_int_equal(PQputCopyEnd(a.application, NULL), 1);
	PQclear(PQgetResult(a.application));
	assert_null(PQgetResult(a.application));
	adopting_run(
	    a.application,
	    "DO $$BEGIN FOR i IN 20001..30000 LOOP INSERT INTO notification (user_id, title) "
	    "VALUES ('user ' || i % 500, i); END LOOP; END$$");
	assert_int_equal(conformance_head(a.store, "user 7").seq, 60);
	assert_string_equal(
	    adopting_ask(a.application,
			 "SELECT string_agg(n.title, ' ' ORDER BY n.seq) = string_agg(n.title, ' ' "
			 "ORDER BY n.title::integer) AND count(*) = 60 AND max(n.seq) = 60 FROM "
			 "allim.notification n JOIN allim.inbox i ON i.id = n.inbox_id "
			 "WHERE i.name = 'user 7'"),
	    "t");
	assert_string_equal(adopting_ask(a.application, "SELECT count(*) FROM allim.adopted_row"),
			    "30000");
	adopting_finish(&a);
}

/* Where PostgreSQL thinks that a query is expensive, it compiles it for longer than it runs. */
static void test_nothing_is_compiled(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	assert_string_equal(
	    adopting_ask(a.application,
			 "SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = "
			 "'allim'::regnamespace AND proname <> 'tail' AND 'enable_seqscan=off' = "
			 "ANY (proconfig) AND NOT 'jit=off' = ANY (proconfig)"),
	    "");
	adopting_finish(&a);
}

static void test_what_is_rolled_back_never_was(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(
	    a.application,
	    "BEGIN; INSERT INTO notification (user_id, title) VALUES ('anna', 'all'); ROLLBACK");
	/* Also where the first of a transaction is what goes. */
	adopting_run(
	    a.application,
	    "BEGIN; SAVEPOINT s; INSERT INTO notification (user_id, title) VALUES ('anna', 'a');"
	    "ROLLBACK TO s; INSERT INTO notification (user_id, title) VALUES ('anna', 'b');"
	    "SAVEPOINT t; INSERT INTO notification (user_id, title) VALUES ('anna', 'c');"
	    "ROLLBACK TO t; INSERT INTO notification (user_id, title) VALUES ('anna', 'd');"
	    "COMMIT");
	adopting_run(
	    a.application,
	    "BEGIN; SAVEPOINT s; INSERT INTO notification (user_id, title) VALUES ('bo', 'e');"
	    "ROLLBACK TO s; COMMIT");
	assert_string_equal(adopting_inbox(&a, "anna"), "b d");
	assert_string_equal(adopting_inbox(&a, "bo"), "");
	assert_int_equal(conformance_head(a.store, "anna").seq, 2);
	adopting_finish(&a);
}

/* A transaction may ask for its constraints early, and go on. */
static void test_early_constraints(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(
	    a.application,
	    "BEGIN; INSERT INTO notification (user_id, title) VALUES ('anna', 'a');"
	    "SET CONSTRAINTS ALL IMMEDIATE;"
	    "INSERT INTO notification (user_id, title) VALUES ('anna', 'b'), ('anna', 'c');"
	    "SET CONSTRAINTS ALL DEFERRED;"
	    "INSERT INTO notification (user_id, title) VALUES ('anna', 'd'); COMMIT");
	assert_string_equal(adopting_inbox(&a, "anna"), "a b c d");
	adopting_finish(&a);
}

static void test_stricter_isolation(void **state)
{
	static const char *const levels[] = {"REPEATABLE READ", "SERIALIZABLE"};
	struct adopting a;
	char text[320];

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	for (size_t i = 0; i < 2; i++) {
		snprintf(
		    text, sizeof(text),
		    "BEGIN ISOLATION LEVEL %s; INSERT INTO notification (user_id, title) VALUES "
		    "('anna', 'a'); UPDATE notification SET read_at = now(); COMMIT",
		    levels[i]);
		adopting_run(a.application, text);
	}
	assert_string_equal(adopting_inbox(&a, "anna"), "a! a!");
	adopting_finish(&a);
}

static void test_a_long_transaction_is_in_nobodys_way(void **state)
{
	struct adopting a;
	PGconn *other;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(a.application,
		     "BEGIN; INSERT INTO notification (user_id, title) VALUES ('anna', 'long')");
	other = adopting_connect(&a);
	adopting_run(other,
		     "SET lock_timeout = '3s'; INSERT INTO public.notification (user_id, title) "
		     "VALUES ('anna', 'short')");
	conformance_publish(a.store, "anna", "node");
	assert_string_equal(adopting_inbox(&a, "anna"), "short node");
	adopting_run(a.application, "COMMIT");
	assert_string_equal(adopting_inbox(&a, "anna"), "short node long");
	PQfinish(other);
	adopting_finish(&a);
}

struct writer {
	const struct adopting *adopting;
	int number;
	pthread_t thread;
};

/* Some turns go up through the users, some down, and some skip around. */
static void *write_turns(void *context)
{
	const struct writer *writer = context;
	PGconn *connection = adopting_connect(writer->adopting);
	char text[160];

	for (int turn = 0; turn < TURNS; turn++) {
		adopting_run(connection, "BEGIN");
		for (int i = 0; i < USERS; i++) {
			int user = (writer->number + turn) % 2 == 0 ? i : USERS - 1 - i;

			snprintf(
			    text, sizeof(text),
			    "INSERT INTO public.notification (user_id, title) VALUES ('u%d', '%d')",
			    user, writer->number);
			adopting_run(connection, text);
			if (i == USERS / 2)
				usleep(1000);
		}
		adopting_run(connection, turn % 7 == 0 ? "ROLLBACK" : "COMMIT");
	}
	PQfinish(connection);
	return NULL;
}

static void test_opposite_orders_do_not_deadlock(void **state)
{
	struct adopting a;
	struct writer writers[WRITERS];
	const int committed = TURNS - (TURNS + 6) / 7;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.adopting = &a, .number = i};
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_turns, &writers[i]),
				 0);
	}
	for (int i = 0; i < 50; i++) {
		conformance_publish(a.store, "u0", "node");
		conformance_publish(a.store, "u5", "node");
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	assert_int_equal(conformance_head(a.store, "u0").seq, WRITERS * committed + 50);
	assert_int_equal(conformance_head(a.store, "u3").seq, WRITERS * committed);
	assert_string_equal(
	    adopting_ask(a.application,
			 "SELECT count(*) = max(seq) AND count(DISTINCT seq) = max(seq) "
			 "FROM allim.notification n JOIN allim.inbox i "
			 "ON i.id = n.inbox_id WHERE i.name = 'u5'"),
	    "t");
	assert_string_equal(adopting_ask(a.application,
					 "SELECT deadlocks FROM pg_stat_database WHERE datname = "
					 "current_database()"),
			    "0");
	adopting_finish(&a);
}

/* Nobody's INSERT fails because it is no notification. */
static void test_bad_rows_are_left_out_or_cut(void **state)
{
	const struct postgres_adopt_mapping mapping = {
	    .user = "u", .title = "t", .body = "b", .type = "k", .data = "d", .link = "l"};
	struct adopting a;
	struct store_list list;

	adopting_init(&a, state,
		      "CREATE TABLE note (u text, t text, b text, k text, d text, l text)");
	assert_int_equal(adopting_adopt(&a, "note", &mapping), 0);
	adopting_run(
	    a.application,
	    "INSERT INTO note (u, t) VALUES (NULL, 'a'), ('', 'b'), (repeat('x', 256), 'c'), "
	    "(E'a\\tb', 'd'), (E'a\\u0085b', 'e'), ('anna', 'fine')");
	assert_non_null(strstr(a.warnings,
			       "allim: 5 of 6 notifications cannot be delivered as they are: "
			       "public.note: it has no user"));
	assert_string_equal(adopting_inbox(&a, "anna"), "fine");
	a.warnings[0] = '\0';
	adopting_run(
	    a.application,
	    "INSERT INTO note (u, t, b, k, d, l) VALUES ('bo', repeat('é', 300), "
	    "repeat('가', 4000), E'a\\nb' || repeat('k', 99), '{\"a\": 1', repeat('l', 2001)), "
	    "('bo', 't', 'b', 'k', E'{\"a\":\\n\"\\\\\" x\" }', '/l'), "
	    "('bo', 't', 'b', 'k', '\"' || repeat('d', 65536) || '\"', '/l')");
	assert_non_null(strstr(a.warnings,
			       "allim: 2 of 3 notifications cannot be delivered as they are: "
			       "public.note: its title was cut after 500 bytes"));
	conformance_list(a.store, "bo", STORE_FILTER_INBOX, 0, 10, &list);
	assert_int_equal(list.notification_count, 3);
	assert_int_equal(list.notifications[2].content.title.length, 500);
	assert_int_equal(list.notifications[2].content.body.length, 9999);
	assert_int_equal(list.notifications[2].content.type.length, 64);
	assert_memory_equal(list.notifications[2].content.type.data, "a bk", 4);
	assert_slice(list.notifications[2].content.data, "");
	assert_slice(list.notifications[2].content.link, "");
	assert_slice(list.notifications[1].content.data, "{\"a\":\"\\\" x\"}");
	assert_slice(list.notifications[1].content.link, "/l");
	assert_slice(list.notifications[0].content.data, "");
	store_request_finish(&list.request);
	adopting_finish(&a);
}

static void test_partitions(void **state)
{
	const struct postgres_adopt_mapping mapping = {
	    .user = "user_id", .id = "id", .read = "is_read"};
	struct adopting a;

	adopting_init(&a, state,
		      "CREATE TABLE note (id bigserial, user_id text, title text, is_read boolean, "
		      "day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
		      "CREATE TABLE note_1 PARTITION OF note FOR VALUES FROM ('2026-01-01') TO "
		      "('2026-02-01')");
	assert_int_equal(adopting_adopt(&a, "note", &mapping), 0);
	adopting_run(a.application,
		     "INSERT INTO note (user_id, title, day) VALUES ('anna', 'a', '2026-01-05');"
		     "INSERT INTO note_1 (user_id, title, day) VALUES ('anna', 'b', '2026-01-06');"
		     "CREATE TABLE note_2 PARTITION OF note FOR VALUES FROM ('2026-02-01') TO "
		     "('2026-03-01');"
		     "INSERT INTO note (user_id, title, day) SELECT 'anna', g, '2026-02-01' "
		     "FROM generate_series(1, 3) g");
	assert_string_equal(adopting_inbox(&a, "anna"), "a b 1 2 3");
	adopting_run(a.application, "UPDATE note SET is_read = true WHERE title IN ('a', '2');"
				    "DELETE FROM note_1 WHERE title = 'b'");
	assert_string_equal(adopting_inbox(&a, "anna"), "1 3 [b] a! 2!");
	assert_int_equal(adopting_undo(&a, "note"), 0);
	adopting_finish(&a);
}

/* Every name is somebody's column. */
static void test_names_are_quoted(void **state)
{
	const struct postgres_adopt_mapping mapping = {.user = "user \"x\"",
						       .title = "is_first",
						       .body = "select",
						       .type = "n",
						       .data = "call",
						       .read = "sources",
						       .id = "p;'"};
	struct adopting a;
	int64_t id;

	adopting_init(
	    &a, state,
	    "CREATE SCHEMA \"My App\"; CREATE DOMAIN flag AS boolean;"
	    "CREATE TABLE \"My App\".\"No'te\" (\"p;'\" uuid PRIMARY KEY, \"user \"\"x\"\"\" text, "
	    "is_first text, \"select\" text, n text, \"call\" integer[], sources flag)");
	assert_int_equal(adopting_adopt(&a, "\"My App\".\"No'te\"", &mapping), 0);
	adopting_run(
	    a.application,
	    "INSERT INTO \"My App\".\"No'te\" VALUES "
	    "('00000000-0000-0000-0000-000000000001', 'anna', 'a', 'b', 'c', '{1,2}', false);"
	    "UPDATE \"My App\".\"No'te\" SET is_first = 'x'");
	assert_string_equal(adopting_inbox(&a, "anna"), "x");
	id = strtoll(adopting_ask(a.application, "SELECT id FROM allim.notification"), NULL, 10);
	conformance_mark_one(a.store, "anna", NOTIFICATION_READ, id);
	assert_string_equal(adopting_ask(a.application, "SELECT sources FROM \"My App\".\"No'te\""),
			    "t");
	assert_string_equal(adopting_ask(a.application, "SELECT data FROM allim.notification"),
			    "[1,2]");
	assert_int_equal(adopting_undo(&a, "\"My App\".\"No'te\""), 0);
	adopting_finish(&a);
}

/* The application's role needs no rights here, and gets none. */
static void test_the_application_needs_no_rights(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(
	    a.application,
	    "DO $$BEGIN CREATE ROLE webapp; EXCEPTION WHEN duplicate_object THEN END$$;"
	    "GRANT ALL ON notification TO webapp;"
	    "GRANT USAGE ON SEQUENCE notification_id_seq TO webapp; SET ROLE webapp;"
	    "INSERT INTO notification (user_id, title) VALUES ('anna', 'a'), ('anna', 'b');"
	    "UPDATE notification SET title = 'c', read_at = now() WHERE title = 'a';"
	    "DELETE FROM notification WHERE title = 'b'");
	assert_string_equal(adopting_try(a.application, "SELECT FROM allim.notification"), "42501");
	assert_string_equal(adopting_try(a.application, "SELECT allim.publish('anna', 'a', 'b')"),
			    "42501");
	adopting_run(a.application,
		     "RESET ROLE; GRANT USAGE ON SCHEMA allim TO webapp; SET ROLE webapp");
	assert_string_equal(adopting_try(a.application, "SELECT allim.publish('anna', 'a', 'b')"),
			    "42501");
	assert_string_equal(
	    adopting_ask(a.application, "SELECT count(*) FILTER (WHERE has_function_privilege(oid, "
					"'EXECUTE')) || ' of ' || count(*) FROM pg_proc "
					"WHERE pronamespace = 'allim'::regnamespace "
					"AND proname = 'publish'"),
	    "0 of 2");
	assert_string_equal(adopting_try(a.application, "SELECT allim.adopted_1_read('{1}')"),
			    "42501");
	adopting_run(
	    a.application,
	    "RESET ROLE; GRANT EXECUTE ON FUNCTION "
	    "allim.publish(text, text, text, text, text, jsonb, text, timestamptz), "
	    "allim.publish(text[], text, text, text, text, jsonb, text, timestamptz) TO webapp;"
	    "SET ROLE webapp; SELECT allim.publish('anna', 'a', 'b')");
	assert_string_equal(adopting_try(a.application, "SELECT FROM allim.pending"), "42501");
	adopting_run(a.application, "RESET ROLE");
	assert_string_equal(adopting_inbox(&a, "anna"), "c! b");
	adopting_finish(&a);
}

static void test_the_function_publishes(void **state)
{
	static const char *const bad[] = {
	    "NULL::text, 't', 'x'",
	    "'', 't', 'x'",
	    "E'a\\nb', 't', 'x'",
	    "repeat('u', 256), 't', 'x'",
	    "NULL::text[], 't', 'x'",
	    "ARRAY['anna', NULL], 't', 'x'",
	    "ARRAY['anna', ''], 't', 'x'",
	    "'anna', NULL, 'x'",
	    "'anna', '', 'x'",
	    "'anna', E'a\\tb', 'x'",
	    "'anna', repeat('t', 65), 'x'",
	    "'anna', 't', NULL",
	    "'anna', 't', ''",
	    "'anna', 't', repeat('é', 251)",
	    "'anna', 't', 'x', repeat('b', 10001)",
	    "'anna', 't', 'x', '', repeat('l', 2001)",
	    "'anna', 't', 'x', data => to_jsonb(repeat('d', 65536))",
	    "'anna', 't', 'x', priority => 'loud'",
	    "'anna', 't', 'x', priority => NULL",
	    "'anna', 't', 'x', expires_at => now()",
	    "'anna', 't', 'x', expires_at => '-infinity'",
	    "'anna', 't', 'x', expires_at => '12000-01-01'",
	};
	struct adopting a;
	struct store_list list;
	char text[160];

	adopting_init(&a, state, NULL);
	adopting_run(
	    a.application,
	    "BEGIN; SELECT allim.publish('anna', 'a', 'gone'); ROLLBACK;"
	    "SELECT allim.publish(ARRAY['anna', 'bo', 'anna'], 'deal', 'x', 'b', '/l', "
	    "'{\"a\": 1}', 'urgent', '2100-01-01 00:00:00+00');"
	    "SELECT allim.publish('{}'::text[], 'a', 'b');"
	    "SELECT allim.publish('bo', title => 'y', type => 't', expires_at => 'infinity', "
	    "body => NULL, link => NULL)");
	conformance_list(a.store, "anna", STORE_FILTER_INBOX, 0, 10, &list);
	assert_int_equal(list.notification_count, 1);
	assert_slice(list.notifications[0].content.type, "deal");
	assert_slice(list.notifications[0].content.body, "b");
	assert_slice(list.notifications[0].content.link, "/l");
	assert_slice(list.notifications[0].content.data, "{\"a\":1}");
	assert_int_equal(list.notifications[0].content.priority, NOTIFICATION_URGENT);
	assert_int_equal(list.notifications[0].content.expires_at, INT64_C(4102444800000000));
	store_request_finish(&list.request);
	assert_string_equal(adopting_inbox(&a, "bo"), "x y");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "SELECT allim.publish(%s)", bad[i]);
		if (strcmp(adopting_try(a.application, text), "22023") != 0)
			fail_msg("%s: %s", text, PQerrorMessage(a.application));
		assert_non_null(strstr(PQerrorMessage(a.application), "ERROR:  allim.publish: "));
	}
	assert_string_equal(adopting_inbox(&a, "anna"), "x");
	adopting_finish(&a);
}

static void test_nodes_are_woken_where_that_was_asked(void **state)
{
	const struct postgres_adopt_mapping mapping = {.user = "user_id", .notifies = true};
	struct adopting a;
	PGnotify *note;

	adopting_init(&a, state, NULL);
	adopting_run(a.application, "LISTEN allim_hints; SELECT allim.publish('anna', 'a', 'b')");
	assert_null(PQnotifies(a.application));
	assert_int_equal(adopting_adopt(&a, "notification", &mapping), 0);
	adopting_run(a.application,
		     "BEGIN; INSERT INTO notification (user_id, title) VALUES ('a', 'b');"
		     "INSERT INTO notification (user_id, title) VALUES ('a', 'b'); COMMIT");
	note = PQnotifies(a.application);
	assert_non_null(note);
	assert_string_equal(note->extra, "");
	PQfreemem(note);
	assert_null(PQnotifies(a.application));
	adopting_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_an_insert_is_a_publish),
	    CONFORMANCE_TEST(test_users_may_be_numbers),
	    CONFORMANCE_TEST(test_ten_thousand_rows_at_once),
	    CONFORMANCE_TEST(test_nothing_is_compiled),
	    CONFORMANCE_TEST(test_what_is_rolled_back_never_was),
	    CONFORMANCE_TEST(test_early_constraints),
	    CONFORMANCE_TEST(test_stricter_isolation),
	    CONFORMANCE_TEST(test_a_long_transaction_is_in_nobodys_way),
	    CONFORMANCE_TEST(test_opposite_orders_do_not_deadlock),
	    CONFORMANCE_TEST(test_bad_rows_are_left_out_or_cut),
	    CONFORMANCE_TEST(test_partitions),
	    CONFORMANCE_TEST(test_names_are_quoted),
	    CONFORMANCE_TEST(test_the_application_needs_no_rights),
	    CONFORMANCE_TEST(test_the_function_publishes),
	    CONFORMANCE_TEST(test_nodes_are_woken_where_that_was_asked),
	};

	return conformance_run("adopt", tests, sizeof(tests) / sizeof(tests[0]));
}
