/* What happens to a row later, and to its notification, is the same on both sides. */
#include "conformance/store/adopting.h"

#include <stdlib.h>

static int64_t id_of(struct adopting *adopting, const char *title)
{
	char text[160];

	snprintf(text, sizeof(text), "SELECT max(id) FROM allim.notification WHERE title = '%s'",
		 title);
	return strtoll(adopting_ask(adopting->application, text), NULL, 10);
}

static const char *unread_rows(struct adopting *adopting)
{
	return adopting_ask(adopting->application, "SELECT string_agg(title, ' ' ORDER BY id) "
						   "FROM notification WHERE read_at IS NULL");
}

static void begin(struct adopting *adopting, void **state)
{
	adopting_init(adopting, state, NULL);
	adopting_adopt_guide(adopting);
	adopting_run(
	    adopting->application,
	    "INSERT INTO notification (user_id, title) VALUES ('anna', 'a'), ('anna', 'b'), "
	    "('anna', 'c'), ('bo', 'd')");
}

static void test_what_the_application_marks(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "UPDATE notification SET read_at = now() WHERE title IN ('a', 'c')");
	assert_string_equal(adopting_inbox(&a, "anna"), "b a! c!");
	assert_int_equal(conformance_unread(a.store, "anna"), 1);
	/* Again is nothing, and nothing unreads. */
	adopting_run(a.application, "UPDATE notification SET read_at = now();"
				    "UPDATE notification SET read_at = NULL WHERE title = 'b'");
	assert_string_equal(adopting_inbox(&a, "anna"), "a! c! b!");
	assert_int_equal(conformance_head(a.store, "anna").seq, 6);
	/* A row may be read when it comes. */
	adopting_run(
	    a.application,
	    "INSERT INTO notification (user_id, title, read_at) VALUES ('bo', 'e', now())");
	assert_string_equal(adopting_inbox(&a, "bo"), "d! e!");
	adopting_finish(&a);
}

static void test_what_the_user_marks(void **state)
{
	struct adopting a;

	begin(&a, state);
	conformance_publish(a.store, "anna", "not of the table");
	conformance_mark_one(a.store, "anna", NOTIFICATION_SEEN, id_of(&a, "a"));
	assert_string_equal(unread_rows(&a), "a b c d");
	conformance_mark_one(a.store, "anna", NOTIFICATION_READ, id_of(&a, "b"));
	assert_string_equal(unread_rows(&a), "a c d");
	assert_int_equal(conformance_mark_all(a.store, "anna", NOTIFICATION_READ, NULL), 0);
	assert_string_equal(unread_rows(&a), "d");
	/* Nothing came back from there. */
	assert_int_equal(conformance_head(a.store, "anna").seq, 7);
	adopting_finish(&a);
}

/* The application waits for inboxes, so a node must not wait for its rows. */
static void test_a_row_that_is_locked_is_marked_later(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "BEGIN; UPDATE notification SET title = 'x' WHERE title IN ('a', 'b')");
	conformance_mark_one(a.store, "anna", NOTIFICATION_READ, id_of(&a, "a"));
	assert_int_equal(conformance_mark_all(a.store, "anna", NOTIFICATION_READ, NULL), 0);
	adopting_run(a.application, "COMMIT");
	assert_string_equal(adopting_inbox(&a, "anna"), "c! x! x!");
	/* A correction writes down what the mark of everything said. */
	assert_string_equal(unread_rows(&a), "x d");
	adopting_run(a.application, "SELECT allim.prune(0, 100)");
	assert_string_equal(unread_rows(&a), "d");
	assert_string_equal(adopting_ask(a.application, "SELECT count(*) FROM allim.adopted_late"),
			    "0");
	adopting_finish(&a);
}

/* As a migration of the application's locks it. */
static void test_rows_of_a_locked_table_are_marked_later(void **state)
{
	struct adopting a;
	PGconn *other;

	begin(&a, state);
	other = adopting_connect(&a);
	adopting_run(a.application, "BEGIN; LOCK TABLE notification IN ACCESS EXCLUSIVE MODE");
	conformance_mark_one(a.store, "anna", NOTIFICATION_READ, id_of(&a, "a"));
	/* The first try again comes too early. */
	adopting_run(other, "SELECT allim.prune(0, 100)");
	PQfinish(other);
	adopting_run(a.application, "COMMIT");
	assert_string_equal(unread_rows(&a), "a b c d");
	adopting_run(a.application, "SELECT allim.prune(0, 100)");
	assert_string_equal(unread_rows(&a), "b c d");
	adopting_finish(&a);
}

static void test_corrections_and_withdrawals(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "UPDATE notification SET message = 'x', title = 'B', data = '{\"n\": 1}' "
		     "WHERE title = 'b';"
		     "UPDATE notification SET created_at = now();"
		     "DELETE FROM notification WHERE title = 'a'");
	assert_string_equal(adopting_inbox(&a, "anna"), "c [a] B");
	assert_string_equal(
	    adopting_ask(a.application,
			 "SELECT body || data FROM allim.notification WHERE title = 'B'"),
	    "x{\"n\":1}");
	/* To another user: taken from one, given to the other. */
	adopting_run(a.application, "UPDATE notification SET user_id = 'bo' WHERE title = 'c'");
	assert_string_equal(adopting_inbox(&a, "anna"), "[a] B [c]");
	assert_string_equal(adopting_inbox(&a, "bo"), "d c");
	adopting_run(a.application, "UPDATE notification SET user_id = NULL WHERE title = 'c'");
	assert_string_equal(adopting_inbox(&a, "bo"), "d [c]");
	assert_non_null(strstr(a.warnings, "it has no user"));
	adopting_finish(&a);
}

/* One transaction, one change. */
static void test_a_transaction_is_seen_by_its_end(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(
	    a.application,
	    "BEGIN; INSERT INTO notification (user_id, title) VALUES ('cy', 'x'), ('cy', 'y'), "
	    "('cy', 'z');"
	    "UPDATE notification SET title = title || '1', message = 'm' WHERE user_id = 'cy';"
	    "UPDATE notification SET title = title || '2' WHERE title = 'y1';"
	    "DELETE FROM notification WHERE title = 'x1';"
	    "UPDATE notification SET read_at = now() WHERE title = 'z1';"
	    "UPDATE notification SET title = 'a1' WHERE title = 'a';"
	    "UPDATE notification SET title = 'a2' WHERE title = 'a1';"
	    "UPDATE notification SET title = 'b1' WHERE title = 'b';"
	    "DELETE FROM notification WHERE title = 'b1';"
	    "UPDATE notification SET user_id = 'cy', title = 'moved' WHERE title = 'c'; COMMIT");
	assert_string_equal(adopting_inbox(&a, "cy"), "y12 moved z1!");
	assert_string_equal(adopting_inbox(&a, "anna"), "[b] [c] a2");
	assert_int_equal(conformance_head(a.store, "anna").seq, 6);
	/* A row that comes again under its id is a new one. */
	adopting_run(
	    a.application,
	    "BEGIN; DELETE FROM notification WHERE title = 'd'; INSERT INTO notification "
	    "(id, user_id, title) VALUES (4, 'bo', 'again'); UPDATE notification SET title = "
	    "'anew' WHERE id = 4; COMMIT");
	assert_string_equal(adopting_inbox(&a, "bo"), "[d] anew");
	adopting_run(a.application, "DELETE FROM notification WHERE id = 4");
	assert_string_equal(adopting_inbox(&a, "bo"), "[d] [anew]");
	adopting_finish(&a);
}

static void test_an_insert_that_becomes_an_update(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "INSERT INTO notification (id, user_id, title) VALUES (1, 'anna', 'A'), "
		     "(99, 'anna', 'e') ON CONFLICT (id) DO UPDATE SET title = excluded.title");
	assert_string_equal(adopting_inbox(&a, "anna"), "b c A e");
	adopting_finish(&a);
}

/* TRUNCATE is not followed, and the ids that it frees may come again. */
static void test_ids_that_come_again(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "BEGIN; TRUNCATE notification RESTART IDENTITY;"
		     "INSERT INTO notification (user_id, title) VALUES ('bo', 'e'), ('bo', 'f');"
		     "TRUNCATE notification RESTART IDENTITY;"
		     "INSERT INTO notification (user_id, title) VALUES ('bo', 'g'); COMMIT;"
		     "UPDATE notification SET title = 'h'");
	assert_string_equal(adopting_inbox(&a, "bo"), "d e f h");
	adopting_finish(&a);
}

static void test_retention_forgets_the_rows_too(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application,
		     "SELECT allim.lock_inboxes('{anna}', '{}', '{}');"
		     "SELECT allim.forget(id, 1, 0, 100) FROM allim.inbox WHERE name = 'anna'");
	assert_string_equal(adopting_ask(a.application,
					 "SELECT string_agg(source, ' ' ORDER BY source) "
					 "FROM allim.adopted_row"),
			    "3 4");
	/* What is forgotten here is nothing to correct. */
	adopting_run(a.application, "UPDATE notification SET title = 'x', read_at = now();"
				    "DELETE FROM notification");
	assert_string_equal(adopting_inbox(&a, "bo"), "[d]");
	adopting_finish(&a);
}

/* Users go on reading when somebody has changed the application's table. */
static void test_a_table_that_changed_keeps_nobody_from_reading(void **state)
{
	struct adopting a;

	begin(&a, state);
	adopting_run(a.application, "ALTER TABLE notification RENAME read_at TO seen_at");
	conformance_mark_one(a.store, "anna", NOTIFICATION_READ, id_of(&a, "a"));
	assert_int_equal(conformance_mark_all(a.store, "anna", NOTIFICATION_READ, NULL), 0);
	adopting_run(a.application, "DROP TABLE notification");
	conformance_mark_one(a.store, "bo", NOTIFICATION_READ, id_of(&a, "d"));
	assert_int_equal(adopting_undo(&a, "public.notification"), 0);
	assert_string_equal(
	    adopting_ask(a.application, "SELECT count(*) FROM pg_proc WHERE proname ~ '^adopted_'"),
	    "0");
	adopting_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_what_the_application_marks),
	    CONFORMANCE_TEST(test_what_the_user_marks),
	    CONFORMANCE_TEST(test_a_row_that_is_locked_is_marked_later),
	    CONFORMANCE_TEST(test_rows_of_a_locked_table_are_marked_later),
	    CONFORMANCE_TEST(test_corrections_and_withdrawals),
	    CONFORMANCE_TEST(test_a_transaction_is_seen_by_its_end),
	    CONFORMANCE_TEST(test_an_insert_that_becomes_an_update),
	    CONFORMANCE_TEST(test_ids_that_come_again),
	    CONFORMANCE_TEST(test_retention_forgets_the_rows_too),
	    CONFORMANCE_TEST(test_a_table_that_changed_keeps_nobody_from_reading),
	};

	return conformance_run("adopt mirror", tests, sizeof(tests) / sizeof(tests[0]));
}
