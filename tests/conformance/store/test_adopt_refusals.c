/* What cannot be adopted is refused in a sentence, and what is taken back leaves nothing behind. */
#include "conformance/store/adopting.h"

#include <stdlib.h>

#define DUMP "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_dump --schema-only "

/* The schema of the application as a dump has it, to be freed. */
static char *dump(const struct adopting *adopting)
{
	char command[256];
	char *text = calloc(1, 64 * 1024);
	FILE *output;
	size_t length;

	assert_non_null(text);
	/* The lines that are left out hold a number that is drawn for each dump. */
	snprintf(command, sizeof(command),
		 DUMP "--schema=public '%s' | grep -v '^.\\(un\\)\\?restrict'",
		 adopting->store->location);
	output = popen(command, "r");
	assert_non_null(output);
	length = fread(text, 1, 64 * 1024 - 1, output);
	assert_int_equal(pclose(output), 0);
	assert_true(length > 500);
	return text;
}

static void test_undo_leaves_nothing_behind(void **state)
{
	struct adopting a;
	char *before, *between, *after;

	adopting_init(&a, state, NULL);
	before = dump(&a);
	adopting_adopt_guide(&a);
	between = dump(&a);
	assert_string_not_equal(before, between);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'a')");
	assert_int_equal(adopting_undo(&a, "public.notification"), 0);
	after = dump(&a);
	assert_string_equal(before, after);
	assert_string_equal(
	    adopting_ask(
		a.application,
		"SELECT (SELECT count(*) FROM pg_proc WHERE proname ~ '^adopted_') + "
		"(SELECT count(*) FROM pg_trigger WHERE tgname ~ '^adopted_') + "
		"(SELECT count(*) FROM allim.adopted) + (SELECT count(*) FROM allim.adopted_row)"),
	    "0");
	/* What was delivered stays; the rest is the application's own again. */
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'b');"
		     "DELETE FROM notification");
	assert_string_equal(adopting_inbox(&a, "anna"), "a");
	adopting_adopt_guide(&a);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'c')");
	assert_string_equal(adopting_inbox(&a, "anna"), "a c");
	free(before);
	free(between);
	free(after);
	adopting_finish(&a);
}

static void refused(struct adopting *adopting, int result, const char *sentence)
{
	assert_int_equal(result, -22 /* EINVAL */);
	if (strstr(adopting->error.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", adopting->error.text, sentence);
	assert_null(strchr(adopting->error.text, '\n'));
}

static void test_refusals(void **state)
{
	const struct postgres_adopt_mapping guide = {.user = "user_id"};
	struct postgres_adopt_mapping wrong = guide;
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_run(a.application,
		     "CREATE VIEW v AS SELECT * FROM notification;"
		     "CREATE TEMPORARY TABLE t (LIKE notification);"
		     "CREATE TABLE whole (LIKE notification) PARTITION BY LIST (user_id);"
		     "CREATE TABLE part PARTITION OF whole DEFAULT;"
		     "CREATE TABLE keyless (user_id text, title text, read_at timestamptz)");
	refused(&a, adopting_adopt(&a, "notifications", &guide),
		"there is no table notifications; did you mean keyless?");
	refused(&a, adopting_adopt(&a, "a.b.c.d", &guide), "PostgreSQL: improper");
	refused(&a, adopting_adopt(&a, "\"notification", &guide),
		"PostgreSQL: invalid name syntax");
	refused(&a, adopting_adopt(&a, "v", &guide), "public.v is no table but a view");
	refused(&a, adopting_adopt(&a, "part", &guide), "public.part is a partition; adopt");
	refused(&a, adopting_adopt(&a, "allim.notification", &guide), "is a table of allim or of");
	refused(&a, adopting_adopt(&a, "pg_class", &guide), "is a table of allim or of PostgreSQL");
	wrong.user = "userid";
	refused(&a, adopting_adopt(&a, "notification", &wrong),
		"there is no column for --user-column in public.notification called userid; did "
		"you mean id?");
	wrong = guide;
	wrong.read = "title";
	refused(&a, adopting_adopt(&a, "notification", &wrong),
		"the column title of public.notification is of type text; --read-column needs a "
		"timestamp or a boolean");
	wrong = guide;
	wrong.created = "id";
	refused(&a, adopting_adopt(&a, "notification", &wrong),
		"--created-column needs a timestamp or a");
	wrong = guide;
	wrong.id = "title";
	refused(&a, adopting_adopt(&a, "notification", &wrong), "does not tell the rows of");
	wrong = guide;
	wrong.read = "read_at";
	refused(&a, adopting_adopt(&a, "keyless", &wrong),
		"so --read-column needs --id-column too");
	wrong = guide;
	wrong.fixed_type = "a\nb";
	refused(&a, adopting_adopt(&a, "notification", &wrong),
		"--type is a text of 1 to 64 bytes");
	refused(&a, adopting_undo(&a, "notification"),
		"notification is not adopted, nor is any other table");
	adopting_adopt_guide(&a);
	refused(&a, adopting_adopt(&a, "notification", &guide),
		"public.notification is adopted already; to change how, take it back first: allim "
		"adopt --undo --table public.notification");
	refused(&a, adopting_undo(&a, "keyless"),
		"there is no adopted table keyless; did you mean public.notification?");
	adopting_finish(&a);
}

/* Has the statements of a test run as another role. */
static void as_role(struct adopting *adopting, const char *role)
{
	char text[160];

	snprintf(text, sizeof(text), "ALTER ROLE allim IN DATABASE %s SET role = %s",
		 adopting_ask(adopting->application, "SELECT current_database()"), role);
	adopting_run(adopting->application, text);
}

static void test_missing_rights(void **state)
{
	const struct postgres_adopt_mapping mapping = {.user = "user_id"};
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_run(a.application,
		     "DO $$BEGIN CREATE ROLE owner; EXCEPTION WHEN duplicate_object THEN END$$;"
		     "DO $$BEGIN CREATE ROLE guest; EXCEPTION WHEN duplicate_object THEN END$$;"
		     "ALTER TABLE notification OWNER TO owner; GRANT ALL ON notification TO guest");
	as_role(&a, "guest");
	refused(
	    &a, adopting_adopt(&a, "public.notification", &mapping),
	    "the role guest does not own public.notification; connect as a member of owner and of "
	    "the role of the nodes, or as a superuser");
	as_role(&a, "owner");
	refused(
	    &a, adopting_adopt(&a, "public.notification", &mapping),
	    "the role owner may not write into the schema allim, which is of allim; connect as a "
	    "member of both that role and the table's owner");
	as_role(&a, "allim");
	assert_int_equal(adopting_adopt(&a, "public.notification", &mapping), 0);
	adopting_finish(&a);
}

/* Neither way keeps the application waiting for long, and it is not the one that gives up: both try
 * again until a short transaction has ended. */
static void test_a_table_in_use(void **state)
{
	const struct postgres_adopt_mapping mapping = {.user = "user_id", .read = "read_at"};
	struct adopting a;

	adopting_init(&a, state, NULL);
	adopting_run(a.application,
		     "BEGIN; INSERT INTO notification (user_id, title) VALUES ('anna', 'a')");
	refused(&a, adopting_adopt(&a, "notification", &mapping),
		"a transaction that is still running has locked the table");
	adopting_run(a.application, "COMMIT");
	assert_int_equal(adopting_adopt(&a, "notification", &mapping), 0);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'b')");
	assert_string_equal(adopting_inbox(&a, "anna"), "b");
	adopting_run(a.application, "BEGIN; LOCK notification");
	assert_true(PQsendQuery(a.application, "SELECT pg_sleep(2); COMMIT"));
	assert_int_equal(adopting_undo(&a, "notification"), 0);
	for (PGresult *left; (left = PQgetResult(a.application)) != NULL;)
		PQclear(left);
	adopting_finish(&a);
}

/* The SQL that is shown is whole: it works in a database where no node ever was. */
static void test_the_schema_comes_along(void **state)
{
	struct adopting a;

	adopting_init(&a, state, NULL);
	conformance_close(a.store);
	adopting_run(a.application, "DROP SCHEMA allim CASCADE");
	refused(&a, adopting_undo(&a, "notification"),
		"is not adopted: the schema allim is missing");
	adopting_adopt_guide(&a);
	adopting_run(a.application,
		     "INSERT INTO notification (user_id, title) VALUES ('anna', 'a')");
	conformance_open(a.store);
	assert_string_equal(adopting_inbox(&a, "anna"), "a");
	adopting_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_undo_leaves_nothing_behind),
	    CONFORMANCE_TEST(test_refusals),
	    CONFORMANCE_TEST(test_missing_rights),
	    CONFORMANCE_TEST(test_a_table_in_use),
	    CONFORMANCE_TEST(test_the_schema_comes_along),
	};

	return conformance_run("adopt refusals", tests, sizeof(tests) / sizeof(tests[0]));
}
