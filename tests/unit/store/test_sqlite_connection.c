/* Statements, and what SQLite's errors become. */
#include "store/sqlite_connection.h"

#include "store/sqlite_schema.h"
#include "unit/store/folder.h"

#include <errno.h>

static const char *make(struct folder *folder)
{
	const char *path = folder_file(folder, "allim.db");
	struct error error;

	assert_int_equal(sqlite_schema_prepare(path, false, &error), 0);
	return path;
}

static void test_statements_are_bound_and_reset(void **state)
{
	struct sqlite_connection connection = {.database = NULL};
	struct error error = {.text = ""};
	int64_t number = 5;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite_connection_open(&connection, make(*state), true, &error), 0);
	assert_int_equal(
	    sqlite_connection_number(&connection, STATEMENT_USER_LAST, 0, NULL, &number), 0);
	assert_int_equal(number, 0);
	for (int64_t id = 1; id < 4; id++) {
		statement =
		    sqlite_connection_bind(&connection, STATEMENT_USER_INSERT, SQLITE_NUMBERS(id));
		sqlite_connection_bind_text(statement, 2,
					    slice_from_bytes("a\0b\0c", (size_t)id * 2 - 1));
		assert_int_equal(sqlite_connection_step(statement), 0);
	}
	statement = connection.statements[STATEMENT_USER_BY_NAME];
	sqlite_connection_bind_text(statement, 1, SLICE("a\0b"));
	assert_int_equal(sqlite_connection_step(statement), 1);
	assert_slices(sqlite_connection_text(statement, 1), SLICE("a\0b"));
	assert_int_equal(sqlite3_column_int64(statement, 0), 2);
	sqlite3_reset(statement);
	sqlite_connection_bind_text(statement, 1, (struct slice){NULL, 0});
	assert_int_equal(sqlite_connection_step(statement), 1);
	assert_int_equal(sqlite3_column_int64(statement, 0), 0);
	sqlite3_reset(statement);
	assert_int_equal(sqlite_connection_number(&connection, STATEMENT_USERS_WALK,
						  SQLITE_NUMBERS(100, 1), &number),
			 0);
	assert_int_equal(number, 0);
	sqlite_connection_close(&connection);
}

/* Each run of a statement counts once, however many rows it returns. */
static void test_statements_are_counted(void **state)
{
	struct sqlite_connection connection = {.database = NULL};
	struct error error = {.text = ""};
	sqlite3_stmt *statement;
	int64_t number;

	assert_int_equal(sqlite_connection_open(&connection, make(*state), true, &error), 0);
	assert_int_equal(connection.queries, 0);
	statement = sqlite_connection_bind(&connection, STATEMENT_USER_INSERT, SQLITE_NUMBERS(1));
	sqlite_connection_bind_text(statement, 2, SLICE("anna"));
	assert_int_equal(sqlite_connection_step(statement), 0);
	assert_int_equal(connection.queries, 1);
	statement = sqlite_connection_bind(&connection, STATEMENT_USERS_WALK,
					   SQLITE_NUMBERS(-1, 10, 100, 0));
	assert_int_equal(sqlite_connection_step(statement), 1);
	assert_int_equal(sqlite_connection_step(statement), 1);
	assert_int_equal(sqlite_connection_step(statement), 0);
	assert_int_equal(connection.queries, 2);
	assert_int_equal(
	    sqlite_connection_number(&connection, STATEMENT_USER_LAST, 0, NULL, &number), 0);
	assert_int_equal(
	    sqlite_connection_run(&connection, STATEMENT_META_PROBE, SQLITE_NUMBERS(1)), 0);
	assert_int_equal(connection.queries, 4);
	sqlite_connection_close(&connection);
}

static void test_a_reader_cannot_write(void **state)
{
	struct sqlite_connection connection = {.database = NULL};
	struct error error = {.text = ""};

	assert_int_equal(sqlite_connection_open(&connection, make(*state), false, &error), 0);
	assert_int_equal(
	    sqlite_connection_run(&connection, STATEMENT_META_PROBE, SQLITE_NUMBERS(1)), -EIO);
	sqlite_connection_close(&connection);
}

static void test_two_writers_do_not_wait_for_ever(void **state)
{
	struct sqlite_connection first = {.database = NULL}, second = {.database = NULL};
	struct error error = {.text = ""};
	const char *path = make(*state);

	assert_int_equal(sqlite_connection_open(&first, path, true, &error), 0);
	assert_int_equal(sqlite_connection_open(&second, path, true, &error), 0);
	assert_int_equal(sqlite_connection_run(&first, STATEMENT_BEGIN_WRITE, 0, NULL), 0);
	assert_int_equal(sqlite_connection_run(&second, STATEMENT_BEGIN_WRITE, 0, NULL), -EAGAIN);
	sqlite_connection_close(&first);
	assert_int_equal(sqlite_connection_run(&second, STATEMENT_BEGIN_WRITE, 0, NULL), 0);
	sqlite_connection_close(&second);
}

static void test_codes(void **state)
{
	struct sqlite_connection connection = {.database = NULL};
	struct error error = {.text = ""};
	sqlite3 *database;

	assert_int_equal(sqlite_connection_open(&connection, make(*state), true, &error), 0);
	database = connection.database;
	assert_int_equal(sqlite_connection_result(database, SQLITE_OK), 0);
	assert_int_equal(sqlite_connection_result(database, SQLITE_DONE), 0);
	assert_int_equal(sqlite_connection_result(database, SQLITE_FULL), -ENOSPC);
	assert_int_equal(sqlite_connection_result(database, SQLITE_NOMEM), -ENOMEM);
	assert_int_equal(sqlite_connection_result(database, SQLITE_IOERR_NOMEM), -ENOMEM);
	assert_int_equal(sqlite_connection_result(database, SQLITE_BUSY_SNAPSHOT), -EAGAIN);
	assert_int_equal(sqlite_connection_result(database, SQLITE_CORRUPT), -EIO);
	sqlite_connection_close(&connection);
}

static void test_a_missing_file(void **state)
{
	struct sqlite_connection connection = {.database = NULL};
	struct error error = {.text = ""};

	(void)state;
	assert_int_equal(sqlite_connection_open(&connection, "/nonexistent/x", true, &error), -EIO);
	assert_non_null(strstr(error.text, "/nonexistent/x cannot be used"));
	sqlite_connection_close(&connection);
}

/* What the plan of a statement says, one line for each step. */
static void explain(sqlite3 *database, const char *sql, char *ret_plan, size_t size)
{
	char text[1000];
	sqlite3_stmt *statement;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(database, text, -1, &statement, NULL), SQLITE_OK);
	ret_plan[0] = '\0';
	while (sqlite3_step(statement) == SQLITE_ROW) {
		size_t length = strlen(ret_plan);

		snprintf(ret_plan + length, size - length, "%s\n",
			 (const char *)sqlite3_column_text(statement, 3));
	}
	sqlite3_finalize(statement);
}

/* However many letters there are of other sources, and of its own beyond the page. */
static void test_letters_of_a_source_are_found_by_an_index(void **state)
{
	static const enum sqlite_statement statements[] = {STATEMENT_DEAD_LETTERS_DELETE_SOURCE,
							   STATEMENT_DEAD_LETTERS_DOWN_SOURCE};
	struct sqlite_connection connection;
	struct error error;

	assert_int_equal(sqlite_connection_open(&connection, make(*state), true, &error), 0);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		char plan[1000];

		explain(connection.database, sqlite3_sql(connection.statements[statements[i]]),
			plan, sizeof(plan));
		if (strstr(plan, "INDEX dead_letter_source (source=?") == NULL ||
		    strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "SCAN") != NULL)
			fail_msg("%s", plan);
	}
	sqlite_connection_close(&connection);
}

#define FOLDER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FOLDER_TEST(test_statements_are_bound_and_reset),
	    FOLDER_TEST(test_statements_are_counted),
	    FOLDER_TEST(test_a_reader_cannot_write),
	    FOLDER_TEST(test_two_writers_do_not_wait_for_ever),
	    FOLDER_TEST(test_codes),
	    FOLDER_TEST(test_a_missing_file),
	    FOLDER_TEST(test_letters_of_a_source_are_found_by_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
