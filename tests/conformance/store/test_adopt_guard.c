/* Who may use the application's database must not gain rights by it, and what an application did
 * before it may still do: odd types, odd values, odd settings. */
#include "conformance/store/adopting.h"

#include <stdlib.h>

/* Only triggers call the functions behind them. */
static void test_functions_are_nobodys(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_adopt_guide(&a);
	adopting_run(
	    a.application,
	    "DO $$BEGIN CREATE ROLE tiny; EXCEPTION WHEN duplicate_object THEN END$$;"
	    "GRANT USAGE ON SCHEMA allim TO tiny; SET ROLE tiny;"
	    "CREATE TEMPORARY TABLE t (id int, user_id text, type text, title text, message text, "
	    "data jsonb, read_at timestamptz, created_at timestamptz)");
	assert_string_equal(
	    adopting_try(a.application,
			 "CREATE TRIGGER x AFTER INSERT ON t REFERENCING NEW TABLE AS inserted "
			 "FOR EACH STATEMENT EXECUTE FUNCTION allim.adopted_1_insert()"),
	    "42501");
	assert_string_equal(adopting_try(a.application, "SELECT allim.publish('anna', 't', 'x')"),
			    "42501");
	assert_string_equal(adopting_try(a.application, "SELECT allim.withdraw('{1}')"), "42501");
	adopting_run(a.application, "RESET ROLE");
	assert_string_equal(
	    adopting_ask(a.application,
			 "SELECT string_agg(p.proname, ' ') FROM pg_proc p WHERE p.pronamespace = "
			 "'allim'::regnamespace AND has_function_privilege('tiny', p.oid, "
			 "'EXECUTE')"),
	    "");
	adopting_finish(&a);
}

/* In the schema public, where everybody may create things in older databases. */
static void test_functions_of_others_are_not_called(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_run(
	    a.application,
	    "CREATE TABLE public.seen (what text);"
	    "CREATE FUNCTION public.cardinality(text[]) RETURNS int LANGUAGE plpgsql AS $$ BEGIN "
	    "INSERT INTO public.seen VALUES ('cardinality'); RETURN array_length($1, 1); END $$;"
	    "CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
	    "INSERT INTO public.seen VALUES ('quote_ident'); RETURN $1; END $$");
	adopting_adopt_guide(&a);
	conformance_publish(a.store, "anna", "a");
	assert_int_equal(conformance_mark_all(a.store, "anna", NOTIFICATION_READ, NULL), 0);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'b');"
		     "SELECT allim.publish('anna', 't', 'c')");
	assert_int_equal(adopting_undo(&a, "notification"), 0);
	assert_string_equal(adopting_ask(a.application, "SELECT count(*) FROM public.seen"), "0");
	assert_string_equal(adopting_inbox(&a, "anna"), "a! b c");
	adopting_finish(&a);
}

/* What the SQL is made of cannot end the quotes around a function. */
static void test_quotes_stay_closed(void **state)
{
	struct postgres_adopt_mapping mapping = {.user = "user_id"};
	struct adopting a;

	adopting_init(&a, state,
		      "CREATE TABLE \"$allim$;x\" (id int PRIMARY KEY, user_id text, "
		      "title text);" ADOPTING_TABLE);
	assert_int_equal(adopting_adopt(&a, "\"$allim$;x\"", &mapping), -22 /* EINVAL */);
	assert_non_null(strstr(a.error.text, "$allim$;x\" holds $allim$"));
	mapping.fixed_type = "a$allim$b";
	assert_int_equal(adopting_adopt(&a, "notification", &mapping), -22);
	assert_non_null(strstr(a.error.text, "holds $allim$"));
	adopting_finish(&a);
}

/* Rows are told apart by whatever type, in sessions of whatever settings. */
static void check_key(void **state, const char *type, const char *value)
{
	const struct postgres_adopt_mapping mapping = {.user = "user_id", .read = "read_at"};
	char statements[1024];
	struct adopting a;

	snprintf(statements, sizeof(statements),
		 "DROP TABLE IF EXISTS notification; CREATE TABLE notification (id %s PRIMARY KEY, "
		 "user_id text, title text, read_at timestamptz)",
		 type);
	adopting_init(&a, state, statements);
	if (adopting_adopt(&a, "notification", &mapping) < 0)
		fail_msg("%s: %s", type, a.error.text);
	snprintf(statements, sizeof(statements), "INSERT INTO notification VALUES (%s, '%s', 'a')",
		 value, type);
	adopting_run(a.application, statements);
	adopting_run(
	    a.application,
	    "SET bytea_output = escape; SET datestyle = german; SET timezone = 'Asia/Seoul'; "
	    "UPDATE notification SET title = 'b'");
	assert_string_equal(adopting_inbox(&a, type), "b");
	assert_int_equal(conformance_mark_all(a.store, type, NOTIFICATION_READ, NULL), 0);
	if (strcmp(adopting_ask(a.application,
				"SELECT count(*) FROM notification WHERE read_at IS NOT NULL"),
		   "1") != 0)
		fail_msg("a row with a key of the type %s is not marked", type);
	adopting_run(a.application, "DELETE FROM notification");
	assert_string_equal(adopting_inbox(&a, type), "[b!]");
	assert_int_equal(adopting_undo(&a, "notification"), 0);
	adopting_finish(&a);
}

static void test_keys_of_all_types(void **state)
{
	struct adopting a;

	adopting_init(
	    &a, state,
	    "CREATE TYPE public.mood AS ENUM ('well'); CREATE DOMAIN public.inner AS uuid; "
	    "CREATE DOMAIN public.outer AS public.inner");
	adopting_finish(&a);
	check_key(state, "bigint", "7");
	check_key(state, "public.mood", "'well'");
	check_key(state, "public.outer", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'");
	check_key(state, "char(8)", "'abc'");
	check_key(state, "varchar(8)", "'abc'");
	check_key(state, "bit(4)", "B'1010'");
	check_key(state, "bytea", "'\\x00ff'");
	check_key(state, "timestamptz", "'2026-05-01 12:00:00.5+00'");
	check_key(state, "timestamp", "'2026-05-01 12:00:00.5'");
	check_key(state, "date", "'2026-05-01'");
	check_key(state, "interval", "'1 day 2 hours'");
	check_key(state, "double precision", "0.1");
	check_key(state, "numeric", "1.50");
	check_key(state, "inet", "'10.0.0.1/8'");
}

/* An INSERT that worked before works now. */
static void test_values_that_no_notification_has(void **state)
{
	const struct postgres_adopt_mapping mapping = {
	    .user = "user_id", .body = "message", .data = "data", .created = "created"};
	struct adopting a;

	adopting_init(&a, state,
		      "CREATE TABLE notification (id serial PRIMARY KEY, user_id text, title text, "
		      "message text, data json, created timestamp)");
	assert_int_equal(adopting_adopt(&a, "notification", &mapping), 0);
	adopting_run(a.application,
		     "SET timezone = 'Etc/GMT+12';"
		     "INSERT INTO notification (user_id, title, created) VALUES "
		     "('anna', 'a', '294276-12-31 23:59:59'), ('anna', 'b', '4714-11-24 BC'), "
		     "('anna', 'c', 'infinity'), ('anna', 'd', '2026-05-01')");
	assert_string_equal(adopting_inbox(&a, "anna"), "a b c d");
	assert_string_equal(a.warnings, "");
	adopting_run(a.application, "INSERT INTO notification (user_id, title, data) VALUES "
				    "('bo', 'deep', (repeat('[', 65) || repeat(']', 65))::json), "
				    "('bo', 'wide', ('[' || repeat('[],', 500) || '[[]]]')::json), "
				    "('bo', 'edge', (repeat('[', 64) || repeat(']', 64))::json), "
				    "('bo', 'half', '\"\\ud800\"'), "
				    "('bo', 'spaces', ('[' || repeat(' ', 2000000) || ']')::json);"
				    "INSERT INTO notification (user_id, title, message) VALUES "
				    "('bo', repeat('t', 5000000), repeat('m', 5000000))");
	assert_non_null(strstr(a.warnings, "its data has more than 64 levels"));
	assert_string_equal(
	    adopting_ask(
		a.application,
		"SELECT string_agg(CASE data WHEN '' THEN left(title, 6) ELSE title || '=' "
		"|| length(data) END, ' ' ORDER BY id) FROM allim.notification "
		"WHERE title ~ '^(deep|wide|edge|half|spaces|t)'"),
	    "deep wide=1506 edge=128 half spaces tttttt");
	assert_string_equal(
	    adopting_try(a.application, "SELECT allim.publish('bo', 't', 'x', data => (repeat('[', "
					"65) || repeat(']', 65))::jsonb)"),
	    "22023");
	adopting_finish(&a);
}

/* Backslashes mean something else then. */
static void test_old_strings(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_run(a.application, "SET standard_conforming_strings = off");
	adopting_adopt_guide(&a);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title, data) "
		     "VALUES ('anna', 'a', '{\"a\": \"b  c\", \"d\": [1, 2]}');"
		     "SELECT allim.publish('anna', 't', 'b', data => '{\"a\": \"b  c\"}')");
	assert_string_equal(adopting_inbox(&a, "anna"), "a b");
	assert_string_equal(adopting_ask(a.application, "SELECT string_agg(data, ' ' ORDER BY id) "
							"FROM allim.notification"),
			    "{\"a\":\"b  c\",\"d\":[1,2]} {\"a\":\"b  c\"}");
	adopting_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_functions_are_nobodys),
	    CONFORMANCE_TEST(test_functions_of_others_are_not_called),
	    CONFORMANCE_TEST(test_quotes_stay_closed),
	    CONFORMANCE_TEST(test_keys_of_all_types),
	    CONFORMANCE_TEST(test_values_that_no_notification_has),
	    CONFORMANCE_TEST(test_old_strings),
	};

	return conformance_run("adopt guard", tests, sizeof(tests) / sizeof(tests[0]));
}
